<?php

namespace Database\Factories;

use App\Models\User;
use Illuminate\Database\Eloquent\Factories\Factory;
use Illuminate\Support\Str;

/** @extends Factory<User> */
class UserFactory extends Factory
{
    /** @return array<string, mixed> */
    public function definition(): array
    {
        return [
            'name' => 'Visitor '.Str::random(6),
            'email' => Str::lower(Str::random(12)).'@visitors.example',
            'password' => 'correct horse battery',
        ];
    }

    public function organiser(): static
    {
        return $this->state(['is_organiser' => true]);
    }
}
