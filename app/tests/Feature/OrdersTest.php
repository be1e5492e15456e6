<?php

namespace Tests\Feature;

use App\Models\Event;
use App\Models\Hold;
use App\Models\Order;
use App\Models\OrderLine;
use App\Models\User;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Tests\TestCase;

class OrdersTest extends TestCase
{
    use RefreshDatabase;

    private User $buyer;

    protected function setUp(): void
    {
        parent::setUp();

        $this->buyer = User::factory()->create();
    }

    public function test_held_tickets_become_an_order(): void
    {
        $first = $this->hold(quantity: 2, priceCents: 4_500_00);
        $second = $this->hold(quantity: 1, priceCents: 2_000_50);

        $response = $this->actingAs($this->buyer)->post('/orders', ['holds' => [$first->id, $second->id]]);

        $order = Order::query()->sole();
        $response->assertRedirect("/orders/{$order->number}");
        $this->assertTrue($order->user->is($this->buyer));
        $this->assertSame(11_000_50, $order->total_cents);
        $this->assertMatchesRegularExpression('/\A[2-9A-HJ-NP-Z]{10}\z/', $order->number);
        $this->assertEqualsCanonicalizing(
            [[$first->event_id, 2, 4_500_00], [$second->event_id, 1, 2_000_50]],
            $order->lines->map(fn (OrderLine $line): array => [$line->event_id, $line->quantity, $line->price_cents])->all(),
        );
        $this->assertDatabaseEmpty('holds');

        $this->get("/orders/{$order->number}")->assertOk()->assertSee($order->number)->assertSee('J$11,000.50')->assertSee($first->event->title);
        $this->get('/orders')->assertOk()->assertSee($order->number);
    }

    public function test_an_order_counts_against_the_capacity(): void
    {
        $hold = $this->hold(quantity: 2);
        $left = $hold->event->ticketsAvailable();

        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$hold->id]]);

        $this->assertSame($left, $hold->event->fresh()->ticketsAvailable());
    }

    public function test_a_guest_must_sign_in_and_keeps_the_tickets(): void
    {
        $hold = $this->hold();

        $this->post('/orders', ['holds' => [$hold->id]])->assertRedirect('/login');
        $this->post('/login', ['email' => $this->buyer->email, 'password' => 'correct horse battery'])->assertRedirect();
        $this->post('/orders', ['holds' => [$hold->id]]);

        $this->assertDatabaseCount('orders', 1);
    }

    public function test_an_expired_hold_is_not_ordered(): void
    {
        $good = $this->hold();
        $expired = $this->hold(expired: true);

        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$good->id, $expired->id]])
            ->assertRedirect('/checkout')
            ->assertInvalid(['holds' => 'no longer held']);

        $this->assertDatabaseEmpty('orders');
        $this->assertModelMissing($expired);
        $this->assertModelExists($good);
        $this->get('/checkout')->assertSee('no longer held')->assertSee($good->event->title)->assertDontSee($expired->event->title);
    }

    public function test_the_hold_of_another_visitor_is_not_ordered(): void
    {
        $this->hold();
        $others = Hold::factory()->create();

        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$others->id]])->assertInvalid(['holds' => 'no longer held']);

        $this->assertDatabaseEmpty('orders');
        $this->assertModelExists($others);
    }

    public function test_the_same_form_sent_twice_makes_one_order(): void
    {
        $hold = $this->hold();

        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$hold->id]])->assertValid();
        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$hold->id]])->assertInvalid('holds');

        $this->assertDatabaseCount('orders', 1);
    }

    public function test_an_order_that_would_oversell_is_refused_whatever_the_hold_says(): void
    {
        $hold = $this->hold(quantity: 2, capacity: 3);
        OrderLine::factory()->for($hold->event)->create(['quantity' => 2]);

        $this->actingAs($this->buyer)->post('/orders', ['holds' => [$hold->id]])->assertInvalid(['holds' => 'Only 1 ticket for']);

        $this->assertDatabaseCount('orders', 1);
    }

    public function test_an_order_without_holds_is_refused(): void
    {
        $this->actingAs($this->buyer);

        $this->post('/orders')->assertRedirect('/checkout')->assertInvalid(['holds' => 'You hold no tickets']);
        $this->post('/orders', ['holds' => 'x'])->assertInvalid('holds');
        $this->post('/orders', ['holds' => ['x']])->assertInvalid('holds.0');
        $this->post('/orders', ['holds' => [1, 1]])->assertInvalid('holds.0');
    }

    public function test_an_order_is_shown_to_its_buyer_only(): void
    {
        $order = Order::factory()->for($this->buyer)->create();

        $this->get("/orders/{$order->number}")->assertRedirect('/login');
        $this->actingAs(User::factory()->create())->get("/orders/{$order->number}")->assertNotFound();
        $this->actingAs(User::factory()->organiser()->create())->get("/orders/{$order->number}")->assertNotFound();
        $this->actingAs($this->buyer)->get("/orders/{$order->number}")->assertOk();
        $this->actingAs($this->buyer)->get('/orders/NOSUCHORDER')->assertNotFound();
    }

    private function hold(int $quantity = 2, int $priceCents = 4_500_00, int $capacity = 100, bool $expired = false): Hold
    {
        $cart = session('cart') ?? str_repeat('c', 40);
        $this->withSession(['cart' => $cart]);
        $factory = Hold::factory()->for(Event::factory()->state(['price_cents' => $priceCents, 'capacity' => $capacity]));

        return ($expired ? $factory->expired() : $factory)->create(['cart' => $cart, 'quantity' => $quantity]);
    }
}
