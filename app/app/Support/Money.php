<?php

namespace App\Support;

/** Jamaican dollars, kept as cents. */
class Money
{
    public static function format(int $cents): string
    {
        return 'J$'.number_format($cents / 100, $cents % 100 === 0 ? 0 : 2);
    }
}
