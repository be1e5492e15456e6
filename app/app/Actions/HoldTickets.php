<?php

namespace App\Actions;

use App\Exceptions\NotEnoughTickets;
use App\Models\Event;
use App\Models\Hold;
use Illuminate\Support\Facades\DB;

class HoldTickets
{
    private const int DEADLOCK_ATTEMPTS = 3;

    /**
     * Set the number of tickets that a cart holds for an event.
     *
     * The clock of a hold that is still good keeps running, so that changing the number cannot keep tickets for ever.
     *
     * @throws NotEnoughTickets
     */
    public function handle(Event $event, string $cart, int $quantity): Hold
    {
        return DB::transaction(function () use ($event, $cart, $quantity): Hold {
            // The lock must be the transaction's first statement: MySQL takes its snapshot at the first plain read,
            // and one taken before the lock would not show what the previous owner of the lock has just sold.
            $locked = Event::query()->lockForUpdate()->findOrFail($event->getKey());
            $held = Hold::query()->where('cart', $cart)->whereBelongsTo($locked)->first();

            $own = $held === null || $held->hasExpired() ? 0 : $held->quantity;
            $available = $locked->ticketsAvailable() + $own;

            if ($quantity > $available) {
                throw new NotEnoughTickets($locked, $available);
            }

            $held ??= new Hold(['cart' => $cart, 'event_id' => $locked->getKey()]);
            $held->quantity = $quantity;

            if ($own === 0) {
                $held->expires_at = now()->addMinutes(config('tickets.hold_minutes'));
            }

            $held->save();

            return $held;
        }, attempts: self::DEADLOCK_ATTEMPTS);
    }
}
