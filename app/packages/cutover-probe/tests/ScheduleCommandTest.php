<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Support\Facades\Artisan;

final class ScheduleCommandTest extends TestCase
{
    public function test_it_prints_what_schedule_list_leaves_out(): void
    {
        $schedule = new Schedule;
        $schedule->command('queue:prune-failed', ['--hours=48'])->daily()->runInBackground();
        $schedule->command('about')->appendOutputTo('/srv/app/storage/logs/about.log');
        $schedule->command('about')->sendOutputTo('/dev/stdout');
        $schedule->command('about')->emailOutputTo('office@example.com');
        $schedule->call(fn () => null)->name('report')->environments('elsewhere');
        $this->app->instance(Schedule::class, $schedule);

        $status = Artisan::call('cutover-probe:schedule');

        $command = 'php artisan queue:prune-failed --hours=48';
        $this->assertSame(0, $status);
        $this->assertSame([
            ['name' => $command, 'command' => $command, 'in_background' => true, 'environments' => [], 'in_this_environment' => true, 'output_file' => null, 'output_is_mailed' => false],
            ...array_map(fn (?string $file, bool $isMailed): array => ['name' => 'php artisan about', 'command' => 'php artisan about', 'in_background' => false, 'environments' => [], 'in_this_environment' => true, 'output_file' => $file, 'output_is_mailed' => $isMailed], ['/srv/app/storage/logs/about.log', null, null], [false, false, true]),
            ['name' => 'report', 'command' => null, 'in_background' => false, 'environments' => ['elsewhere'], 'in_this_environment' => false, 'output_file' => null, 'output_is_mailed' => false],
        ], json_decode(Artisan::output(), true));
    }

    public function test_reports_are_answered_as_their_commands_print_them(): void
    {
        foreach (['code', 'configuration', 'schedule'] as $name) {
            Artisan::call("cutover-probe:{$name}");
            $printed = json_decode(Artisan::output(), true);

            $this->signed('GET', "/_probe/v1/reports/{$name}")->assertOk()->assertJsonPath('report', $printed);
        }

        $this->signed('GET', '/_probe/v1/reports/log')->assertNotFound();
    }
}
