<?php

declare(strict_types=1);

namespace CutoverProbe;

/** A sleep that lasts as long as it says: PHP's own ends early when a signal arrives, such as the one to finish and stop. */
final class Pause
{
    private const int STEP_US = 50_000;

    private const int NS_PER_US = 1_000;

    public static function for(float $seconds): void
    {
        $endNs = hrtime(true) + (int) ($seconds * 1e9);

        while (($leftNs = $endNs - hrtime(true)) > 0) {
            usleep(min(self::STEP_US, intdiv($leftNs, self::NS_PER_US) + 1));
        }
    }
}
