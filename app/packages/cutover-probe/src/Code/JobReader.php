<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Jobs of the app that have a time-out of their own, which counts instead of the worker's. */
final readonly class JobReader
{
    private const array JOBS = ['ShouldQueue'];

    private const string TIMEOUT = 'timeout';

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, timeout: int}> seconds */
    public function jobs(): array
    {
        $jobs = [];

        foreach ($this->code->files() as $file) {
            if (! $file->is(self::JOBS)) {
                continue;
            }

            foreach ($file->properties() as [$name, $value, $line]) {
                if ($name === self::TIMEOUT && is_int($value)) {
                    $jobs[] = ['file' => $file->path, 'line' => $line, 'timeout' => $value];
                }
            }
            foreach ($file->attributes() as $call) {
                if ($call->name === 'Timeout' && is_numeric($call->code[0] ?? null)) {
                    $jobs[] = ['file' => $file->path, 'line' => $call->line, 'timeout' => (int) $call->code[0]];
                }
            }
        }

        return $jobs;
    }
}
