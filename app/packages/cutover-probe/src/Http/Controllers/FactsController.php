<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Foundation\Application;
use Illuminate\Http\JsonResponse;

/** How this process is set up. Of environment variables it tells names and never values. */
final class FactsController
{
    private const array PHP_SETTINGS = [
        'display_errors', 'expose_php', 'file_uploads', 'max_execution_time', 'max_file_uploads', 'memory_limit', 'post_max_size', 'session.save_handler', 'session.save_path', 'upload_max_filesize', 'zend.exception_ignore_args',
    ];

    private const array CA_SETTINGS = ['curl.cainfo', 'openssl.cafile', 'openssl.capath'];

    public function __invoke(Application $app, Config $config, TaskReader $reader): JsonResponse
    {
        $names = array_keys(getenv());
        sort($names);

        return response()->json([
            'task' => $reader->current()->id(),
            'environment' => $app->environment(),
            'timezone' => date_default_timezone_get(),
            'debug' => (bool) $config->get('app.debug'),
            'uid' => function_exists('posix_geteuid') ? posix_geteuid() : null,
            'cached' => [
                'config' => $app->configurationIsCached(),
                'events' => $app->eventsAreCached(),
                'routes' => $app->routesAreCached(),
            ],
            'opcache' => [
                'enabled' => function_exists('opcache_get_status') && opcache_get_status(false) !== false,
                'validate_timestamps' => (bool) ini_get('opcache.validate_timestamps'),
                'full' => function_exists('opcache_get_status') && (opcache_get_status(false)['cache_full'] ?? false),
            ],
            'drivers' => [
                'session' => $config->get('session.driver'),
                'cache' => $config->get('cache.default'),
                'queue' => $config->get('queue.default'),
                'mail' => $config->get('mail.default'),
                'filesystem' => $config->get('filesystems.default'),
                'log' => $config->get('logging.default'),
            ],
            'app_key_fingerprint' => $this->fingerprint((string) $config->get('app.key')),
            'environment_variables' => $names,
            'extensions' => get_loaded_extensions(),
            'error_log_file' => $this->errorLogFile((string) ini_get('error_log')),
            'php' => [
                ...array_combine(self::PHP_SETTINGS, array_map($this->setting(...), self::PHP_SETTINGS)),
                'lacks_upload_directory' => $this->lacksUploadDirectory(),
                'lost_ca_files' => $this->lostCaFiles(),
            ],
        ]);
    }

    /** A setting as PHP starts with it: Laravel turns display_errors off, and only where it comes to run. */
    private function setting(string $name): string|false
    {
        return $name === 'display_errors' ? (ini_get_all(details: true)[$name]['global_value'] ?? false) : ini_get($name);
    }

    /** The directory into which PHP is to put uploads; null where it can. */
    private function lacksUploadDirectory(): ?string
    {
        $path = ini_get('upload_tmp_dir') ?: sys_get_temp_dir();

        return ini_get('file_uploads') && ! @is_writable($path) ? $path : null;
    }

    /** Settings with a file of CAs that this task lacks: no TLS connection of the app is then made. @return array<string, string> */
    private function lostCaFiles(): array
    {
        if (ini_get('open_basedir') !== '') {
            return []; // OpenSSL and curl read what PHP's own functions may not look at.
        }
        $paths = array_filter(array_combine(self::CA_SETTINGS, array_map(ini_get(...), self::CA_SETTINGS)));

        return array_filter($paths, fn (string $path): bool => ! @is_readable($path));
    }

    /** The file into which PHP itself logs errors; null where it is none, or cannot be written. PHP then logs to the output. */
    private function errorLogFile(string $path): ?string
    {
        // Outside of open_basedir PHP warns, and that is no fault of the app.
        $isFile = @is_file($path) ? is_writable($path) : str_starts_with($path, '/') && ! @file_exists($path) && @is_writable(dirname($path));

        return $isFile ? $path : null;
    }

    /** Enough to tell whether two tasks have the same key, and nothing about the key itself, which is random. */
    private function fingerprint(string $key): ?string
    {
        return $key === '' ? null : substr(hash_hmac('sha256', $key, 'cutover-probe'), 0, 16);
    }
}
