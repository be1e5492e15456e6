<?php

/** What `composer install` with development packages would add to vendor/autoload.php. */

foreach (['Mockery', 'Faker'] as $package) {
    require_once "/usr/share/php/{$package}/autoload.php";
}

spl_autoload_register(static function (string $class): void {
    $prefixes = [
        'CutoverProbe\\Tests\\' => '/srv/app/packages/cutover-probe/tests/',
        'Tests\\' => '/srv/app/tests/',
    ];

    foreach ($prefixes as $prefix => $directory) {
        if (str_starts_with($class, $prefix)) {
            $file = $directory.strtr(substr($class, strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require_once $file;
            }

            return;
        }
    }
});
