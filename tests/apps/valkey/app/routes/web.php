<?php

use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Route;

Route::view('/', 'atelier');

// A counter that all tasks share, behind a lock that all of them respect.
Route::get('/visits', fn () => ['visits' => Cache::lock('visits')->block(5, function (): int {
    $visits = (int) Cache::get('visits') + 1;
    Cache::put('visits', $visits);

    return $visits;
})]);
