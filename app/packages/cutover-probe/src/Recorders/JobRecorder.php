<?php

declare(strict_types=1);

namespace CutoverProbe\Recorders;

use CutoverProbe\Journal;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Queue\Job;
use Illuminate\Queue\Events\JobExceptionOccurred;
use Illuminate\Queue\Events\JobFailed;
use Illuminate\Queue\Events\JobProcessed;
use Illuminate\Queue\Events\JobProcessing;

/** Records each attempt of each job: one that has no end was cut off. */
final class JobRecorder
{
    private const string TABLE = 'cutover_probe_runs';

    /** @var array<string, int|null> row of each job in flight */
    private array $rows = [];

    public function __construct(private readonly Journal $journal, private readonly TaskReader $reader) {}

    public function subscribe(Dispatcher $events): void
    {
        $events->listen(JobProcessing::class, $this->starting(...));
        $events->listen(JobProcessed::class, $this->processed(...));
        $events->listen(JobExceptionOccurred::class, $this->threw(...));
        $events->listen(JobFailed::class, $this->failed(...));
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
