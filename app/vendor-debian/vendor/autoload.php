<?php

/**
 * What Composer's autoloader does, for a tree of Debian's packages: one class map, the packages' function files, and
 * what composer.json says of the code that is not in this image: the app's and its packages'. See build-vendor.php.
 */

return (static function (): string {
    $classes = require __DIR__.'/debian/classmap.php';
    $root = dirname(__DIR__);

    ['prefixes' => $prefixes, 'files' => $files] = require __DIR__.'/debian/own.php';
    array_push(
        $prefixes,
        ['App\\', 'app/'],
        ['Database\\Factories\\', 'database/factories/'],
        ['Database\\Seeders\\', 'database/seeders/'],
        ['CutoverProbe\\Tests\\', 'packages/cutover-probe/tests/'],
        ['CutoverProbe\\', 'packages/cutover-probe/src/'],
        ['Tests\\', 'tests/'],
    );

    spl_autoload_register(static function (string $class) use ($classes, $prefixes, $root): void {
        // Debian's maps are in lower case, since PHP's class names are not case-sensitive.
        if (isset($classes[$name = strtolower($class)])) {
            require __DIR__.'/debian/'.$classes[$name];

            return;
        }

        foreach ($prefixes as [$prefix, $directory]) {
            if (! str_starts_with($class, $prefix)) {
                continue;
            }

            $file = $root.'/'.ltrim($directory, '/').strtr(substr($class, strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require $file;

                return;
            }
        }
    });

    foreach (require __DIR__.'/debian/files.php' as $file) {
        require_once __DIR__.'/debian/'.$file;
    }

    foreach ($files as $file) {
        if (is_file("{$root}/{$file}")) { // none is there where this image is built
            require_once "{$root}/{$file}";
        }
    }

    return __DIR__;
})();
