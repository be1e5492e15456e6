<?php

use App\Schedule\QueueMissingConfirmations;
use App\Schedule\ReleaseExpiredHolds;
use App\Schedule\ReportSales;
use Illuminate\Support\Facades\Schedule;

// Run by `schedule:run` once a minute, in the process itself so that log lines reach the container's output.
// More than one task may run in the same minute: onOneServer() lets one of them through.

Schedule::call(ReleaseExpiredHolds::class)
    ->name('release-expired-holds')
    ->everyMinute()
    ->onOneServer();

Schedule::call(QueueMissingConfirmations::class)
    ->name('queue-missing-confirmations')
    ->everyFiveMinutes()
    ->onOneServer();

Schedule::call(ReportSales::class)
    ->name('report-sales')
    ->dailyAt(config('tickets.report_at'))
    ->timezone(config('tickets.timezone'))
    ->onOneServer();
