<?php

namespace Tests\Vendor;

use PHPUnit\Framework\TestCase;

/** The vendor tree holds what the app's own packages say, whichever of the two images it came from. */
class VendorTreeTest extends TestCase
{
    public function test_it_says_where_it_came_from(): void
    {
        $this->assertContains(trim(file_get_contents($this->root().'/vendor/vendor-source')), ['composer', 'debian']);
    }

    public function test_laravel_discovers_the_providers_of_our_packages(): void
    {
        $installed = json_decode(file_get_contents($this->root().'/vendor/composer/installed.json'), true)['packages'];
        $discovered = array_column(array_map(static fn (array $package): array => [
            $package['name'], $package['extra']['laravel']['providers'] ?? [],
        ], $installed), 1, 0);

        foreach (glob($this->root().'/packages/*/composer.json') as $file) {
            $package = json_decode(file_get_contents($file), true);

            $this->assertSame($package['extra']['laravel']['providers'], $discovered[$package['name']]);
            array_map(fn (string $provider) => $this->assertTrue(class_exists($provider)), $package['extra']['laravel']['providers']);
        }
    }

    private function root(): string
    {
        return dirname(__DIR__, 2);
    }
}
