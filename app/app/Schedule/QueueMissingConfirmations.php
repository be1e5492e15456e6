<?php

namespace App\Schedule;

use App\Actions\QueueOrderConfirmation;
use App\Models\Order;

/** Orders whose confirmation the queue did not take when they were placed. */
class QueueMissingConfirmations
{
    private const int GRACE_MINUTES = 1;

    private const int BATCH = 100;

    public function __construct(private readonly QueueOrderConfirmation $queueConfirmation) {}

    public function __invoke(): void
    {
        Order::query()
            ->whereNull('confirmation_queued_at')
            ->whereNull('confirmation_sent_at')
            ->where('created_at', '<=', now()->subMinutes(self::GRACE_MINUTES))
            ->limit(self::BATCH)
            ->get()
            ->each(fn (Order $order) => $this->queueConfirmation->handle($order));
    }
}
