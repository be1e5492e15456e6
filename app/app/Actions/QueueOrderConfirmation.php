<?php

namespace App\Actions;

use App\Jobs\SendOrderConfirmation;
use App\Models\Order;
use Throwable;

class QueueOrderConfirmation
{
    /**
     * Queue the mail and note that. When the queue does not take it, the order stands all the same and the
     * scheduler tries again (QueueMissingConfirmations).
     */
    public function handle(Order $order): void
    {
        try {
            SendOrderConfirmation::dispatch($order);
        } catch (Throwable $exception) {
            report($exception);

            return;
        }

        Order::query()->whereKey($order)->update(['confirmation_queued_at' => now()]);
    }
}
