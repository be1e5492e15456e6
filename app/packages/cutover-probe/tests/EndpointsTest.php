<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Route;

final class EndpointsTest extends TestCase
{
    use RefreshDatabase;

    private const string METADATA_URI = 'http://169.254.170.2/v4/c0ffee';

    private const string TASK_ARN = 'arn:aws:ecs:us-east-1:876000000876:task/tickets/0123456789abcdef0123456789abcdef';

    public function test_whoami_names_the_task_and_asks_for_it_once(): void
    {
        $this->runInTask();

        foreach (range(1, 2) as $request) {
            $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson([
                'task' => '0123456789abcdef0123456789abcdef',
                'task_arn' => self::TASK_ARN,
                'family' => 'tickets-web',
                'revision' => '7',
                'container_id' => 'c0ffee',
                'php' => PHP_VERSION,
            ]);
        }

        Http::assertSentCount(2);
    }

    public function test_whoami_says_null_outside_of_ecs(): void
    {
        config(['cutover-probe.metadata_uri' => null]);

        $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson(['task' => null, 'family' => null]);
    }

    public function test_whoami_has_the_query(): void
    {
        $this->signed('GET', '/_probe/v1/whoami?word=a%20b')->assertOk()->assertJson(['query' => ['word' => 'a b']]);
        $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson(['query' => []]);
    }

    public function test_whoami_says_null_and_does_not_remember_it_while_the_metadata_endpoint_fails(): void
    {
        config(['cutover-probe.metadata_uri' => self::METADATA_URI]);
        Http::fakeSequence()->pushStatus(500);
        $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson(['task' => null]);

        $this->assertDirectoryDoesNotExist(config('cutover-probe.state_path'));
    }

    public function test_whoami_names_the_task_although_it_cannot_be_remembered(): void
    {
        $this->runInTask();
        $blocked = config('cutover-probe.state_path').'-blocked';
        file_put_contents($blocked, 'a file where a directory should be');
        config(['cutover-probe.state_path' => "{$blocked}/state"]);

        $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson(['family' => 'tickets-web']);
        unlink($blocked);
    }

    public function test_whoami_shows_the_request_as_the_app_sees_it(): void
    {
        $this->signed('GET', '/_probe/v1/whoami')->assertOk()->assertJson([
            'client_ip' => '127.0.0.1',
            'secure' => false,
            'scheme' => 'http',
            'host' => 'localhost',
            'url' => 'http://localhost/x',
            'trusted_proxy' => false,
            'forwarded_for' => null,
            'forwarded_proto' => null,
        ]);
    }

    public function test_a_session_value_is_kept_under_the_own_prefix(): void
    {
        $put = $this->signedJson('PUT', '/_probe/v1/session', ['key' => 'colour', 'value' => 'grün'])->assertOk();

        $this->assertSame(hash('sha256', session()->getId()), $put->json('session'));
        $this->assertSame('grün', session('cutover_probe.colour'));
        $this->assertNull(session('_previous.url'));
    }

    public function test_session_facts(): void
    {
        config(['session.driver' => 'database']);
        $this->signedJson('PUT', '/_probe/v1/session', ['key' => 'colour', 'value' => 'green'])->assertOk();
        $this->withCookie(config('session.cookie'), session()->getId());

        $this->signed('GET', '/_probe/v1/session')->assertOk()->assertJson([
            'driver' => 'database',
            'cookie' => config('session.cookie'),
            'session' => hash('sha256', session()->getId()),
            'values' => ['colour' => 'green'],
            'row' => true,
            'files' => 0,
        ]);
    }

    public function test_routes_that_start_a_session_are_counted(): void
    {
        $count = fn (): int => $this->signed('GET', '/_probe/v1/session')->assertOk()->json('routes');
        $before = $count();
        $this->assertGreaterThan(0, $before);

        Route::get('/with-a-session', fn (): string => '')->middleware('web');
        $this->assertSame($before + 1, $count());

        Route::get('/with-a-token', fn (): string => '')->middleware('api');
        Route::get('/sanctum/csrf-cookie', fn (): string => '')->middleware('web')->name('sanctum.csrf-cookie');
        Route::getRoutes()->refreshNameLookups();
        $this->assertSame($before + 1, $count());
    }

    public function test_no_values_are_an_empty_object(): void
    {
        $this->assertStringContainsString('"values":{}', $this->signed('GET', '/_probe/v1/session')->assertOk()->getContent());
    }

    public function test_a_session_key_is_checked(): void
    {
        $this->signedJson('PUT', '/_probe/v1/session', ['key' => 'a.b', 'value' => 'x'])->assertUnprocessable()->assertJsonValidationErrorFor('key');
        $this->signedJson('PUT', '/_probe/v1/session', ['key' => 'a'])->assertUnprocessable()->assertJsonValidationErrorFor('value');
    }

    public function test_database_facts(): void
    {
        $this->signed('GET', '/_probe/v1/database')->assertOk()->assertJsonStructure([
            'task', 'connection', 'driver', 'host', 'port', 'database', 'user', 'server', 'server_version', 'tls_version', 'tls_cipher', 'ca', 'verify',
        ]);
    }

    public function test_slow_takes_as_long_as_it_is_told(): void
    {
        $start = hrtime(true);
        $this->signed('GET', '/_probe/v1/slow?seconds=0.2')->assertOk()->assertJson(['seconds' => 0.2]);

        $this->assertGreaterThanOrEqual(0.2, (hrtime(true) - $start) / 1e9);
    }

    public function test_slow_has_a_limit(): void
    {
        $this->signed('GET', '/_probe/v1/slow?seconds=121')->assertUnprocessable()->assertJsonValidationErrorFor('seconds');
    }

    public function test_a_health_check_of_any_route_fails_on_demand_and_no_visitor_does(): void
    {
        $checker = ['User-Agent' => 'ELB-HealthChecker/2.0'];
        $this->signedJson('PUT', '/_probe/v1/health', ['healthy' => false])->assertOk();
        $this->get('/_probe/v1/unknown', $checker)->assertInternalServerError();
        $this->get('/_probe/v1/unknown')->assertNotFound();

        $this->signedJson('PUT', '/_probe/v1/health', ['healthy' => true])->assertOk();
        $this->get('/_probe/v1/unknown', $checker)->assertNotFound();
    }

    public function test_the_health_route_fails_on_demand(): void
    {
        $this->get('/healthz')->assertOk();

        $this->signedJson('PUT', '/_probe/v1/health', ['healthy' => false])->assertOk()->assertJson(['healthy' => false]);
        $this->get('/healthz')->assertInternalServerError();

        $this->signedJson('PUT', '/_probe/v1/health', ['healthy' => true])->assertOk()->assertJson(['healthy' => true]);
        $this->get('/healthz')->assertOk();
    }

    public function test_redirect_goes_to_the_named_route_or_the_root(): void
    {
        $this->assertNull(config('cutover-probe.redirect_route'));
        $this->signed('GET', '/_probe/v1/redirect')->assertRedirect(url('/'));

        config(['cutover-probe.redirect_route' => 'no such route']);
        $this->signed('GET', '/_probe/v1/redirect')->assertRedirect(url('/'));

        config(['cutover-probe.redirect_route' => 'login']);
        $this->signed('GET', '/_probe/v1/redirect')->assertRedirect(url('/login'));
    }

    private function runInTask(): void
    {
        config(['cutover-probe.metadata_uri' => self::METADATA_URI]);
        Http::preventStrayRequests();
        Http::fake([
            self::METADATA_URI => Http::response(['DockerId' => 'c0ffee']),
            self::METADATA_URI.'/task' => Http::response(['TaskARN' => self::TASK_ARN, 'Family' => 'tickets-web', 'Revision' => '7']),
        ]);
    }
}
