<?php

namespace App\Schedule;

use App\Models\Order;
use App\Models\OrderLine;
use Illuminate\Support\Facades\Date;
use Illuminate\Support\Facades\Log;

/** What was sold yesterday, as one log line. */
class ReportSales
{
    public function __invoke(): void
    {
        $day = Date::yesterday(config('tickets.timezone'));
        $between = [$day->utc(), $day->endOfDay()->utc()];
        $orders = Order::query()->whereBetween('created_at', $between);

        Log::info('Sales report', [
            'day' => $day->toDateString(),
            'orders' => $orders->count(),
            'tickets' => (int) OrderLine::query()->whereRelation('order', fn ($query) => $query->whereBetween('created_at', $between))->sum('quantity'),
            'total_cents' => (int) $orders->sum('total_cents'),
        ]);
    }
}
