<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\Moment;
use CutoverProbe\TaskReader;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

/** What the scheduler ran, for which minute and in which task. */
final class TickController
{
    private const int MAX_ROWS = 1_000;

    public function __invoke(Request $request, Database $database, TaskReader $reader): JsonResponse
    {
        $input = $request->validate(['name' => ['string', 'max:255'], 'since' => ['string', 'max:40']]);
        $ticks = $database->connection()->table('cutover_probe_ticks')
            ->when(isset($input['name']), fn ($query) => $query->where('name', $input['name']))
            ->when(isset($input['since']), fn ($query) => $query->where('started_at', '>=', Moment::forDatabase(Moment::parse($input['since']))))
            ->orderBy('id')
            ->limit(self::MAX_ROWS)
            ->get();

        return response()->json([
            'task' => $reader->current()->id(),
            'ticks' => $ticks->map(fn (object $tick): array => [
                'name' => $tick->name,
                'task' => $tick->task,
                'minute' => Moment::forJson($tick->minute),
                'started_at' => Moment::forJson($tick->started_at),
                'ended_at' => Moment::forJson($tick->ended_at),
                'outcome' => $tick->outcome,
                'error' => $tick->error,
            ])->all(),
        ]);
    }
}
