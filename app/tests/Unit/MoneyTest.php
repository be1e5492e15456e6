<?php

namespace Tests\Unit;

use App\Support\Money;
use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

class MoneyTest extends TestCase
{
    #[TestWith([0, 'J$0'])]
    #[TestWith([4_500_00, 'J$4,500'])]
    #[TestWith([4_500_05, 'J$4,500.05'])]
    #[TestWith([1_234_567_89, 'J$1,234,567.89'])]
    public function test_cents_are_shown_only_where_there_are_some(int $cents, string $text): void
    {
        $this->assertSame($text, Money::format($cents));
    }
}
