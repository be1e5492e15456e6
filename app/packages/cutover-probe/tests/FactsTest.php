<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

final class FactsTest extends TestCase
{
    public function test_facts_tell_names_and_no_values(): void
    {
        putenv('CUTOVER_PROBE_TEST=a value that must not leave');

        $response = $this->signed('GET', '/_probe/v1/facts')->assertOk()->assertJsonStructure([
            'task', 'environment', 'debug', 'uid', 'cached' => ['config', 'events', 'routes'], 'opcache' => ['enabled', 'validate_timestamps', 'full'],
            'drivers', 'app_key_fingerprint', 'environment_variables', 'extensions', 'error_log_file', 'php',
        ]);
        putenv('CUTOVER_PROBE_TEST');

        $this->assertContains('CUTOVER_PROBE_TEST', $response->json('environment_variables'));
        $this->assertStringNotContainsString('a value that must not leave', $response->getContent());
        $this->assertStringNotContainsString(config('app.key'), $response->getContent());
        $this->assertMatchesRegularExpression('/\A[0-9a-f]{16}\z/', $response->json('app_key_fingerprint'));
    }
}
