<?php

namespace Tests\Feature;

use App\Jobs\SendOrderConfirmation;
use App\Models\Hold;
use App\Models\Order;
use App\Models\OrderLine;
use App\Schedule\QueueMissingConfirmations;
use App\Schedule\ReleaseExpiredHolds;
use App\Schedule\ReportSales;
use Illuminate\Console\Scheduling\Event;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Date;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Queue;
use Tests\TestCase;

class ScheduleTest extends TestCase
{
    use RefreshDatabase;

    public function test_what_runs_when(): void
    {
        $events = collect($this->app->make(Schedule::class)->events())->keyBy(fn (Event $event): string => $event->description);

        $this->assertSame('* * * * *', $events['release-expired-holds']->expression);
        $this->assertSame('*/5 * * * *', $events['queue-missing-confirmations']->expression);
        $this->assertSame('0 6 * * *', $events['report-sales']->expression);
        $this->assertTrue($events->every(fn (Event $event): bool => $event->onOneServer));
    }

    public function test_expired_holds_are_released_by_the_scheduler(): void
    {
        $this->travelTo('2031-01-01 10:01:00');
        $expired = Hold::factory()->expired()->create();
        $good = Hold::factory()->create();

        $this->artisan('schedule:run')->assertSuccessful();

        $this->assertModelMissing($expired);
        $this->assertModelExists($good);
    }

    public function test_two_schedulers_in_one_minute_do_the_work_once(): void
    {
        $this->travelTo('2031-01-01 10:01:00');
        Log::shouldReceive('info')->once()->with('Expired holds released', ['holds' => 0]);

        $this->artisan('schedule:run')->assertSuccessful();
        // Another task is another process: it shares the cache, but not what this one remembers of it.
        (fn (): array => $this->mutexCache = [])->call($this->app->make(Schedule::class));
        $this->artisan('schedule:run')->assertSuccessful();
    }

    public function test_a_confirmation_that_was_not_queued_is_queued_later(): void
    {
        Queue::fake();
        $missing = Order::factory()->create(['created_at' => now()->subMinutes(2)]);
        Order::factory()->create(['created_at' => now()]);
        Order::factory()->create(['created_at' => now()->subMinutes(2)])->forceFill(['confirmation_queued_at' => now()])->save();

        $this->app->call(QueueMissingConfirmations::class);
        $this->app->call(QueueMissingConfirmations::class);

        Queue::assertCount(1);
        Queue::assertPushed(SendOrderConfirmation::class, fn (SendOrderConfirmation $job): bool => $job->order->is($missing));
    }

    public function test_the_report_covers_yesterday_in_jamaica(): void
    {
        $this->travelTo(Date::parse('2031-01-10 06:00', 'America/Jamaica'));
        $this->orderAt('2031-01-09 00:00', quantity: 2, totalCents: 5_00);
        $this->orderAt('2031-01-09 23:59', quantity: 3, totalCents: 7_00);
        $this->orderAt('2031-01-08 23:59', quantity: 50, totalCents: 50_00);
        $this->orderAt('2031-01-10 00:00', quantity: 50, totalCents: 50_00);
        Log::shouldReceive('info')->once()->with('Sales report', ['day' => '2031-01-09', 'orders' => 2, 'tickets' => 5, 'total_cents' => 12_00]);

        $this->app->call(ReportSales::class);
    }

    public function test_release_says_how_many(): void
    {
        Hold::factory()->expired()->count(2)->create();
        Log::shouldReceive('info')->once()->with('Expired holds released', ['holds' => 2]);

        $this->app->call(ReleaseExpiredHolds::class);
    }

    private function orderAt(string $localTime, int $quantity, int $totalCents): void
    {
        $order = Order::factory()->create(['total_cents' => $totalCents, 'created_at' => Date::parse($localTime, 'America/Jamaica')->utc()]);
        OrderLine::factory()->for($order)->create(['quantity' => $quantity]);
    }
}
