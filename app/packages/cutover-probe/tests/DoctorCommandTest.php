<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Schema;
use PHPUnit\Framework\Attributes\DataProvider;

final class DoctorCommandTest extends TestCase
{
    use RefreshDatabase;

    protected function setUp(): void
    {
        parent::setUp();

        config()->set(['cache.default' => 'database', 'cutover-probe.ca_file' => __FILE__]);
    }

    /** @return array{int, array<string, array{name: string, ok: bool, text: string}>} */
    private function doctor(): array
    {
        $status = Artisan::call('cutover:doctor', ['--json' => true]);

        return [$status, array_column(json_decode(Artisan::output(), true), null, 'name')];
    }

    public function test_all_is_well(): void
    {
        [$status, $results] = $this->doctor();

        $this->assertSame([], array_filter($results, fn (array $result): bool => ! $result['ok']));
        $this->assertSame(0, $status);
        $this->assertSame('kept in the store database', $results['nonces']['text']);
    }

    /** @return iterable<string, array{string, array<string, mixed>, string}> */
    public static function faults(): iterable
    {
        yield 'no key' => ['key', ['cutover-probe.key' => null], 'CUTOVER_PROBE_KEY as a secret'];
        yield 'a short key' => ['key', ['cutover-probe.key' => 'short'], 'shorter than 32 characters'];
        yield 'a store of one task' => ['nonces', ['cache.default' => 'file'], 'name one that is in CUTOVER_PROBE_NONCE_STORE'];
        yield 'an unknown store' => ['nonces', ['cutover-probe.nonce_store' => 'nope'], 'the cache store nope'];
        yield 'an unknown route' => ['redirect', ['cutover-probe.redirect_route' => 'nope'], 'there is no route nope'];
        yield 'no certificates' => ['authorities', ['cutover-probe.ca_file' => '/no/such'], 'CUTOVER_PROBE_CA_FILE'];
    }

    /** @param  array<string, mixed>  $config */
    #[DataProvider('faults')]
    public function test_a_fault_is_named_with_its_remedy(string $check, array $config, string $text): void
    {
        config()->set($config);
        [$status, $results] = $this->doctor();

        $this->assertSame(1, $status);
        $this->assertFalse($results[$check]['ok']);
        $this->assertStringContainsString($text, $results[$check]['text']);
        $this->assertCount(1, array_filter($results, fn (array $result): bool => ! $result['ok']));
    }

    public function test_missing_tables_are_named(): void
    {
        Schema::drop('cutover_probe_ticks');
        [, $results] = $this->doctor();

        $this->assertStringContainsString('missing: cutover_probe_ticks; run php artisan migrate', $results['tables']['text']);
    }

    public function test_a_person_reads_a_line_for_each_check(): void
    {
        Artisan::call('cutover:doctor');

        $this->assertMatchesRegularExpression('/^ok +key +the probe is on$/m', Artisan::output());
    }

    public function test_about_has_a_section(): void
    {
        Artisan::call('about', ['--only' => 'cutover_probe', '--json' => true]);
        $section = json_decode(Artisan::output(), true)['cutover_probe'];

        $this->assertTrue($section['probe']);
        $this->assertSame('database', $section['nonces']);
    }
}
