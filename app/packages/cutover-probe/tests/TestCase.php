<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Signature;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Foundation\Testing\TestCase as BaseTestCase;
use Illuminate\Log\Events\MessageLogged;
use Illuminate\Support\Facades\Event;
use Illuminate\Testing\TestResponse;

/** Boots the app that the package is installed in, with a key for the probe. */
abstract class TestCase extends BaseTestCase
{
    protected const string KEY = 'a key for tests that is long enough to be accepted';

    protected ?string $key = self::KEY;

    protected string $path = '';

    /** @var list<MessageLogged> */
    protected array $logged = [];

    public function createApplication(): Application
    {
        $app = require dirname(__DIR__, 3).'/bootstrap/app.php';
        $app->beforeBootstrapping(RegisterProviders::class, function (Application $app): void {
            $app['config']->set([
                'cutover-probe.key' => $this->key,
                'cutover-probe.path' => $this->path,
                'cutover-probe.state_path' => sys_get_temp_dir().'/cutover-probe-'.getmypid(),
                'logging.default' => 'null',
            ]);
        });
        $app->make(Kernel::class)->bootstrap();

        return $app;
    }

    protected function setUp(): void
    {
        parent::setUp();

        // Another test may have made the database while the probe was off.
        if (in_array(RefreshDatabase::class, class_uses_recursive($this), true)) {
            $this->artisan('migrate')->run();
        }

        Event::listen(MessageLogged::class, function (MessageLogged $message): void {
            $this->logged[] = $message;
        });
    }

    protected function tearDown(): void
    {
        $this->app['files']->deleteDirectory($this->app['config']->get('cutover-probe.state_path'));

        parent::tearDown();
    }

    /**
     * A request as a client signs it; `$overrides` replaces headers after signing.
     *
     * @param  array<string, string>  $overrides
     */
    protected function signed(
        string $method,
        string $target,
        string $body = '',
        array $overrides = [],
        ?int $timestamp = null,
        ?string $nonce = null,
        string $key = self::KEY,
        ?string $sentBody = null,
    ): TestResponse {
        $timestamp = (string) ($timestamp ?? now()->getTimestamp());
        $nonce ??= bin2hex(random_bytes(16));
        $headers = [
            'X-Probe-Timestamp' => $timestamp,
            'X-Probe-Nonce' => $nonce,
            'X-Probe-Signature' => (new Signature($key))->of($method, $target, hash('sha256', $body), $timestamp, $nonce),
            'Content-Type' => 'application/json',
            ...$overrides,
        ];

        return $this->call($method, $target, [], $this->cookies(), [], $this->transformHeadersToServerVars($headers), $sentBody ?? $body);
    }

    /** @param  array<string, mixed>  $body */
    protected function signedJson(string $method, string $target, array $body): TestResponse
    {
        return $this->signed($method, $target, (string) json_encode($body));
    }

    /** @return array<string, string> */
    protected function cookies(): array
    {
        return $this->prepareCookiesForRequest();
    }
}
