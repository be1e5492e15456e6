<?php

declare(strict_types=1);

namespace CutoverProbe;

use SensitiveParameter;

/** The HMAC that a signed request carries. */
final readonly class Signature
{
    public const int MIN_KEY_LENGTH = 32;

    public function __construct(#[SensitiveParameter] private string $key) {}

    public static function accepts(#[SensitiveParameter] mixed $key): bool
    {
        return is_string($key) && strlen($key) >= self::MIN_KEY_LENGTH;
    }

    /** @param  string  $target  path and query exactly as sent */
    public function of(string $method, string $target, string $bodySha256, string $timestamp, string $nonce): string
    {
        return hash_hmac('sha256', implode("\n", [$method, $target, $bodySha256, $timestamp, $nonce]), $this->key);
    }

    /** Compare in constant time: how long it takes says nothing about how much was right. */
    public function matches(string $given, string $method, string $target, string $bodySha256, string $timestamp, string $nonce): bool
    {
        return hash_equals($this->of($method, $target, $bodySha256, $timestamp, $nonce), $given);
    }
}
