<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    private const int MICROSECONDS = 6;

    public function up(): void
    {
        // What the probe was asked to dispatch.
        Schema::create('cutover_probe_jobs', function (Blueprint $table): void {
            $table->ulid('id')->primary();
            $table->string('kind', 10);
            $table->json('options');
            $table->string('task')->nullable();
            $table->dateTime('dispatched_at', self::MICROSECONDS);
            $table->dateTime('available_at', self::MICROSECONDS);
        });

        // What a job of the probe did, once for each time that it got to its end.
        Schema::create('cutover_probe_effects', function (Blueprint $table): void {
            $table->id();
            $table->ulid('job_id')->index();
            $table->string('task')->nullable();
            $table->dateTime('at', self::MICROSECONDS);
        });

        // Every attempt of every job of the app.
        Schema::create('cutover_probe_runs', function (Blueprint $table): void {
            $table->id();
            $table->string('name')->index();
            $table->string('uuid')->nullable()->index();
            $table->string('connection', 40);
            $table->string('queue')->nullable();
            $table->string('task')->nullable();
            $table->unsignedInteger('attempt');
            $table->unsignedInteger('timeout_s')->nullable();
            $table->unsignedInteger('max_tries')->nullable();
            $table->dateTime('started_at', self::MICROSECONDS)->index();
            $table->dateTime('ended_at', self::MICROSECONDS)->nullable();
            $table->string('outcome', 20)->nullable();
            $table->text('error')->nullable();
        });

        // Every job that was sent while a transaction was open.
        Schema::create('cutover_probe_overtakings', function (Blueprint $table): void {
            $table->id();
            $table->string('uuid')->nullable()->index();
            $table->string('task')->nullable();
            $table->dateTime('at', self::MICROSECONDS);
        });

        // Every schedule:run and every scheduled task of the app.
        Schema::create('cutover_probe_ticks', function (Blueprint $table): void {
            $table->id();
            $table->string('name')->index();
            $table->string('task')->nullable();
            $table->dateTime('minute');
            $table->dateTime('started_at', self::MICROSECONDS)->index();
            $table->dateTime('ended_at', self::MICROSECONDS)->nullable();
            $table->string('outcome', 20)->nullable();
            $table->text('error')->nullable();
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('cutover_probe_ticks');
        Schema::dropIfExists('cutover_probe_overtakings');
        Schema::dropIfExists('cutover_probe_runs');
        Schema::dropIfExists('cutover_probe_effects');
        Schema::dropIfExists('cutover_probe_jobs');
    }
};
