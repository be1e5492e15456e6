<?php

declare(strict_types=1);

namespace CutoverProbe\Listeners;

use CutoverProbe\HealthSwitch;
use Illuminate\Foundation\Events\DiagnosingHealth;
use RuntimeException;

final readonly class FailHealthCheck
{
    public function __construct(private HealthSwitch $switch) {}

    public function handle(DiagnosingHealth $event): void
    {
        if (! $this->switch->isHealthy()) {
            throw new RuntimeException('cutover-probe was told to make this task unhealthy.');
        }
    }
}
