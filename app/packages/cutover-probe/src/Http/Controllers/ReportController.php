<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\TaskReader;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Http\JsonResponse;

/** The report of a command of the probe, for a client that can run no command in a task. */
final readonly class ReportController
{
    public function __construct(private Kernel $artisan, private TaskReader $reader) {}

    public function __invoke(string $report): JsonResponse
    {
        $this->artisan->call("cutover-probe:{$report}");

        return response()->json([
            'task' => $this->reader->current()->id(),
            'report' => json_decode($this->artisan->output(), true, flags: JSON_THROW_ON_ERROR),
        ]);
    }
}
