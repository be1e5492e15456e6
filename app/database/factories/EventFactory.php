<?php

namespace Database\Factories;

use App\Models\Event;
use Illuminate\Database\Eloquent\Factories\Factory;
use Illuminate\Support\Str;

/** @extends Factory<Event> */
class EventFactory extends Factory
{
    /** @return array<string, mixed> */
    public function definition(): array
    {
        $name = Str::title(Str::random(8));

        return [
            'slug' => Str::lower($name),
            'title' => "Concert {$name}",
            'summary' => 'An evening of music.',
            'description' => 'Doors open one hour before the start.',
            'venue' => 'National Indoor Sports Centre',
            'city' => 'Kingston',
            'starts_at' => now()->addDays(14)->startOfHour(),
            'capacity' => 100,
            'price_cents' => 4_500_00,
        ];
    }

    public function started(): static
    {
        return $this->state(['starts_at' => now()->subHour()]);
    }
}
