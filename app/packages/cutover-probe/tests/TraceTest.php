<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Listeners\CarryTrace;
use Illuminate\Support\Facades\Context;
use PHPUnit\Framework\Attributes\TestWith;

final class TraceTest extends TestCase
{
    private const string TRACE = '0123456789abcdef0123456789abcdef';

    public function test_a_request_with_a_trace_gives_it_to_the_log_and_to_jobs(): void
    {
        $this->get('/up', [CarryTrace::HEADER => self::TRACE]);

        $this->assertSame(self::TRACE, Context::get(CarryTrace::KEY));
        $this->assertSame(self::TRACE, unserialize(Context::dehydrate()['data'][CarryTrace::KEY]));
    }

    #[TestWith([''])]
    #[TestWith(['someone else'])]
    #[TestWith([self::TRACE."\n"])]
    public function test_anything_else_in_the_header_is_left_alone(string $header): void
    {
        $this->get('/up', [CarryTrace::HEADER => $header]);

        $this->assertFalse(Context::has(CarryTrace::KEY));
    }
}
