<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\HealthSwitch;
use CutoverProbe\TaskReader;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

final class HealthController
{
    public function update(Request $request, HealthSwitch $switch, TaskReader $reader): JsonResponse
    {
        $switch->set((bool) $request->validate(['healthy' => ['required', 'boolean']])['healthy']);

        return response()->json(['task' => $reader->current()->id(), 'healthy' => $switch->isHealthy()]);
    }
}
