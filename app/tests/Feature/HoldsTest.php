<?php

namespace Tests\Feature;

use App\Models\Event;
use App\Models\Hold;
use App\Models\OrderLine;
use Illuminate\Foundation\Testing\RefreshDatabase;
use PHPUnit\Framework\Attributes\DataProvider;
use Tests\TestCase;

class HoldsTest extends TestCase
{
    use RefreshDatabase;

    public function test_a_visitor_holds_tickets_until_a_moment(): void
    {
        $this->freezeSecond();
        $event = Event::factory()->create();

        $this->post("/events/{$event->slug}/holds", ['quantity' => 3])->assertRedirect('/checkout');

        $hold = Hold::query()->sole();
        $this->assertSame(3, $hold->quantity);
        $this->assertSame(session('cart'), $hold->cart);
        $this->assertEquals(now()->addMinutes(10), $hold->expires_at);

        $this->get('/checkout')
            ->assertOk()
            ->assertSee($event->title)
            ->assertSee('data-countdown="'.now()->addMinutes(10)->utc()->toIso8601ZuluString().'"', false)
            ->assertSee('J$13,500')
            ->assertSee('Sign in to order');
    }

    /** @return iterable<string, array{mixed, string}> */
    public static function wrongQuantities(): iterable
    {
        yield 'none' => [null, 'Choose how many tickets you want.'];
        yield 'zero' => [0, 'Choose at least 1 ticket.'];
        yield 'negative' => [-1, 'Choose at least 1 ticket.'];
        yield 'too many' => [9, 'You can hold at most 8 tickets for one event.'];
        yield 'not a number' => ['two', 'The number of tickets must be a whole number.'];
        yield 'a fraction' => ['1.5', 'The number of tickets must be a whole number.'];
        yield 'a list' => [[1], 'The number of tickets must be a whole number.'];
    }

    #[DataProvider('wrongQuantities')]
    public function test_the_quantity_is_checked(mixed $quantity, string $message): void
    {
        $event = Event::factory()->create();

        $this->from("/events/{$event->slug}")
            ->post("/events/{$event->slug}/holds", ['quantity' => $quantity])
            ->assertRedirect("/events/{$event->slug}")
            ->assertInvalid(['quantity' => $message]);

        $this->assertDatabaseEmpty('holds');
    }

    public function test_no_more_can_be_held_than_are_left(): void
    {
        $event = Event::factory()->create(['capacity' => 5, 'title' => 'Small Hall']);
        OrderLine::factory()->for($event)->create(['quantity' => 2]);
        Hold::factory()->for($event)->create(['quantity' => 2]);

        $this->post("/events/{$event->slug}/holds", ['quantity' => 2])
            ->assertRedirect("/events/{$event->slug}")
            ->assertInvalid(['quantity' => 'Only 1 ticket for Small Hall is left.']);

        $this->post("/events/{$event->slug}/holds", ['quantity' => 1])->assertRedirect('/checkout')->assertValid();
    }

    public function test_a_sold_out_event_says_so(): void
    {
        $event = Event::factory()->create(['capacity' => 2]);
        Hold::factory()->for($event)->create(['quantity' => 2]);

        $this->post("/events/{$event->slug}/holds", ['quantity' => 1])->assertInvalid(['quantity' => 'is sold out for now']);
        $this->get("/events/{$event->slug}")->assertSee('is sold out for now');
    }

    public function test_expired_holds_of_others_count_no_more(): void
    {
        $event = Event::factory()->create(['capacity' => 2]);
        Hold::factory()->for($event)->expired()->create(['quantity' => 2]);

        $this->post("/events/{$event->slug}/holds", ['quantity' => 2])->assertRedirect('/checkout');
    }

    public function test_changing_the_number_does_not_restart_the_clock(): void
    {
        $this->freezeSecond();
        $event = Event::factory()->create(['capacity' => 4]);
        $this->post("/events/{$event->slug}/holds", ['quantity' => 3]);
        $expiresAt = Hold::query()->sole()->expires_at;

        $this->travel(4)->minutes();
        $this->post("/events/{$event->slug}/holds", ['quantity' => 4])->assertValid();

        $this->assertSame(4, Hold::query()->sole()->quantity);
        $this->assertEquals($expiresAt, Hold::query()->sole()->expires_at);
    }

    public function test_an_expired_hold_starts_anew(): void
    {
        $this->freezeSecond();
        $event = Event::factory()->create(['capacity' => 4]);
        $this->post("/events/{$event->slug}/holds", ['quantity' => 3]);

        $this->travel(10)->minutes();
        $this->get('/checkout')->assertSee('You hold no tickets');
        $this->post("/events/{$event->slug}/holds", ['quantity' => 1])->assertValid();

        $this->assertEquals(now()->addMinutes(10), Hold::query()->sole()->expires_at);
    }

    public function test_tickets_for_an_event_that_has_started_cannot_be_held(): void
    {
        $event = Event::factory()->started()->create();

        $this->post("/events/{$event->slug}/holds", ['quantity' => 1])->assertInvalid(['quantity' => 'no longer sold']);
    }

    public function test_held_tickets_can_be_given_back(): void
    {
        $event = Event::factory()->create();
        $this->post("/events/{$event->slug}/holds", ['quantity' => 2]);

        $this->delete('/holds/'.Hold::query()->sole()->id)->assertRedirect('/checkout');

        $this->assertDatabaseEmpty('holds');
    }

    public function test_the_hold_of_another_visitor_cannot_be_given_back(): void
    {
        $hold = Hold::factory()->create();

        $this->delete("/holds/{$hold->id}")->assertNotFound();

        $this->assertModelExists($hold);
    }

    public function test_another_visitor_does_not_see_the_hold(): void
    {
        $event = Event::factory()->create();
        $this->post("/events/{$event->slug}/holds", ['quantity' => 2]);
        $this->flushSession();

        $this->get('/checkout')->assertSee('You hold no tickets')->assertDontSee($event->title);
    }
}
