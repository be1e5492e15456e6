<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Filesystem\Filesystem;

/**
 * Small files that belong to this container alone.
 *
 * Whoever comes first makes the directory for everybody: the app runs as one user, and ECS Exec as root.
 */
final readonly class StateDirectory
{
    private const int MODE = 0o1777;

    public function __construct(private Config $config, private Filesystem $files) {}

    public function has(string $name): bool
    {
        return $this->files->exists($this->path($name));
    }

    public function read(string $name): string
    {
        return $this->files->get($this->path($name));
    }

    public function write(string $name, string $content): void
    {
        $directory = dirname($this->path($name));

        if (! $this->files->isDirectory($directory)) {
            $this->files->ensureDirectoryExists($directory);
            $this->files->chmod($directory, self::MODE);
        }

        $this->files->replace($this->path($name), $content, 0o644);
    }

    public function remove(string $name): void
    {
        $this->files->delete($this->path($name));
    }

    private function path(string $name): string
    {
        return $this->config->get('cutover-probe.state_path').'/'.$name;
    }
}
