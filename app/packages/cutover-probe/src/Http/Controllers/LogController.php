<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Psr\Log\LoggerInterface;

/** Logs an error, as the app's exception handler does with what nobody caught. */
final readonly class LogController
{
    public function __invoke(Request $request, TaskReader $reader, Config $config, LoggerInterface $log): JsonResponse
    {
        $input = $request->validate([
            'sign' => ['required', 'string', 'regex:/\A[\w-]{1,80}\z/'],
            'size' => ['integer', 'between:0,65536'],
        ]);
        $filler = str_repeat('.', (int) ($input['size'] ?? 0));
        $log->error('cutover-probe was told to log an error', ['sign' => $input['sign'], 'filler' => $filler]);

        $channel = $config->get('logging.default');

        return response()->json([
            'task' => $reader->current()->id(),
            'channel' => $channel,
            'level' => $config->get("logging.channels.{$channel}.level"),
        ]);
    }
}
