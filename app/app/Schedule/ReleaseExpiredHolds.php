<?php

namespace App\Schedule;

use App\Models\Hold;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;

/** Expired holds count for nothing already; this only clears them away. */
class ReleaseExpiredHolds
{
    private const int DEADLOCK_ATTEMPTS = 3;

    public function __invoke(): void
    {
        // Its index scan locks gaps, in which visitors put new holds meanwhile: MySQL may end either (1213).
        $released = DB::transaction(fn (): int => Hold::query()->expired()->delete(), attempts: self::DEADLOCK_ATTEMPTS);

        Log::info('Expired holds released', ['holds' => $released]);
    }
}
