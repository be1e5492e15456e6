<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Signature;
use Illuminate\Testing\TestResponse;
use PHPUnit\Framework\Attributes\DataProvider;
use ReflectionMethod;

final class SignatureTest extends TestCase
{
    private const string TARGET = '/_probe/v1/whoami';

    public function test_a_signed_request_is_answered(): void
    {
        $this->signed('GET', self::TARGET)->assertOk()->assertHeader('Cache-Control', 'no-store, private');

        $this->assertSame([], $this->logged);
    }

    public function test_an_unsigned_request_is_refused(): void
    {
        $this->assertRefused($this->get(self::TARGET), 'timestamp missing or malformed');
    }

    public function test_another_key_is_refused(): void
    {
        $this->assertRefused($this->signed('GET', self::TARGET, key: str_repeat('x', 40)), 'signature does not match');
    }

    public function test_another_path_query_or_method_is_refused(): void
    {
        $sign = fn (string $method, string $target): string => (new Signature(self::KEY))
            ->of($method, $target, hash('sha256', ''), (string) now()->getTimestamp(), str_repeat('0a', 16));

        foreach ([['GET', '/_probe/v1/session'], ['GET', self::TARGET.'?a=1'], ['PUT', self::TARGET]] as [$method, $target]) {
            $this->logged = [];
            $response = $this->signed('GET', self::TARGET, overrides: ['X-Probe-Signature' => $sign($method, $target)], nonce: str_repeat('0a', 16));

            $this->assertRefused($response, 'signature does not match');
        }
    }

    public function test_another_body_is_refused(): void
    {
        $response = $this->signed('PUT', '/_probe/v1/session', '{"key":"a","value":"1"}', sentBody: '{"key":"a","value":"2"}');

        $this->assertRefused($response, 'signature does not match');
    }

    #[DataProvider('staleness')]
    public function test_a_time_stamp_outside_the_window_is_refused(int $offsetS): void
    {
        $this->freezeSecond();

        $this->assertRefused($this->signed('GET', self::TARGET, timestamp: now()->getTimestamp() + $offsetS), 'timestamp outside the window');
    }

    /** @return iterable<string, array{int}> */
    public static function staleness(): iterable
    {
        yield 'too old' => [-61];
        yield 'too far ahead' => [61];
    }

    public function test_a_time_stamp_at_the_edge_of_the_window_is_accepted(): void
    {
        $this->freezeSecond();

        $this->signed('GET', self::TARGET, timestamp: now()->getTimestamp() - 60)->assertOk();
        $this->signed('GET', self::TARGET, timestamp: now()->getTimestamp() + 60)->assertOk();
    }

    public function test_a_nonce_is_good_once(): void
    {
        $nonce = bin2hex(random_bytes(16));

        $this->signed('GET', self::TARGET, nonce: $nonce)->assertOk();
        $this->assertRefused($this->signed('GET', self::TARGET, nonce: $nonce), 'nonce used before');
    }

    public function test_a_nonce_is_remembered_for_as_long_as_its_time_stamp_is_good(): void
    {
        $this->freezeSecond();
        $nonce = bin2hex(random_bytes(16));
        $timestamp = now()->getTimestamp() + 60;

        $this->signed('GET', self::TARGET, nonce: $nonce, timestamp: $timestamp)->assertOk();
        $this->travel(120)->seconds();
        $this->assertRefused($this->signed('GET', self::TARGET, nonce: $nonce, timestamp: $timestamp), 'nonce used before');
    }

    public function test_a_refused_request_does_not_use_up_its_nonce(): void
    {
        $nonce = bin2hex(random_bytes(16));

        $this->signed('GET', self::TARGET, nonce: $nonce, key: str_repeat('x', 40))->assertUnauthorized();
        $this->signed('GET', self::TARGET, nonce: $nonce)->assertOk();
    }

    #[DataProvider('malformedHeaders')]
    public function test_a_malformed_header_is_refused(string $header, string $value, string $reason): void
    {
        $this->assertRefused($this->signed('GET', self::TARGET, overrides: [$header => $value]), $reason);
    }

    /** @return iterable<string, array{string, string, string}> */
    public static function malformedHeaders(): iterable
    {
        yield 'no time stamp' => ['X-Probe-Timestamp', '', 'timestamp missing or malformed'];
        yield 'time stamp with a sign' => ['X-Probe-Timestamp', '-1', 'timestamp missing or malformed'];
        yield 'short nonce' => ['X-Probe-Nonce', 'abc', 'nonce missing or malformed'];
        yield 'nonce with a line feed' => ['X-Probe-Nonce', str_repeat('a', 32)."\n", 'nonce missing or malformed'];
        yield 'no signature' => ['X-Probe-Signature', '', 'signature missing or malformed'];
        yield 'upper-case signature' => ['X-Probe-Signature', str_repeat('A', 64), 'signature missing or malformed'];
    }

    public function test_the_log_line_holds_neither_key_nor_signature(): void
    {
        $this->signed('GET', self::TARGET.'?token=secret-in-query', key: str_repeat('x', 40));
        $line = json_encode([$this->logged[0]->message, $this->logged[0]->context]);

        $this->assertStringNotContainsString(self::KEY, $line);
        $this->assertStringNotContainsString('secret-in-query', $line);
        $this->assertDoesNotMatchRegularExpression('/[0-9a-f]{64}/', $line);
        $this->assertSame('127.0.0.1', $this->logged[0]->context['client_ip']);
    }

    public function test_a_refused_request_starts_no_session(): void
    {
        $this->signed('GET', '/_probe/v1/session', key: str_repeat('x', 40))->assertUnauthorized()->assertCookieMissing(config('session.cookie'));
    }

    public function test_signatures_are_compared_in_constant_time(): void
    {
        $method = new ReflectionMethod(Signature::class, 'matches');
        $source = implode('', array_slice(
            file($method->getFileName()),
            $method->getStartLine(),
            $method->getEndLine() - $method->getStartLine(),
        ));

        $this->assertStringContainsString('hash_equals(', $source);
        $this->assertDoesNotMatchRegularExpression('/===?|!==?|strcmp/', $source);
    }

    public function test_the_signature_is_the_one_that_is_documented(): void
    {
        $this->assertSame(
            hash_hmac('sha256', "PUT\n/_probe/v1/session?a=%20b\n".hash('sha256', '{}')."\n1700000000\n".str_repeat('ab', 16), self::KEY),
            (new Signature(self::KEY))->of('PUT', '/_probe/v1/session?a=%20b', hash('sha256', '{}'), '1700000000', str_repeat('ab', 16)),
        );
    }

    private function assertRefused(TestResponse $response, string $reason): void
    {
        $response->assertUnauthorized()->assertExactJson(['error' => 'refused', 'reason' => $reason]);

        $this->assertCount(1, $this->logged);
        $this->assertSame('warning', $this->logged[0]->level);
        $this->assertSame('cutover-probe refused a request', $this->logged[0]->message);
        $this->assertSame($reason, $this->logged[0]->context['reason']);
    }
}
