<?php

namespace Tests\Feature;

use App\Models\Event;
use App\Models\Hold;
use App\Models\OrderLine;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\DB;
use Tests\TestCase;

class EventPagesTest extends TestCase
{
    use RefreshDatabase;

    public function test_the_list_shows_upcoming_events_in_order_of_time(): void
    {
        $later = Event::factory()->create(['title' => 'Later', 'starts_at' => now()->addDays(20)]);
        $sooner = Event::factory()->create(['title' => 'Sooner', 'starts_at' => now()->addDays(2)]);
        Event::factory()->started()->create(['title' => 'Over']);

        $this->get('/')
            ->assertOk()
            ->assertSeeInOrder([$sooner->title, $later->title])
            ->assertDontSee('Over');
    }

    public function test_the_list_says_so_when_there_is_nothing(): void
    {
        $this->get('/')->assertOk()->assertSee('No events are on sale');
    }

    public function test_the_list_takes_one_query_however_long_it_is(): void
    {
        Event::factory()->count(5)->create();
        DB::enableQueryLog();

        $this->get('/')->assertOk();

        $this->assertCount(1, array_filter(DB::getQueryLog(), fn (array $query): bool => str_contains($query['query'], '"events"')));
    }

    public function test_an_event_has_a_page_at_its_slug(): void
    {
        $event = Event::factory()->create(['starts_at' => '2031-02-03 00:30:00', 'price_cents' => 4_500_50]);

        $this->get("/events/{$event->slug}")
            ->assertOk()
            ->assertSee($event->title)
            ->assertSee('Sunday 2 February 2031, 19:30')
            ->assertSee('J$4,500.50')
            ->assertSee('On sale');
    }

    public function test_an_unknown_event_is_not_found(): void
    {
        $this->get('/events/no-such-event')->assertNotFound()->assertSee('Page not found');
    }

    public function test_sold_and_held_tickets_are_not_available(): void
    {
        $event = Event::factory()->create(['capacity' => 10]);
        OrderLine::factory()->for($event)->create(['quantity' => 4]);
        Hold::factory()->for($event)->create(['quantity' => 3]);
        Hold::factory()->for($event)->expired()->create(['quantity' => 2]);

        $this->assertSame(3, $event->ticketsAvailable());
        $this->assertSame(3, Event::query()->withAvailability()->sole()->ticketsAvailable());
        $this->get("/events/{$event->slug}")->assertSee('3 left')->assertSee('max="3"', false);
    }

    public function test_a_sold_out_event_cannot_be_chosen(): void
    {
        $event = Event::factory()->create(['capacity' => 2]);
        OrderLine::factory()->for($event)->create(['quantity' => 2]);

        $this->get("/events/{$event->slug}")->assertSee('Sold out')->assertDontSee('Hold tickets');
        $this->get('/')->assertSee('Sold out');
    }

    public function test_an_event_that_has_started_is_no_longer_sold(): void
    {
        $event = Event::factory()->started()->create();

        $this->get("/events/{$event->slug}")->assertSee('no longer sold')->assertDontSee('Hold tickets');
    }

    public function test_text_from_the_database_is_escaped(): void
    {
        $event = Event::factory()->create(['title' => '<script>alert(1)</script>']);

        $this->get("/events/{$event->slug}")->assertOk()->assertDontSee('<script>alert(1)', false);
    }
}
