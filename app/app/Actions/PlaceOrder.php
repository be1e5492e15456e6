<?php

namespace App\Actions;

use App\Exceptions\HoldExpired;
use App\Exceptions\NotEnoughTickets;
use App\Models\Event;
use App\Models\Hold;
use App\Models\Order;
use App\Models\User;
use Illuminate\Database\Eloquent\Collection;
use Illuminate\Support\Facades\DB;

class PlaceOrder
{
    private const int DEADLOCK_ATTEMPTS = 3;

    public function __construct(private readonly QueueOrderConfirmation $queueConfirmation) {}

    /**
     * Turn holds of one cart into an order: all of them or none.
     *
     * @param  list<int>  $holdIds
     *
     * @throws HoldExpired
     * @throws NotEnoughTickets
     */
    public function handle(User $buyer, string $cart, array $holdIds): Order
    {
        $order = $this->place($buyer, $cart, $holdIds);
        $this->queueConfirmation->handle($order);

        return $order;
    }

    /**
     * @param  list<int>  $holdIds
     *
     * @throws HoldExpired
     * @throws NotEnoughTickets
     */
    private function place(User $buyer, string $cart, array $holdIds): Order
    {
        $eventIds = Hold::query()->where('cart', $cart)->whereKey($holdIds)->pluck('event_id');

        return DB::transaction(function () use ($buyer, $cart, $holdIds, $eventIds): Order {
            // Lock first (see HoldTickets), and in one order, so that two carts with the same events cannot deadlock.
            $events = Event::query()->whereKey($eventIds)->orderBy('id')->lockForUpdate()->get()->keyBy('id');
            $holds = Hold::query()->where('cart', $cart)->whereKey($holdIds)->orderBy('id')->lockForUpdate()->get();

            $this->assertAllStillHeld($holds, $holdIds);
            $this->assertNothingOversold($holds, $events);

            $order = new Order;
            $order->user()->associate($buyer);
            $order->total_cents = $holds->sum(fn (Hold $hold): int => $hold->quantity * $events[$hold->event_id]->price_cents);
            $order->save();

            $order->lines()->createMany($holds->map(fn (Hold $hold): array => [
                'event_id' => $hold->event_id,
                'quantity' => $hold->quantity,
                'price_cents' => $events[$hold->event_id]->price_cents,
            ]));

            Hold::query()->whereKey($holds->modelKeys())->delete();

            return $order;
        }, attempts: self::DEADLOCK_ATTEMPTS);
    }

    /**
     * @param  Collection<int, Hold>  $holds
     * @param  list<int>  $holdIds
     *
     * @throws HoldExpired
     */
    private function assertAllStillHeld(Collection $holds, array $holdIds): void
    {
        $complete = $holds->isNotEmpty() && $holds->count() === count(array_unique($holdIds));

        if (! $complete || $holds->contains(fn (Hold $hold): bool => $hold->hasExpired())) {
            throw new HoldExpired;
        }
    }

    /**
     * A good hold already guarantees its tickets; this guards against tasks whose clocks differ, where one
     * task still honours a hold that another has already given away.
     *
     * @param  Collection<int, Hold>  $holds
     * @param  Collection<int, Event>  $events
     *
     * @throws NotEnoughTickets
     */
    private function assertNothingOversold(Collection $holds, Collection $events): void
    {
        foreach ($holds as $hold) {
            $event = $events[$hold->event_id];
            $unsold = $event->capacity - $event->ticketsSold();

            if ($hold->quantity > $unsold) {
                throw new NotEnoughTickets($event, $unsold);
            }
        }
    }
}
