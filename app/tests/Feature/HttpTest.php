<?php

namespace Tests\Feature;

use App\Models\Event;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\DB;
use Tests\TestCase;

class HttpTest extends TestCase
{
    use RefreshDatabase;

    public function test_the_health_route_needs_neither_database_nor_session(): void
    {
        DB::listen(fn () => $this->fail('The health route used the database.'));

        $this->get('/healthz')->assertOk()->assertCookieMissing(config('session.cookie'));
    }

    public function test_addresses_are_https_behind_the_load_balancer(): void
    {
        $event = Event::factory()->create();
        config(['trustedproxy.proxies' => '10.0.1.0/24']);

        $this->fromLoadBalancer('10.0.1.20')->get('http://tickets.876events.example/')
            ->assertOk()
            ->assertSee("https://tickets.876events.example/events/{$event->slug}", false)
            ->assertSee('https://tickets.876events.example/css/app.css', false)
            ->assertDontSee('http://tickets');

        $this->fromLoadBalancer('10.0.1.20')->get('http://tickets.876events.example/orders')
            ->assertRedirect('https://tickets.876events.example/login');
    }

    public function test_others_are_not_believed(): void
    {
        config(['trustedproxy.proxies' => '10.0.1.0/24']);

        $this->fromLoadBalancer('203.0.113.9')->get('http://tickets.876events.example/')->assertDontSee('https://tickets');
    }

    public function test_the_forwarded_host_is_not_believed(): void
    {
        config(['trustedproxy.proxies' => '10.0.1.0/24']);

        $this->fromLoadBalancer('10.0.1.20')->withHeader('X-Forwarded-Host', 'evil.example')
            ->get('http://tickets.876events.example/')
            ->assertDontSee('evil.example');
    }

    public function test_a_form_without_its_token_is_refused(): void
    {
        $this->app['env'] = 'production';

        $this->post('/login', ['email' => 'a@b.example', 'password' => 'x'])->assertStatus(419)->assertSee('The page has expired');
    }

    public function test_a_cookie_that_was_tampered_with_is_a_new_visitor(): void
    {
        $this->disableCookieEncryption()->withCookie(config('session.cookie'), 'eyJpdiI6InRhbXBlcmVkIn0=')->get('/')->assertOk();
    }

    public function test_an_error_page_reveals_nothing(): void
    {
        config(['app.debug' => false]);
        DB::statement('drop table events');

        $this->get('/')
            ->assertInternalServerError()
            ->assertSee('Something went wrong here')
            ->assertDontSee('events.starts_at')
            ->assertDontSee('SQLSTATE');
    }

    private function fromLoadBalancer(string $address): static
    {
        return $this->withServerVariables(['REMOTE_ADDR' => $address])->withHeaders([
            'X-Forwarded-For' => '198.51.100.7',
            'X-Forwarded-Proto' => 'https',
            'X-Forwarded-Port' => '443',
        ]);
    }
}
