<?php

namespace Database\Seeders;

use Illuminate\Database\Seeder;

class DatabaseSeeder extends Seeder
{
    /** Safe to run at every release: each seeder leaves alone what is already there. */
    public function run(): void
    {
        $this->call([
            OrganiserSeeder::class,
            EventSeeder::class,
        ]);
    }
}
