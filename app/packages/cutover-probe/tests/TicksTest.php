<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Recorders\ScheduleRecorder;
use Illuminate\Console\Events\CommandFinished;
use Illuminate\Console\Events\CommandStarting;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Foundation\Testing\RefreshDatabase;
use RuntimeException;
use Symfony\Component\Console\Input\ArrayInput;
use Symfony\Component\Console\Output\NullOutput;

final class TicksTest extends TestCase
{
    use RefreshDatabase;

    public function test_scheduled_tasks_are_recorded_with_their_minute(): void
    {
        $this->travelTo('2031-01-01 10:01:20');
        $schedule = $this->app->make(Schedule::class);
        $schedule->call(fn () => null)->name('good task')->everyMinute();
        $schedule->call(fn () => throw new RuntimeException('bad luck'))->name('bad task')->everyMinute();
        $schedule->call(fn () => null)->name('not due')->dailyAt('05:00');

        $this->artisan('schedule:run')->run();

        $ticks = collect($this->signed('GET', '/_probe/v1/ticks')->assertOk()->json('ticks'))->keyBy('name');
        $this->assertSame('2031-01-01T10:01:00.000000Z', $ticks['good task']['minute']);
        $this->assertSame('succeeded', $ticks['good task']['outcome']);
        $this->assertSame('failed', $ticks['bad task']['outcome']);
        $this->assertStringContainsString('bad luck', $ticks['bad task']['error']);
        $this->assertArrayNotHasKey('not due', $ticks);
    }

    public function test_the_command_itself_is_recorded_and_gives_the_minute(): void
    {
        $recorder = $this->app->make(ScheduleRecorder::class);
        $this->travelTo('2031-01-01 10:01:59');
        $recorder->commandStarting(new CommandStarting('schedule:run', new ArrayInput([]), new NullOutput));
        $recorder->commandStarting(new CommandStarting('about', new ArrayInput([]), new NullOutput));
        $this->travelTo('2031-01-01 10:02:03');
        $recorder->commandFinished(new CommandFinished('schedule:run', new ArrayInput([]), new NullOutput, 0));

        $this->signed('GET', '/_probe/v1/ticks?name=schedule:run')->assertOk()->assertExactJson(['task' => null, 'ticks' => [[
            'name' => 'schedule:run',
            'task' => null,
            'minute' => '2031-01-01T10:01:00.000000Z',
            'started_at' => '2031-01-01T10:01:59.000000Z',
            'ended_at' => '2031-01-01T10:02:03.000000Z',
            'outcome' => 'succeeded',
            'error' => null,
        ]]]);
        $this->signed('GET', '/_probe/v1/ticks?since=2031-01-01T10:02:00Z')->assertOk()->assertJson(['ticks' => []]);
    }

    public function test_a_command_that_changes_what_tasks_share_is_recorded(): void
    {
        $recorder = $this->app->make(ScheduleRecorder::class);

        foreach ([['queue:restart'], ['migrate'], ['migrate', '--isolated' => true], ['migrate:status']] as $words) {
            $recorder->commandFinished(new CommandFinished($words[0], new ArrayInput($words), new NullOutput, 1));
        }

        $ticks = $this->signed('GET', '/_probe/v1/ticks')->assertOk()->json('ticks');
        $this->assertSame(['queue:restart', 'migrate'], array_column($ticks, 'name'));
        $this->assertSame([null, null], array_column($ticks, 'outcome'));
    }
}
