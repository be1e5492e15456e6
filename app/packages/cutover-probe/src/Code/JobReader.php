<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Jobs of the app that have a time-out or a number of tries of their own, which counts instead of the worker's. */
final readonly class JobReader
{
    private const array JOBS = ['ShouldQueue'];

    private const string TIMEOUT = 'timeout';

    private const string TRIES = 'tries';

    /** A job with one of these may be in another queue than the app's own. */
    private const array ELSEWHERE = ['connection', 'queue'];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, timeout: int}> seconds */
    public function jobs(): array
    {
        return $this->numbersOf(self::TIMEOUT);
    }

    /** @return list<array{file: string, line: int, tries: int}> */
    public function tries(): array
    {
        return $this->numbersOf(self::TRIES, without: self::ELSEWHERE);
    }

    /**
     * @param  list<string>  $without  properties of jobs that do not count
     * @return list<array<string, string|int>>
     */
    private function numbersOf(string $property, array $without = []): array
    {
        $jobs = [];

        foreach ($this->code->files() as $file) {
            $properties = $file->properties();

            if (! $file->is(self::JOBS) || array_intersect(array_column($properties, 0), $without) !== []) {
                continue;
            }

            foreach ($properties as [$name, $value, $line]) {
                if ($name === $property && is_int($value)) {
                    $jobs[] = ['file' => $file->path, 'line' => $line, $property => $value];
                }
            }
            foreach ($file->attributes() as $call) {
                if ($call->name === ucfirst($property) && is_numeric($call->code[0] ?? null)) {
                    $jobs[] = ['file' => $file->path, 'line' => $call->line, $property => (int) $call->code[0]];
                }
            }
        }

        return $jobs;
    }
}
