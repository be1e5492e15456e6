<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Links to stored files that the app signs, and for how long. */
final readonly class LinkReader
{
    private const array METHODS = ['temporaryUrl', 'temporaryUploadUrl'];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, seconds: int}> */
    public function links(): array
    {
        $links = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                $isLink = $call->isMethod && in_array($call->name, self::METHODS, true);
                $seconds = $isLink ? Lifetime::seconds($call->code[1] ?? '') : null;

                if ($seconds !== null && ! $file->dependsOnEnvironment($call)) {
                    $links[] = ['file' => $file->path, 'line' => $call->line, 'seconds' => $seconds];
                }
            }
        }

        return $links;
    }
}
