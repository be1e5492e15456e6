<?php

declare(strict_types=1);

use CutoverProbe\Http\Controllers\DatabaseController;
use CutoverProbe\Http\Controllers\HealthController;
use CutoverProbe\Http\Controllers\RedirectController;
use CutoverProbe\Http\Controllers\SessionController;
use CutoverProbe\Http\Controllers\SlowController;
use CutoverProbe\Http\Controllers\WhoamiController;
use Illuminate\Support\Facades\Route;

Route::prefix('_probe/v1')->middleware('cutover-probe')->name('cutover-probe.')->group(function (): void {
    Route::get('whoami', WhoamiController::class)->name('whoami');
    Route::get('session', [SessionController::class, 'show'])->name('session.show');
    Route::put('session', [SessionController::class, 'update'])->name('session.update');
    Route::get('database', DatabaseController::class)->name('database');
    Route::get('slow', SlowController::class)->name('slow');
    Route::put('health', [HealthController::class, 'update'])->name('health.update');
    Route::get('redirect', RedirectController::class)->name('redirect');
});
