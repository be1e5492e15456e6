<?php

declare(strict_types=1);

namespace CutoverProbe;

/** Makes this task's health route fail on demand. The flag is a file, so that other tasks stay healthy. */
final readonly class HealthSwitch
{
    private const string FLAG = 'unhealthy';

    public function __construct(private StateDirectory $state) {}

    public function isHealthy(): bool
    {
        return ! $this->state->has(self::FLAG);
    }

    public function set(bool $healthy): void
    {
        $healthy ? $this->state->remove(self::FLAG) : $this->state->write(self::FLAG, '');
    }
}
