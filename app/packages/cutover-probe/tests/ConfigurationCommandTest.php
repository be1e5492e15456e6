<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Mail;

final class ConfigurationCommandTest extends TestCase
{
    public function test_it_prints_what_there_is_and_no_credential(): void
    {
        $this->app['config']->set([
            'database.connections.reports' => ['driver' => 'mysql', 'host' => 'reports.example', 'username' => 'someone', 'password' => 'a password'],
            'database.redis' => ['client' => 'phpredis', 'default' => ['host' => '127.0.0.1', 'password' => 'a password'], 'cache' => ['url' => 'tls://someone:password@cache.example:6379']],
            'mail.mailers.news' => ['transport' => 'smtp', 'url' => 'smtp://someone:a%20password@mail.example:587', 'password' => 'a password'],
        ]);

        $status = Artisan::call('cutover-probe:configuration');

        $output = Artisan::output();
        $this->assertSame(0, $status);
        $this->assertStringNotContainsString('password', $output);
        $this->assertStringNotContainsString('someone', $output);
        $printed = json_decode($output, true);
        $this->assertSame(['driver' => 'mysql', 'host' => 'reports.example'], $printed['resources']['database']['reports']);
        $this->assertSame(['transport' => 'smtp', 'host' => 'mail.example', 'port' => 587], $printed['resources']['mailer']['news']);
        $this->assertSame(['default' => ['host' => '127.0.0.1'], 'cache' => ['host' => 'cache.example']], $printed['resources']['redis']);
        $this->assertSame(['driver' => 'null'], $printed['resources']['store']['null']);
        $this->assertSame(config('database.default'), $printed['defaults']['database']);
    }

    public function test_it_prints_the_address_that_every_mail_goes_to(): void
    {
        Artisan::call('cutover-probe:configuration');
        $this->assertNull(json_decode(Artisan::output(), true)['mail_to']);

        Mail::alwaysTo('developer@example.com');
        Artisan::call('cutover-probe:configuration');

        $this->assertSame('developer@example.com', json_decode(Artisan::output(), true)['mail_to']);
    }
}
