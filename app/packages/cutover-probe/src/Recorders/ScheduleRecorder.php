<?php

declare(strict_types=1);

namespace CutoverProbe\Recorders;

use Carbon\CarbonImmutable;
use CutoverProbe\Journal;
use CutoverProbe\TaskReader;
use Illuminate\Console\Events\CommandFinished;
use Illuminate\Console\Events\CommandStarting;
use Illuminate\Console\Events\ScheduledTaskFailed;
use Illuminate\Console\Events\ScheduledTaskFinished;
use Illuminate\Console\Events\ScheduledTaskStarting;
use Illuminate\Console\Scheduling\Event;
use Illuminate\Contracts\Events\Dispatcher;

/**
 * Records each schedule:run and each task that it runs, with the minute for which it was started; and each command that
 * changes what all tasks share, since a task that starts must run none.
 */
final class ScheduleRecorder
{
    private const string TABLE = 'cutover_probe_ticks';

    private const string COMMAND = 'schedule:run';

    private const array SHARED = [
        'migrate', 'migrate:fresh', 'migrate:refresh', 'migrate:rollback', 'db:wipe',
        'queue:clear', 'queue:flush', 'queue:restart', 'up',
    ];

    private ?CarbonImmutable $minute = null;

    private ?int $command = null;

    /** @var array<int, int|null> row of each task in flight */
    private array $rows = [];

    public function __construct(private readonly Journal $journal, private readonly TaskReader $reader) {}

    public function subscribe(Dispatcher $events): void
    {
        $events->listen(CommandStarting::class, $this->commandStarting(...));
        $events->listen(CommandFinished::class, $this->commandFinished(...));
        $events->listen(ScheduledTaskStarting::class, fn (ScheduledTaskStarting $event) => $this->starting($event->task));
        $events->listen(ScheduledTaskFinished::class, fn (ScheduledTaskFinished $event) => $this->end($event->task, $this->outcomeOf($event->task), $event->task->exitCode ? "exit code {$event->task->exitCode}" : null));
        $events->listen(ScheduledTaskFailed::class, fn (ScheduledTaskFailed $event) => $this->end($event->task, 'failed', $event->exception));
    }

    public function commandStarting(CommandStarting $event): void
    {
        if ($event->command === self::COMMAND) {
            $this->minute = CarbonImmutable::now()->startOfMinute();
            $this->command = $this->journal->start(self::TABLE, $this->row(self::COMMAND));
        }
    }

    public function commandFinished(CommandFinished $event): void
    {
        if ($event->command === self::COMMAND) {
            $this->journal->end(self::TABLE, $this->command, $event->exitCode === 0 ? 'succeeded' : 'failed');
        }

        // At its end, when the first migrate has made the table; `--isolated` lets one task at a time migrate.
        if (in_array($event->command, self::SHARED, true) && ! $event->input->hasParameterOption('--isolated')) {
            $this->journal->startQuietly(self::TABLE, $this->row($event->command));
        }
    }

    private function starting(Event $task): void
    {
        $this->rows[spl_object_id($task)] = $this->journal->start(self::TABLE, $this->row($task->getSummaryForDisplay()));
    }

    private function end(Event $task, string $outcome, \Throwable|string|null $error = null): void
    {
        $key = spl_object_id($task);

        if (array_key_exists($key, $this->rows)) {
            $this->journal->end(self::TABLE, $this->rows[$key], $outcome, $error);
            unset($this->rows[$key]);
        }
    }

    /** A command that ran to its end can still have failed; in the background its end is not known here. */
    private function outcomeOf(Event $task): string
    {
        return match (true) {
            $task->runInBackground => 'started',
            (int) $task->exitCode === 0 => 'succeeded',
            default => 'failed',
        };
    }

    /** @return array<string, mixed> */
    private function row(string $name): array
    {
        return [
            'name' => $name,
            'task' => $this->reader->current()->id(),
            'minute' => ($this->minute ?? CarbonImmutable::now()->startOfMinute())->utc()->format('Y-m-d H:i:s'),
        ];
    }
}
