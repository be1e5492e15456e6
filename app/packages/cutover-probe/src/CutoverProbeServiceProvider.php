<?php

declare(strict_types=1);

namespace CutoverProbe;

use CutoverProbe\Code\AppCode;
use CutoverProbe\Console\CodeCommand;
use CutoverProbe\Console\ConfigurationCommand;
use CutoverProbe\Console\ConnectCommand;
use CutoverProbe\Console\LogCommand;
use CutoverProbe\Console\ScheduleCommand;
use CutoverProbe\Http\Middleware\AnswerInJson;
use CutoverProbe\Http\Middleware\VerifySignature;
use CutoverProbe\Listeners\FailHealthCheck;
use CutoverProbe\Recorders\JobRecorder;
use CutoverProbe\Recorders\ScheduleRecorder;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Events\DiagnosingHealth;
use Illuminate\Routing\Router;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Support\ServiceProvider;

/** Registers nothing at all unless a key is configured. */
final class CutoverProbeServiceProvider extends ServiceProvider
{
    private const string CONFIG = __DIR__.'/../config/cutover-probe.php';

    public function register(): void
    {
        $this->mergeConfigFrom(self::CONFIG, 'cutover-probe');
        $this->app->singleton(TaskReader::class);
        $this->app->singleton(AppCode::class);
    }

    public function boot(Router $router, Dispatcher $events): void
    {
        $this->publishes([self::CONFIG => $this->app->configPath('cutover-probe.php')], 'cutover-probe-config');

        if (! Signature::accepts($this->app->make('config')->get('cutover-probe.key'))) {
            return;
        }

        // Signature first: a stranger's request must not even start a session.
        $router->middlewareGroup('cutover-probe', [
            AnswerInJson::class,
            VerifySignature::class,
            EncryptCookies::class,
            AddQueuedCookiesToResponse::class,
            StartSession::class,
        ]);
        $this->loadRoutesFrom(__DIR__.'/../routes/probe.php');
        $this->loadMigrationsFrom(__DIR__.'/../database/migrations');
        $this->loadViewsFrom(__DIR__.'/../resources/views', 'cutover-probe');
        $this->watch($events);

        if ($this->app->runningInConsole()) {
            $this->commands([CodeCommand::class, ConfigurationCommand::class, ConnectCommand::class, LogCommand::class, ScheduleCommand::class]);
        }
    }

    private function watch(Dispatcher $events): void
    {
        $events->listen(DiagnosingHealth::class, FailHealthCheck::class);
        $events->subscribe($this->app->make(JobRecorder::class));
        $events->subscribe($this->app->make(ScheduleRecorder::class));
    }
}
