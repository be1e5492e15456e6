<?php

namespace Tests\Concurrency;

use App\Models\Event;
use App\Models\Hold;
use App\Models\OrderLine;
use App\Models\User;
use Illuminate\Process\Pool;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Process;
use Tests\TestCase;

/** Many buyers at once against a real MySQL; SQLite has no row locks and would prove nothing. */
class OversellTest extends TestCase
{
    private const int BUYERS = 8;

    private const int CAPACITY = 150;

    protected function setUp(): void
    {
        parent::setUp();

        if (DB::getDriverName() !== 'mysql') {
            $this->markTestSkipped('Needs MySQL: run with DB_CONNECTION=mysql and DB_HOST, DB_DATABASE, DB_USERNAME, DB_PASSWORD of a database that may be emptied.');
        }

        $this->artisan('migrate:fresh');
    }

    public function test_an_event_is_sold_to_the_last_ticket_and_not_beyond(): void
    {
        $event = Event::factory()->create(['capacity' => self::CAPACITY]);
        $users = User::factory()->count(self::BUYERS)->create();

        $results = Process::pool(function (Pool $pool) use ($event, $users): void {
            foreach ($users as $user) {
                $pool->path(base_path())->timeout(120)->command([PHP_BINARY, 'tests/Concurrency/buyer.php', (string) $event->id, (string) $user->id]);
            }
        })->start()->wait()->collect();

        foreach ($results as $result) {
            $this->assertTrue($result->successful(), $result->errorOutput().$result->output());
        }

        $sold = (int) OrderLine::query()->sum('quantity');
        $this->assertSame($results->sum(fn ($result): int => (int) $result->output()), $sold);
        $this->assertLessThanOrEqual(self::CAPACITY, $sold);
        $this->assertSame(self::CAPACITY, $sold + Hold::query()->sum('quantity'));
        $this->assertGreaterThan(1, $results->filter(fn ($result): bool => (int) $result->output() > 0)->count());
    }
}
