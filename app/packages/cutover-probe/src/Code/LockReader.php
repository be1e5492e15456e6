<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

use Closure;
use Illuminate\Cache\RateLimiter;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Routing\Route;
use Illuminate\Routing\Router;

/** Where the app locks or counts for all of its tasks, and the cache store that each of these uses. */
final readonly class LockReader
{
    private const array CACHE = ['Cache', 'cache'];

    private const array STORE = ['store', 'driver'];

    private const array LOCKING = ['lock', 'restoreLock', 'withoutOverlapping', 'funnel', 'add', 'increment', 'decrement'];

    private const array UNIQUE = ['ShouldBeUnique', 'ShouldBeUniqueUntilProcessing'];

    private const string UNIQUE_VIA = 'uniqueVia';

    public function __construct(
        private AppCode $code,
        private Config $config,
        private Schedule $schedule,
        private Router $router,
        private RateLimiter $limiter,
    ) {}

    /** @return list<array{use: string, store: string}> */
    public function locks(): array
    {
        $locks = [...$this->inCode(), ...$this->ofSchedule(), ...$this->ofRoutes()];

        return array_map(fn (array $lock): array => ['use' => $lock[0], 'store' => $lock[1] ?? (string) $this->config->get('cache.default')], $locks);
    }

    /** @return list<array{string, ?string}> what for, and the store; null for the default */
    private function inCode(): array
    {
        $locks = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                if (in_array($call->subject, self::CACHE, true) && ! $file->dependsOnEnvironment($call)) {
                    $locks = [...$locks, ...$this->ofCall($call, $file)];
                }
            }
            if ($file->is(self::UNIQUE) && ! $file->hasMethod(self::UNIQUE_VIA)) {
                $locks[] = ["the unique job in {$file->path}", null];
            }
            if (($line = $file->lineOfNew('WithoutOverlapping')) !== null) {
                $locks[] = ["WithoutOverlapping in {$file->path} line {$line}", null];
            }
            if ($file->is(['Isolatable'])) {
                $locks[] = ["the isolated command in {$file->path}", null];
            }
        }

        return $locks;
    }

    /** @return list<array{string, ?string}> */
    private function ofCall(Call $call, SourceFile $file): array
    {
        $place = "in {$file->path} line {$call->line}";

        if (! in_array($call->name, self::STORE, true)) {
            return in_array($call->name, self::LOCKING, true) ? [["{$call->name}() {$place}", null]] : [];
        }
        if ($call->arguments !== [] && $call->argument(0, 'name') === null) {
            return [];
        }
        if ($file->functionName($call) === self::UNIQUE_VIA) {
            return [["the unique job {$place}", $call->argument(0, 'name')]];
        }

        return in_array($call->next, self::LOCKING, true) ? [["{$call->next}() {$place}", $call->argument(0, 'name')]] : [];
    }

    /** @return list<array{string, ?string}> */
    private function ofSchedule(): array
    {
        $store = fn (string $mutex): ?string => Closure::bind(fn (): ?string => $this->{$mutex}->store ?? null, $this->schedule, Schedule::class)();
        $locks = [];

        foreach ($this->schedule->events() as $event) {
            if ($event->onOneServer) {
                $locks[] = ["onOneServer() of the scheduled {$event->getSummaryForDisplay()}", $store('schedulingMutex')];
            }
            if ($event->withoutOverlapping) {
                $locks[] = ["withoutOverlapping() of the scheduled {$event->getSummaryForDisplay()}", $store('eventMutex')];
            }
        }

        return $locks;
    }

    /** @return list<array{string, ?string}> */
    private function ofRoutes(): array
    {
        $routes = $this->router->getRoutes()->getRoutes();
        $blocking = array_filter($routes, fn (Route $route): bool => $route->locksFor() !== null);
        $limited = array_filter($routes, fn (Route $route): bool => preg_grep('/\Athrottle(:|\z)|ThrottleRequests/', array_filter($route->gatherMiddleware(), is_string(...))) !== []);
        $hasLimiters = Closure::bind(fn (): bool => $this->limiters !== [], $this->limiter, RateLimiter::class)();

        return [
            ...array_map(fn (Route $route): array => ["block() of the route {$route->uri()}", $this->config->get('session.block_store')], array_values($blocking)),
            ...$limited !== [] || $hasLimiters ? [['the rate limits', $this->config->get('cache.limiter')]] : [],
        ];
    }
}
