<?php

namespace Database\Seeders;

use App\Models\User;
use Illuminate\Database\Seeder;
use Illuminate\Support\Str;

class OrganiserSeeder extends Seeder
{
    public function run(): void
    {
        if (User::query()->where('is_organiser', true)->exists()) {
            return;
        }

        $organiser = User::query()->firstOrNew(
            ['email' => config('tickets.organiser.email')],
            ['name' => '876 Events', 'password' => config('tickets.organiser.password') ?? Str::password(32)],
        );
        $organiser->is_organiser = true;
        $organiser->save();
    }
}
