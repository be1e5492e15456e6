<?php

namespace Database\Factories;

use App\Models\Event;
use App\Models\Order;
use App\Models\OrderLine;
use Illuminate\Database\Eloquent\Factories\Factory;

/** @extends Factory<OrderLine> */
class OrderLineFactory extends Factory
{
    /** @return array<string, mixed> */
    public function definition(): array
    {
        return [
            'order_id' => Order::factory(),
            'event_id' => Event::factory(),
            'quantity' => 2,
            'price_cents' => 4_500_00,
        ];
    }
}
