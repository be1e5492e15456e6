<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use Illuminate\Console\Command;
use Illuminate\Console\Scheduling\CallbackEvent;
use Illuminate\Console\Scheduling\Event;
use Illuminate\Console\Scheduling\Schedule;

final class ScheduleCommand extends Command
{
    /** Where Laravel keeps output until it is mailed, or handed to a callback. */
    private const string CAPTURED = '~/schedule-[0-9a-f]{40}\.log\z~';

    protected $signature = 'cutover-probe:schedule';

    protected $description = 'Print as JSON what is scheduled, with what schedule:list leaves out';

    public function handle(Schedule $schedule): int
    {
        $entries = array_map($this->entry(...), $schedule->events());
        $this->line((string) json_encode($entries, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR));

        return self::SUCCESS;
    }

    /** @return array{name: string, command: ?string, in_background: bool, environments: list<string>, in_this_environment: bool, output_file: ?string, output_is_mailed: bool} */
    private function entry(Event $event): array
    {
        $command = $event instanceof CallbackEvent ? null : Event::normalizeCommand((string) $event->command);

        return [
            'name' => $command ?? $event->getSummaryForDisplay(),
            'command' => $command !== null && $event->user ? "sudo -u {$event->user} -- sh -c ".escapeshellarg($command) : $command,
            'in_background' => (bool) $event->runInBackground,
            'environments' => array_values($event->environments),
            'in_this_environment' => $event->runsInEnvironment($this->laravel->environment()),
            'output_file' => $this->outputFile($event),
            'output_is_mailed' => preg_match(self::CAPTURED, (string) $event->output) === 1,
        ];
    }

    /** The file that keeps the output, if the schedule names one. */
    private function outputFile(Event $event): ?string
    {
        $path = (string) $event->output;
        $isElsewhere = preg_match('~^(/dev/|/proc/|php:|\z)~', $path) === 1 || preg_match(self::CAPTURED, $path) === 1;

        return $event instanceof CallbackEvent || $isElsewhere ? null : $path;
    }
}
