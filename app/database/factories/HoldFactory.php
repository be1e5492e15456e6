<?php

namespace Database\Factories;

use App\Models\Event;
use App\Models\Hold;
use Illuminate\Database\Eloquent\Factories\Factory;
use Illuminate\Support\Str;

/** @extends Factory<Hold> */
class HoldFactory extends Factory
{
    /** @return array<string, mixed> */
    public function definition(): array
    {
        return [
            'cart' => Str::random(40),
            'event_id' => Event::factory(),
            'quantity' => 2,
            'expires_at' => now()->addMinutes(10),
        ];
    }

    public function expired(): static
    {
        return $this->state(['expires_at' => now()->subSecond()]);
    }
}
