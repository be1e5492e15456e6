<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use Illuminate\Console\Command;
use Illuminate\Console\Scheduling\CallbackEvent;
use Illuminate\Console\Scheduling\Event;
use Illuminate\Console\Scheduling\Schedule;

final class ScheduleCommand extends Command
{
    protected $signature = 'cutover-probe:schedule';

    protected $description = 'Print as JSON what is scheduled, with what schedule:list leaves out';

    public function handle(Schedule $schedule): int
    {
        $entries = array_map($this->entry(...), $schedule->events());
        $this->line((string) json_encode($entries, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR));

        return self::SUCCESS;
    }

    /** @return array{name: string, command: ?string, in_background: bool, environments: list<string>, in_this_environment: bool} */
    private function entry(Event $event): array
    {
        $command = $event instanceof CallbackEvent ? null : Event::normalizeCommand((string) $event->command);

        return [
            'name' => $command ?? $event->getSummaryForDisplay(),
            'command' => $command,
            'in_background' => (bool) $event->runInBackground,
            'environments' => array_values($event->environments),
            'in_this_environment' => $event->runsInEnvironment($this->laravel->environment()),
        ];
    }
}
