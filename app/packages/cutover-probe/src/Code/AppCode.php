<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

use Illuminate\Filesystem\Filesystem;
use Illuminate\Foundation\Application;
use Illuminate\Support\Arr;
use Symfony\Component\Finder\Finder;

/** The app's own PHP files that production runs: what Composer loads for it, its routes and its migrations. */
class AppCode
{
    private const array ALWAYS = ['bootstrap/app.php', 'routes', 'database/migrations'];

    /** Seeders and factories are for development and tests. */
    private const array NEVER = ['database/seeders', 'database/factories', 'database/seeds', 'tests'];

    /** @var list<SourceFile>|null */
    private ?array $files = null;

    public function __construct(private readonly Application $app, private readonly Filesystem $disk) {}

    /** @return list<SourceFile> */
    public function files(): array
    {
        return $this->files ??= array_map(
            fn (string $path): SourceFile => new SourceFile($path, $this->disk->get($this->app->basePath($path))),
            array_values(array_unique(array_merge(...array_map($this->filesBelow(...), $this->roots())))),
        );
    }

    /** @return list<string> paths from the app's own */
    private function roots(): array
    {
        $manifest = $this->app->basePath('composer.json');
        $composer = $this->disk->exists($manifest) ? (array) json_decode($this->disk->get($manifest), true) : [];
        $loaded = array_map(
            fn (mixed $path): string => trim((string) $path, '/'),
            Arr::flatten(array_intersect_key($composer['autoload'] ?? ['files' => ['app']], ['psr-4' => 0, 'classmap' => 0, 'files' => 0])),
        );

        return [...array_values(array_diff($loaded, self::NEVER)), ...self::ALWAYS];
    }

    /** @return list<string> */
    private function filesBelow(string $root): array
    {
        $full = $this->app->basePath($root);

        if (is_file($full)) {
            return [$root];
        }
        if (! is_dir($full)) {
            return [];
        }

        $found = Finder::create()->files()->in($full)->name('*.php')->exclude('vendor')->sortByName();

        return array_values(array_map(fn (\SplFileInfo $file): string => $root.'/'.substr($file->getPathname(), strlen($full) + 1), iterator_to_array($found)));
    }
}
