<?php

declare(strict_types=1);

namespace CutoverProbe\Recorders;

use CutoverProbe\Journal;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Queue\Job;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Queue\Events\JobExceptionOccurred;
use Illuminate\Queue\Events\JobFailed;
use Illuminate\Queue\Events\JobProcessed;
use Illuminate\Queue\Events\JobProcessing;
use Illuminate\Queue\Events\JobQueued;

/** Records each attempt of each job: one that has no end was cut off. And each job that overtook its transaction. */
final class JobRecorder
{
    private const string TABLE = 'cutover_probe_runs';

    /** With these a job is a row of the same database, and is committed with the rest, or is run at once. */
    private const array WITHOUT_A_RACE = ['database', 'sync', 'null'];

    /** @var array<string, int|null> row of each job in flight */
    private array $rows = [];

    public function __construct(
        private readonly Journal $journal,
        private readonly TaskReader $reader,
        private readonly Database $database,
        private readonly Config $config,
    ) {}

    public function subscribe(Dispatcher $events): void
    {
        $events->listen(JobQueued::class, $this->queued(...));
        $events->listen(JobProcessing::class, $this->starting(...));
        $events->listen(JobProcessed::class, $this->processed(...));
        $events->listen(JobExceptionOccurred::class, $this->threw(...));
        $events->listen(JobFailed::class, $this->failed(...));
    }

    /** A worker may take it at once, and what it is about is not committed yet, or is rolled back. */
    public function queued(JobQueued $event): void
    {
        $driver = $this->config->get("queue.connections.{$event->connectionName}.driver");

        if ($this->database->connection()->transactionLevel() > 0 && ! in_array($driver, self::WITHOUT_A_RACE, true)) {
            $this->journal->note('cutover_probe_overtakings', [
                'uuid' => $event->payload()['uuid'] ?? null,
                'task' => $this->reader->current()->id(),
            ]);
        }
    }

    public function starting(JobProcessing $event): void
    {
        $this->rows[$this->key($event->job)] = $this->journal->start(self::TABLE, [
            'name' => $event->job->resolveName(),
            'uuid' => $event->job->uuid(),
            'connection' => $event->connectionName,
            'queue' => $event->job->getQueue(),
            'task' => $this->reader->current()->id(),
            'attempt' => $event->job->attempts(),
            'timeout_s' => $event->job->timeout(),
            'max_tries' => $event->job->maxTries(),
        ]);
    }

    public function processed(JobProcessed $event): void
    {
        $this->end($event->job, match (true) {
            $event->job->hasFailed() => 'failed',
            $event->job->isReleased() => 'released',
            default => 'succeeded',
        });
    }

    public function threw(JobExceptionOccurred $event): void
    {
        $this->end($event->job, $event->job->hasFailed() ? 'failed' : 'threw', $event->exception);
    }

    /** Given up for good. The events above come later and must not hide it. */
    public function failed(JobFailed $event): void
    {
        $this->end($event->job, 'failed', $event->exception);
    }

    private function end(Job $job, string $outcome, ?\Throwable $error = null): void
    {
        $key = $this->key($job);

        if (array_key_exists($key, $this->rows)) {
            $this->journal->end(self::TABLE, $this->rows[$key], $outcome, $error);
            unset($this->rows[$key]);
        }
    }

    private function key(Job $job): string
    {
        return $job->uuid() ?? (string) $job->getJobId();
    }
}
