<?php

namespace App\Jobs;

use App\Mail\OrderConfirmation;
use App\Models\Order;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Mail;

class SendOrderConfirmation implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    private const int LOCK_S = 60;

    private const int WAIT_S = 10;

    public int $tries = 3;

    /** @var list<int> seconds before the second and the third attempt */
    public array $backoff = [5, 30];

    public bool $deleteWhenMissingModels = true;

    public function __construct(public readonly Order $order) {}

    /** A queue may deliver a message twice, even at once; the buyer gets one mail all the same. */
    public function handle(): void
    {
        Cache::lock("order-confirmation:{$this->order->id}", self::LOCK_S)->block(self::WAIT_S, function (): void {
            if ($this->order->refresh()->confirmation_sent_at !== null) {
                return;
            }

            Mail::to($this->order->user)->send(new OrderConfirmation($this->order));

            $this->order->confirmation_sent_at = now();
            $this->order->save();
        });
    }
}
