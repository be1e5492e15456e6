<?php

declare(strict_types=1);

namespace CutoverProbe;

use CutoverProbe\Console\ConnectCommand;
use CutoverProbe\Http\Middleware\AnswerInJson;
use CutoverProbe\Http\Middleware\VerifySignature;
use CutoverProbe\Listeners\FailHealthCheck;
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
        $this->app->scoped(TaskReader::class);
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
        $events->listen(DiagnosingHealth::class, FailHealthCheck::class);

        if ($this->app->runningInConsole()) {
            $this->commands([ConnectCommand::class]);
        }
    }
}
