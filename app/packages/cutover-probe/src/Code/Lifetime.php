<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** A length of time as code writes it out: now()->addDays(3), 900, or 60 * 15; one that is computed is not read. */
final class Lifetime
{
    private const string FROM_NOW = '/\badd(Second|Minute|Hour|Day|Week|Month|Year)(?:s \( (\d[\d_]*) \)| \( \))\z/';

    private const string NUMBER = '/\A\d[\d_]*(?: \* \d[\d_]*)*\z/';

    private const array SECONDS = ['Second' => 1, 'Minute' => 60, 'Hour' => 3600, 'Day' => 86400, 'Week' => 604800, 'Month' => 2592000, 'Year' => 31536000];

    /** The seconds that an argument's code stands for; null where it is neither. */
    public static function seconds(string $code): ?int
    {
        if (preg_match(self::FROM_NOW, $code, $match) === 1) {
            return self::SECONDS[$match[1]] * (int) str_replace('_', '', $match[2] ?? '1');
        }

        return preg_match(self::NUMBER, $code) === 1 ? self::product($code) : null;
    }

    /** The product of whole numbers, as in 60 * 60 * 24. */
    public static function product(string $numbers): int
    {
        return (int) array_product(explode(' * ', str_replace('_', '', $numbers)));
    }
}
