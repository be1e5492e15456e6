<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Routing\Router;
use Throwable;

/** What the probe needs of its app, each with its remedy. */
final readonly class Checkup
{
    public const array TABLES = [
        'cutover_probe_jobs', 'cutover_probe_effects', 'cutover_probe_runs', 'cutover_probe_overtakings', 'cutover_probe_ticks',
    ];

    /** Drivers whose values stay in one task, or nowhere. */
    private const array UNSHARED = ['file', 'array', 'null', 'apc', 'octane'];

    public function __construct(private Config $config, private Database $database, private Router $router) {}

    /** @return list<array{name: string, ok: bool, text: string}> */
    public function results(): array
    {
        return [$this->key(), $this->tables(), $this->nonces(), $this->redirect(), $this->authorities()];
    }

    public function isOn(): bool
    {
        return Signature::accepts($this->config->get('cutover-probe.key'));
    }

    public function nonceStore(): string
    {
        return (string) ($this->config->get('cutover-probe.nonce_store') ?? $this->config->get('cache.default'));
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function key(): array
    {
        return $this->result('key', $this->isOn(), 'the probe is on', match ($this->config->get('cutover-probe.key')) {
            null, '' => 'there is none, so that the probe is off: give the task CUTOVER_PROBE_KEY as a secret',
            default => 'CUTOVER_PROBE_KEY is shorter than '.Signature::MIN_KEY_LENGTH.' characters, so that the probe is off',
        });
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function tables(): array
    {
        try {
            $schema = $this->database->connection()->getSchemaBuilder();
            $missing = array_filter(self::TABLES, fn (string $table): bool => ! $schema->hasTable($table));
        } catch (Throwable $exception) {
            return $this->result('tables', false, '', 'the database cannot be read: '.$exception->getMessage());
        }

        return $this->result('tables', $missing === [], 'all are there',
            'missing: '.implode(', ', $missing).'; run php artisan migrate while CUTOVER_PROBE_KEY is set');
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function nonces(): array
    {
        $store = $this->nonceStore();
        $driver = $this->config->get("cache.stores.{$store}.driver");

        return $this->result('nonces', $driver !== null && ! in_array($driver, self::UNSHARED, true), "kept in the store {$store}",
            "the cache store {$store} is not shared by all tasks: name one that is in CUTOVER_PROBE_NONCE_STORE");
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function redirect(): array
    {
        $name = $this->config->get('cutover-probe.redirect_route');

        return $this->result('redirect', $name === null || $this->router->has($name), 'to '.($name ?? 'the root'),
            "there is no route {$name}: correct CUTOVER_PROBE_REDIRECT_ROUTE, or remove it");
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function authorities(): array
    {
        $file = (string) $this->config->get('cutover-probe.ca_file');

        return $this->result('authorities', is_readable($file), $file,
            "{$file} cannot be read: name the image's file of trusted certificates in CUTOVER_PROBE_CA_FILE");
    }

    /** @return array{name: string, ok: bool, text: string} */
    private function result(string $name, bool $ok, string $good, string $bad): array
    {
        return ['name' => $name, 'ok' => $ok, 'text' => $ok ? $good : $bad];
    }
}
