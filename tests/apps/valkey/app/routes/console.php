<?php

use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Schedule;

Artisan::command('atelier:count', function (): void {
    Cache::increment('counted');
})->purpose('Count the minutes, once each');

Schedule::command('atelier:count')->everyMinute()->onOneServer();
