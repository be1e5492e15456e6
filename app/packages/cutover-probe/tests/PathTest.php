<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

final class PathTest extends TestCase
{
    protected string $path = '/shop/';

    public function test_the_addresses_are_below_the_path_alone(): void
    {
        $this->signed('GET', '/shop/_probe/v1/whoami')->assertOk();
        $this->signed('GET', '/_probe/v1/whoami')->assertNotFound();
    }
}
