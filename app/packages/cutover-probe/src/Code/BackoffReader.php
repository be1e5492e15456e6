<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** How long jobs of the app wait at most before they run again after a failure, or after they release themselves. */
final readonly class BackoffReader
{
    private const array JOBS = ['ShouldQueue'];

    private const string BACKOFF = 'backoff';

    /** A whole number, or a product of some, as in 60 * 60 * 24. */
    private const string SECONDS = '/(?<![\w$>.])\d[\d_]*(?: \* \d[\d_]*)*(?![\w.])/';

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, seconds: int}> */
    public function waits(): array
    {
        $waits = [];

        foreach ($this->code->files() as $file) {
            if (! $file->is(self::JOBS)) {
                continue;
            }

            $written = $file->defaultsOf(self::BACKOFF);
            foreach ($file->attributes() as $call) {
                if ($call->name === 'Backoff') {
                    $written[] = [implode(' , ', $call->code), $call->line];
                }
            }

            foreach ($file->calls() as $call) {
                if ($call->isMethod && $call->name === 'release') {
                    $written[] = [$call->code[0] ?? '', $call->line];
                }
            }

            foreach ($written as [$code, $line]) {
                preg_match_all(self::SECONDS, $code, $found);
                $seconds = array_map(Lifetime::product(...), $found[0]);

                if ($seconds !== []) {
                    $waits[] = ['file' => $file->path, 'line' => $line, 'seconds' => max($seconds)];
                }
            }
        }

        return $waits;
    }
}
