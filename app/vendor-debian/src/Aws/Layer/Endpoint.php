<?php

namespace Aws\Layer;

use AsyncAws\Core\EnvVar;

/** Where a service is: the client's `endpoint`, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, or AWS itself. */
final class Endpoint
{
    public static function resolve(array $config, string $service, string $default): string
    {
        $given = $config['endpoint'] ?? null;

        if (($given === null || $given === '') && ! self::ignored($config)) {
            $given = EnvVar::get('AWS_ENDPOINT_URL_'.strtoupper($service)) ?? EnvVar::get('AWS_ENDPOINT_URL');
        }

        if ($given === null || $given === '') {
            return $default;
        }

        if (parse_url($given, PHP_URL_SCHEME) === null || parse_url($given, PHP_URL_HOST) === null) {
            throw new \InvalidArgumentException("Endpoints must be full URIs and include a scheme and host: {$given}");
        }

        return rtrim($given, '/');
    }

    private static function ignored(array $config): bool
    {
        return (bool) ($config['ignore_configured_endpoint_urls'] ?? false)
            || filter_var(EnvVar::get('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'), FILTER_VALIDATE_BOOL);
    }
}
