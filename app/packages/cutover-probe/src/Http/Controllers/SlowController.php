<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\Pause;
use CutoverProbe\TaskReader;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

/** Answers late: for idle time-outs and for requests in flight while a task stops. */
final class SlowController
{
    private const int MAX_S = 120;

    public function __invoke(Request $request, TaskReader $reader): JsonResponse
    {
        $seconds = (float) $request->validate([
            'seconds' => ['required', 'numeric', 'min:0', 'max:'.self::MAX_S],
        ])['seconds'];
        Pause::for($seconds);

        return response()->json(['task' => $reader->current()->id(), 'seconds' => $seconds]);
    }
}
