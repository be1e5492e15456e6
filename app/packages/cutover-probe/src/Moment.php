<?php

declare(strict_types=1);

namespace CutoverProbe;

use Carbon\CarbonImmutable;
use DateTimeInterface;

/** Times with microseconds in UTC: one form for the database and one for JSON. */
final class Moment
{
    public const string DATABASE = 'Y-m-d H:i:s.u';

    private const string JSON = 'Y-m-d\TH:i:s.u\Z';

    public static function now(): string
    {
        return self::forDatabase(CarbonImmutable::now());
    }

    public static function forDatabase(DateTimeInterface $moment): string
    {
        return CarbonImmutable::instance($moment)->utc()->format(self::DATABASE);
    }

    public static function forJson(?string $stored): ?string
    {
        return $stored === null ? null : CarbonImmutable::parse($stored, 'UTC')->format(self::JSON);
    }

    /** What a client sends: ISO 8601, or seconds since 1970. */
    public static function parse(string $given): CarbonImmutable
    {
        return is_numeric($given) ? CarbonImmutable::createFromTimestampUTC($given) : CarbonImmutable::parse($given, 'UTC')->utc();
    }
}
