<?php

declare(strict_types=1);

use CutoverProbe\Http\Controllers\DatabaseController;
use CutoverProbe\Http\Controllers\FactsController;
use CutoverProbe\Http\Controllers\FileController;
use CutoverProbe\Http\Controllers\HealthController;
use CutoverProbe\Http\Controllers\JobController;
use CutoverProbe\Http\Controllers\LimiterController;
use CutoverProbe\Http\Controllers\LogController;
use CutoverProbe\Http\Controllers\MailController;
use CutoverProbe\Http\Controllers\RedirectController;
use CutoverProbe\Http\Controllers\ReportController;
use CutoverProbe\Http\Controllers\SessionController;
use CutoverProbe\Http\Controllers\SlowController;
use CutoverProbe\Http\Controllers\TickController;
use CutoverProbe\Http\Controllers\WhoamiController;
use Illuminate\Support\Facades\Route;

Route::prefix(trim((string) config('cutover-probe.path'), '/').'/_probe/v1')->middleware('cutover-probe')->name('cutover-probe.')->group(function (): void {
    Route::get('whoami', WhoamiController::class)->name('whoami');
    Route::get('session', [SessionController::class, 'show'])->name('session.show');
    Route::put('session', [SessionController::class, 'update'])->name('session.update');
    Route::get('database', DatabaseController::class)->name('database');
    Route::get('slow', SlowController::class)->name('slow');
    Route::put('health', [HealthController::class, 'update'])->name('health.update');
    Route::post('log', LogController::class)->name('log');
    Route::get('redirect', RedirectController::class)->name('redirect');
    Route::get('facts', FactsController::class)->name('facts');
    Route::get('limiters', LimiterController::class)->name('limiters');
    Route::get('reports/{report}', ReportController::class)->whereIn('report', ['code', 'configuration', 'schedule'])->name('reports.show');

    Route::put('files/{key}', [FileController::class, 'update'])->name('files.update');
    Route::get('files/{key}', [FileController::class, 'show'])->name('files.show');
    Route::delete('files/{key}', [FileController::class, 'destroy'])->name('files.destroy');
    Route::get('files/{key}/temporary-url', [FileController::class, 'temporaryUrl'])->name('files.temporary-url');
    Route::get('files/{key}/temporary-upload-url', [FileController::class, 'temporaryUploadUrl'])->name('files.temporary-upload-url');

    Route::post('mail', [MailController::class, 'store'])->name('mail.store');
    Route::post('jobs', [JobController::class, 'store'])->name('jobs.store');
    Route::get('jobs/{id}', [JobController::class, 'show'])->name('jobs.show');
    Route::delete('jobs/{id}', [JobController::class, 'destroy'])->name('jobs.destroy');
    Route::get('runs', [JobController::class, 'runs'])->name('runs');
    Route::get('ticks', TickController::class)->name('ticks');
});
