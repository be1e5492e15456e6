<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Database\Query\Builder;
use Psr\Log\LoggerInterface;
use Throwable;

/**
 * Writes down what ran, in the probe's own tables.
 *
 * It watches the app's jobs and scheduled tasks, so it must never break one: a row that cannot be written is a log line.
 */
final readonly class Journal
{
    private const int MAX_ERROR_LENGTH = 2_000;

    public function __construct(private Database $database, private LoggerInterface $log) {}

    /** @param  array<string, mixed>  $row */
    public function start(string $table, array $row): ?int
    {
        return $this->attempt(fn (): int => $this->table($table)->insertGetId([...$row, 'started_at' => Moment::now()]));
    }

    /**
     * Writes a row of what may run before the first migration, when there are no tables yet.
     *
     * @param  array<string, mixed>  $row
     */
    public function startQuietly(string $table, array $row): void
    {
        try {
            $this->table($table)->insert([...$row, 'started_at' => Moment::now()]);
        } catch (Throwable) {
        }
    }

    /** @param  array<string, mixed>  $row */
    public function note(string $table, array $row): void
    {
        $this->attempt(fn (): int => (int) $this->table($table)->insert([...$row, 'at' => Moment::now()]));
    }

    public function end(string $table, ?int $id, string $outcome, Throwable|string|null $error = null): void
    {
        if ($id === null) {
            return;
        }

        $this->attempt(fn (): int => $this->table($table)->where('id', $id)->update([
            'ended_at' => Moment::now(),
            'outcome' => $outcome,
            'error' => $error instanceof Throwable ? mb_substr($error::class.': '.$error->getMessage(), 0, self::MAX_ERROR_LENGTH) : $error,
        ]));
    }

    private function table(string $table): Builder
    {
        return $this->database->connection()->table($table);
    }

    /**
     * @param  callable(): int  $write
     */
    private function attempt(callable $write): ?int
    {
        try {
            return $write();
        } catch (Throwable $exception) {
            $this->log->warning('cutover-probe could not write down what ran; are its migrations applied?', ['error' => $exception->getMessage()]);

            return null;
        }
    }
}
