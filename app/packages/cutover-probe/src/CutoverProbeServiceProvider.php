<?php

declare(strict_types=1);

namespace CutoverProbe;

use CutoverProbe\Code\AppCode;
use CutoverProbe\Console\CodeCommand;
use CutoverProbe\Console\ConfigurationCommand;
use CutoverProbe\Console\ConnectCommand;
use CutoverProbe\Console\DoctorCommand;
use CutoverProbe\Console\InstallCommand;
use CutoverProbe\Console\LogCommand;
use CutoverProbe\Console\ScheduleCommand;
use CutoverProbe\Http\Middleware\AnswerInJson;
use CutoverProbe\Http\Middleware\VerifySignature;
use CutoverProbe\Listeners\CarryTrace;
use CutoverProbe\Listeners\FailHealthCheck;
use CutoverProbe\Recorders\JobRecorder;
use CutoverProbe\Recorders\ScheduleRecorder;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Console\AboutCommand;
use Illuminate\Foundation\Events\DiagnosingHealth;
use Illuminate\Routing\Events\Routing;
use Illuminate\Routing\Router;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Support\ServiceProvider;

/** Without a key there are two commands and a section of `about`, and nothing that a visitor or a job could meet. */
final class CutoverProbeServiceProvider extends ServiceProvider
{
    private const string CONFIG = __DIR__.'/../config/cutover-probe.php';

    private const string MIGRATIONS = __DIR__.'/../database/migrations';

    public function register(): void
    {
        $this->mergeConfigFrom(self::CONFIG, 'cutover-probe');
        $this->app->singleton(TaskReader::class);
        $this->app->singleton(AppCode::class);
    }

    public function boot(Router $router, Dispatcher $events): void
    {
        if ($this->app->runningInConsole()) {
            $this->offer();
        }

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
        $this->loadMigrationsFrom(self::MIGRATIONS);
        $this->loadViewsFrom(__DIR__.'/../resources/views', 'cutover-probe');
        $this->watch($events);
        // The first three answer requests, too.
        $this->commands([CodeCommand::class, ConfigurationCommand::class, ScheduleCommand::class, ConnectCommand::class, LogCommand::class]);
    }

    /** Published migrations keep their names, so that those of the package do not run besides. */
    private function offer(): void
    {
        $this->publishes([self::CONFIG => $this->app->configPath('cutover-probe.php')], 'cutover-probe-config');
        $this->publishes([self::MIGRATIONS => $this->app->databasePath('migrations')], 'cutover-probe-migrations');
        $this->commands([InstallCommand::class, DoctorCommand::class]);

        AboutCommand::add('Cutover Probe', fn (): array => [
            'Probe' => AboutCommand::format(
                $this->app->make(Checkup::class)->isOn(),
                console: fn (bool $on): string => $on ? '<fg=green;options=bold>ON</>' : 'OFF',
            ),
            'Nonces' => $this->app->make(Checkup::class)->nonceStore(),
            'Redirect' => $this->app->make('config')->get('cutover-probe.redirect_route') ?? '/',
        ]);
    }

    private function watch(Dispatcher $events): void
    {
        $events->listen(DiagnosingHealth::class, FailHealthCheck::class);
        $events->listen(Routing::class, FailHealthCheck::class);
        $events->listen(Routing::class, CarryTrace::class);
        $events->subscribe($this->app->make(JobRecorder::class));
        $events->subscribe($this->app->make(ScheduleRecorder::class));
    }
}
