<?php

/**
 * What Composer's autoloader does, for a tree of Debian's packages: one class map, the packages' function files, and
 * PSR-4 for the code that is not in this image: the app's and the probe's. See build-vendor.php.
 */

return (static function (): string {
    $classes = require __DIR__.'/debian/classmap.php';
    $root = dirname(__DIR__);

    $prefixes = [
        'App\\' => $root.'/app/',
        'Database\\Factories\\' => $root.'/database/factories/',
        'Database\\Seeders\\' => $root.'/database/seeders/',
        'CutoverProbe\\Tests\\' => $root.'/packages/cutover-probe/tests/',
        'CutoverProbe\\' => $root.'/packages/cutover-probe/src/',
        'Tests\\' => $root.'/tests/',
    ];

    spl_autoload_register(static function (string $class) use ($classes, $prefixes): void {
        // Debian's maps are in lower case, since PHP's class names are not case-sensitive.
        if (isset($classes[$name = strtolower($class)])) {
            require __DIR__.'/debian/'.$classes[$name];

            return;
        }

        foreach ($prefixes as $prefix => $directory) {
            if (! str_starts_with($class, $prefix)) {
                continue;
            }

            $file = $directory.strtr(substr($class, strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require $file;

                return;
            }
        }
    });

    foreach (require __DIR__.'/debian/files.php' as $file) {
        require_once __DIR__.'/debian/'.$file;
    }

    return __DIR__;
})();
