<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Support\Facades\Artisan;

final class LogCommandTest extends TestCase
{
    public function test_the_error_carries_the_sign(): void
    {
        $status = Artisan::call('cutover-probe:log', ['sign' => 'harness-1']);

        $this->assertSame(0, $status);
        $this->assertSame('error', $this->logged[0]->level);
        $this->assertSame(['sign' => 'harness-1'], $this->logged[0]->context);
    }
}
