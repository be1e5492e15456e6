<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Links to stored files that the app signs, and for how long. */
final readonly class LinkReader
{
    private const array METHODS = ['temporaryUrl', 'temporaryUploadUrl'];

    /** As in now()->addDays(3); a time that is computed is not read. */
    private const string LIFETIME = '/\badd(Minute|Hour|Day|Week|Month|Year)(?:s \( (\d[\d_]*) \)| \( \))\z/';

    private const array SECONDS = ['Minute' => 60, 'Hour' => 3600, 'Day' => 86400, 'Week' => 604800, 'Month' => 2592000, 'Year' => 31536000];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, seconds: int}> */
    public function links(): array
    {
        $links = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                $isLink = $call->isMethod && in_array($call->name, self::METHODS, true);

                if ($isLink && preg_match(self::LIFETIME, $call->code[1] ?? '', $match) === 1 && ! $file->dependsOnEnvironment($call)) {
                    $seconds = self::SECONDS[$match[1]] * (int) str_replace('_', '', $match[2] ?? '1');
                    $links[] = ['file' => $file->path, 'line' => $call->line, 'seconds' => $seconds];
                }
            }
        }

        return $links;
    }
}
