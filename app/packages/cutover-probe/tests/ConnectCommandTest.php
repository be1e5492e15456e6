<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Support\Facades\Artisan;

final class ConnectCommandTest extends TestCase
{
    public function test_a_refusal_is_a_result_and_not_a_failure(): void
    {
        $status = Artisan::call('cutover-probe:connect', ['--host' => '127.0.0.1', '--port' => '9', '--tls' => 'off', '--timeout' => '1', '--json' => true]);
        $result = json_decode(Artisan::output(), true);

        $this->assertSame(0, $status);
        $this->assertFalse($result['ok']);
        $this->assertNotSame('', $result['error']);
        $this->assertNull($result['tls_version']);
        $this->assertNull($result['tls_cipher']);
    }
}
