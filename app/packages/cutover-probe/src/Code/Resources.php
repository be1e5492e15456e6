<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

use Illuminate\Contracts\Config\Repository as Config;

/**
 * What the configuration of this process has under each name, as far as it tells one resource from another.
 *
 * No credential and no address with one in it is ever shown: only these fields are.
 */
final readonly class Resources
{
    private const array PLACES = [
        'disk' => 'filesystems.disks',
        'database' => 'database.connections',
        'mailer' => 'mail.mailers',
        'connection' => 'queue.connections',
        'store' => 'cache.stores',
        'channel' => 'logging.channels',
    ];

    private const array DEFAULTS = [
        'disk' => 'filesystems.default',
        'database' => 'database.default',
        'mailer' => 'mail.default',
        'connection' => 'queue.default',
        'store' => 'cache.default',
        'channel' => 'logging.default',
    ];

    private const array SHOWN = [
        'disk' => ['driver', 'bucket', 'region', 'root', 'prefix', 'disk'],
        'database' => ['driver', 'host', 'port', 'database', 'timezone'],
        'mailer' => ['transport', 'host', 'port', 'mailers'],
        'connection' => ['driver', 'connection', 'table', 'prefix', 'suffix', 'queue', 'region', 'retry_after'],
        'store' => ['driver', 'connection', 'lock_connection', 'table', 'path', 'stores'],
        'channel' => ['driver', 'path', 'channels', 'level'],
    ];

    /** Laravel knows these without a configuration. */
    private const array BUILT_IN = [
        'store' => ['null' => ['driver' => 'null']],
        'connection' => ['null' => ['driver' => 'null']],
    ];

    private const array NO_CONNECTIONS = ['client', 'options', 'clusters'];

    public function __construct(private Config $config) {}

    /** @return array<string, string> type -> the name that is used where the code gives none */
    public function defaults(): array
    {
        return array_map(fn (string $key): string => (string) $this->config->get($key), self::DEFAULTS);
    }

    /** @return array<string, array<string, array<string, mixed>>> type -> name -> fields */
    public function all(): array
    {
        $found = [];

        foreach (self::PLACES as $type => $place) {
            $entries = array_filter((array) $this->config->get($place), is_array(...));
            $found[$type] = array_map(fn (array $entry): array => $this->shown($type, $entry), $entries) + (self::BUILT_IN[$type] ?? []);
        }

        return [...$found, 'redis' => array_map($this->host(...), array_filter($this->redis(), is_array(...)))];
    }

    /** @return array<string, mixed> */
    private function redis(): array
    {
        $redis = (array) $this->config->get('database.redis');

        return array_diff_key($redis, array_flip(self::NO_CONNECTIONS)) + (array) ($redis['clusters'] ?? []);
    }

    /**
     * @param  array<string, mixed>  $entry
     * @return array<string, mixed>
     */
    private function shown(string $type, array $entry): array
    {
        $shown = array_filter(array_intersect_key($entry, array_flip(self::SHOWN[$type])), fn (mixed $value): bool => $value !== null);
        $shown += isset($entry['url']) && $type === 'mailer' ? $this->fromUrl((string) $entry['url']) : [];

        if (($shown['driver'] ?? null) === 'sqlite') {
            $shown['exists'] = ($shown['database'] ?? '') === ':memory:' || is_file((string) ($shown['database'] ?? ''));
        }
        if (is_string($entry['handler_with']['stream'] ?? null)) {
            $shown['stream'] = $entry['handler_with']['stream'];
        }

        return $shown;
    }

    /**
     * @param  array<string, mixed>  $entry
     * @return array<string, mixed>
     */
    private function host(array $entry): array
    {
        return array_filter(['host' => isset($entry['url']) ? parse_url((string) $entry['url'], PHP_URL_HOST) : $entry['host'] ?? null]);
    }

    /** @return array<string, mixed> */
    private function fromUrl(string $url): array
    {
        return array_filter(['host' => parse_url($url, PHP_URL_HOST), 'port' => parse_url($url, PHP_URL_PORT)]);
    }
}
