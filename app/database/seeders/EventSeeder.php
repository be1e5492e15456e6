<?php

namespace Database\Seeders;

use App\Models\Event;
use Illuminate\Database\Seeder;
use Illuminate\Support\Facades\Date;

class EventSeeder extends Seeder
{
    public function run(): void
    {
        if (Event::query()->exists()) {
            return;
        }

        foreach ($this->events() as ['in_days' => $inDays, 'at' => $at, 'event' => $event]) {
            Event::query()->create([
                ...$event,
                'starts_at' => Date::now(config('tickets.timezone'))->addDays($inDays)->setTimeFromTimeString($at)->utc(),
            ]);
        }
    }

    /** @return list<array{in_days: int, at: string, event: array<string, int|string>}> */
    private function events(): array
    {
        return [
            ['in_days' => 12, 'at' => '20:00', 'event' => [
                'slug' => 'harbour-lights',
                'title' => 'Harbour Lights',
                'summary' => 'Roots reggae on the waterfront, from sunset until late.',
                'description' => "Six bands on two stages along the harbour wall, with the ferries passing behind them.\n\nFood stalls open at five. Bring a light jacket: the sea breeze comes up after dark.",
                'venue' => 'Victoria Pier', 'city' => 'Kingston',
                'capacity' => 1200, 'price_cents' => 6_500_00,
            ]],
            ['in_days' => 19, 'at' => '19:30', 'event' => [
                'slug' => 'steel-and-strings',
                'title' => 'Steel & Strings',
                'summary' => 'A steel orchestra and a string quartet share one stage.',
                'description' => "Forty pans, four strings and a programme that goes from Ravel to rocksteady.\n\nSeated throughout. Late arrivals are let in between pieces.",
                'venue' => 'Little Theatre', 'city' => 'Kingston',
                'capacity' => 600, 'price_cents' => 4_500_00,
            ]],
            ['in_days' => 26, 'at' => '18:00', 'event' => [
                'slug' => 'blue-mountain-sessions',
                'title' => 'Blue Mountain Sessions',
                'summary' => 'Acoustic sets and coffee tastings a thousand metres up.',
                'description' => "A small evening on the terrace of a coffee estate: three songwriters, no amplifiers and as much coffee as you like.\n\nA shuttle leaves Papine Square at four.",
                'venue' => 'Craighton Terrace', 'city' => 'Irish Town',
                'capacity' => 80, 'price_cents' => 9_000_00,
            ]],
            ['in_days' => 33, 'at' => '21:00', 'event' => [
                'slug' => 'dub-cinema',
                'title' => 'Dub Cinema',
                'summary' => 'Silent films from the twenties with a live dub soundtrack.',
                'description' => "Three short films, one sound system and a band that has never played them the same way twice.\n\nOpen air; the screening moves indoors when it rains.",
                'venue' => 'Fairfield Theatre', 'city' => 'Montego Bay',
                'capacity' => 300, 'price_cents' => 3_200_00,
            ]],
            ['in_days' => 47, 'at' => '17:00', 'event' => [
                'slug' => 'jonkonnu-street-parade',
                'title' => 'Jonkonnu Street Parade',
                'summary' => 'Masks, fife and drum: the old parade, with a grandstand seat.',
                'description' => "Watch the parade come up Harbour Street from the covered grandstand, then join the last half mile.\n\nChildren under six sit on a lap and need no ticket.",
                'venue' => 'Harbour Street Grandstand', 'city' => 'Falmouth',
                'capacity' => 450, 'price_cents' => 2_500_00,
            ]],
        ];
    }
}
