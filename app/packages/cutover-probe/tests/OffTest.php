<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Http\Middleware\VerifySignature;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Artisan;
use PHPUnit\Framework\Attributes\DataProvider;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

final class OffTest extends TestCase
{
    protected ?string $key = null;

    /** @return iterable<string, array{string, string}> */
    public static function endpoints(): iterable
    {
        yield 'whoami' => ['GET', '/_probe/v1/whoami'];
        yield 'session' => ['GET', '/_probe/v1/session'];
        yield 'session put' => ['PUT', '/_probe/v1/session'];
        yield 'database' => ['GET', '/_probe/v1/database'];
        yield 'slow' => ['GET', '/_probe/v1/slow?seconds=1'];
        yield 'health' => ['PUT', '/_probe/v1/health'];
        yield 'redirect' => ['GET', '/_probe/v1/redirect'];
        yield 'facts' => ['GET', '/_probe/v1/facts'];
        yield 'file put' => ['PUT', '/_probe/v1/files/a'];
        yield 'file' => ['GET', '/_probe/v1/files/a'];
        yield 'file delete' => ['DELETE', '/_probe/v1/files/a'];
        yield 'temporary address' => ['GET', '/_probe/v1/files/a/temporary-url'];
        yield 'mail' => ['POST', '/_probe/v1/mail'];
        yield 'jobs' => ['POST', '/_probe/v1/jobs'];
        yield 'job' => ['GET', '/_probe/v1/jobs/a'];
        yield 'runs' => ['GET', '/_probe/v1/runs'];
        yield 'ticks' => ['GET', '/_probe/v1/ticks'];
    }

    #[DataProvider('endpoints')]
    public function test_every_address_is_unknown_without_a_key(string $method, string $target): void
    {
        $this->signed($method, $target, '{}')->assertNotFound();

        $this->assertSame([], $this->logged);
    }

    public function test_no_command_is_registered_without_a_key(): void
    {
        $this->assertArrayNotHasKey('cutover-probe:connect', Artisan::all());
        $this->assertArrayNotHasKey('cutover-probe:log', Artisan::all());
        $this->assertArrayNotHasKey('cutover-probe:schedule', Artisan::all());
    }

    public function test_what_helps_to_install_it_is_there_without_a_key(): void
    {
        $this->assertArrayHasKey('cutover:install', Artisan::all());
        $this->assertArrayHasKey('cutover:doctor', Artisan::all());
    }

    public function test_routes_of_an_older_route_cache_are_unknown_too(): void
    {
        $this->expectException(NotFoundHttpException::class);

        $this->app->make(VerifySignature::class)->handle(
            Request::create('/_probe/v1/whoami'),
            fn () => $this->fail('The request was let through.'),
        );
    }

    public function test_a_key_that_is_too_short_does_not_switch_the_probe_on(): void
    {
        $this->key = 'short';
        $this->refreshApplication();

        $this->signed('GET', '/_probe/v1/whoami', key: 'short')->assertNotFound();
    }
}
