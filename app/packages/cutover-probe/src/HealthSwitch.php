<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Filesystem\Filesystem;

/** Makes this task's health route fail on demand. The flag is a file, so that other tasks stay healthy. */
final readonly class HealthSwitch
{
    public function __construct(private Config $config, private Filesystem $files) {}

    public function isHealthy(): bool
    {
        return ! $this->files->exists($this->flag());
    }

    public function set(bool $healthy): void
    {
        if ($healthy) {
            $this->files->delete($this->flag());

            return;
        }

        $this->files->ensureDirectoryExists(dirname($this->flag()));
        $this->files->put($this->flag(), '');
    }

    private function flag(): string
    {
        return $this->config->get('cutover-probe.state_path').'/unhealthy';
    }
}
