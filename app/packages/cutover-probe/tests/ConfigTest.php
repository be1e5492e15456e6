<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use PHPUnit\Framework\Attributes\TestWith;

final class ConfigTest extends TestCase
{
    protected function tearDown(): void
    {
        putenv('CUTOVER_PROBE_NONCE_STORE');
        putenv('PROBE_NONCE_STORE');

        parent::tearDown();
    }

    #[TestWith(['CUTOVER_PROBE_NONCE_STORE'])]
    #[TestWith(['PROBE_NONCE_STORE'])]
    public function test_a_variable_has_its_name_and_its_old_one(string $variable): void
    {
        putenv("$variable=redis");

        $this->assertSame('redis', $this->read()['nonce_store']);
    }

    public function test_the_new_name_wins(): void
    {
        putenv('PROBE_NONCE_STORE=old');
        putenv('CUTOVER_PROBE_NONCE_STORE=new');

        $this->assertSame('new', $this->read()['nonce_store']);
    }

    public function test_nothing_of_an_app_is_in_the_defaults(): void
    {
        $this->assertNull($this->read()['redirect_route']);
    }

    /** @return array<string, mixed> */
    private function read(): array
    {
        return require dirname(__DIR__).'/config/cutover-probe.php';
    }
}
