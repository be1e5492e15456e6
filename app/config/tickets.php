<?php

return [

    /*
    |--------------------------------------------------------------------------
    | Holds
    |--------------------------------------------------------------------------
    |
    | How long tickets stay in a visitor's cart before they go back on sale, and
    | how many of one event a cart may hold.
    |
    */

    'hold_minutes' => (int) env('TICKETS_HOLD_MINUTES', 10),

    'max_per_hold' => (int) env('TICKETS_MAX_PER_HOLD', 8),

    /*
    |--------------------------------------------------------------------------
    | Display
    |--------------------------------------------------------------------------
    |
    | Dates are stored in UTC and shown in the zone of the venues.
    |
    */

    'timezone' => env('TICKETS_TIMEZONE', 'America/Jamaica'),

    /*
    |--------------------------------------------------------------------------
    | Daily report
    |--------------------------------------------------------------------------
    |
    | When yesterday's sales are reported, in the zone above.
    |
    */

    'report_at' => env('TICKETS_REPORT_AT', '06:00'),

    /*
    |--------------------------------------------------------------------------
    | First organiser
    |--------------------------------------------------------------------------
    |
    | The account that the seeder makes when there is no organiser. Without a
    | password it gets a random one; `php artisan tickets:organiser` sets a new
    | one and shows it.
    |
    */

    'organiser' => [
        'email' => env('ORGANISER_EMAIL', 'organiser@876events.example'),
        'password' => env('ORGANISER_PASSWORD'),
    ],

];
