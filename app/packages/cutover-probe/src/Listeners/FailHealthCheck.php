<?php

declare(strict_types=1);

namespace CutoverProbe\Listeners;

use CutoverProbe\HealthSwitch;
use Illuminate\Foundation\Events\DiagnosingHealth;
use Illuminate\Http\Request;
use Illuminate\Routing\Events\Routing;
use RuntimeException;

/** Laravel's own health route fails, and every route that a load balancer's health check asks for. */
final readonly class FailHealthCheck
{
    private const string HEALTH_CHECKER = 'ELB-HealthChecker/';

    public function __construct(private HealthSwitch $switch) {}

    public function handle(DiagnosingHealth|Routing $event): void
    {
        if ($event instanceof Routing && ! $this->isHealthCheck($event->request)) {
            return;
        }

        if (! $this->switch->isHealthy()) {
            throw new RuntimeException('cutover-probe was told to make this task unhealthy.');
        }
    }

    private function isHealthCheck(Request $request): bool
    {
        return str_starts_with((string) $request->userAgent(), self::HEALTH_CHECKER);
    }
}
