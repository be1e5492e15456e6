<?php

namespace App\Schedule;

use App\Models\Hold;
use Illuminate\Support\Facades\Log;

/** Expired holds count for nothing already; this only clears them away. */
class ReleaseExpiredHolds
{
    public function __invoke(): void
    {
        $released = Hold::query()->expired()->delete();

        Log::info('Expired holds released', ['holds' => $released]);
    }
}
