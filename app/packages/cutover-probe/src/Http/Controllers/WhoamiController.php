<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\TaskReader;
use Illuminate\Foundation\Application;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

/** Which task answered, and how the request looks to it. */
final class WhoamiController
{
    public function __invoke(Request $request, TaskReader $reader, Application $app): JsonResponse
    {
        $task = $reader->current();

        return response()->json([
            'task' => $task->id(),
            'task_arn' => $task->arn,
            'family' => $task->family,
            'revision' => $task->revision,
            'container_id' => $task->containerId,
            'client_ip' => $request->ip(),
            'peer' => $request->server('REMOTE_ADDR'),
            'secure' => $request->secure(),
            'scheme' => $request->getScheme(),
            'host' => $request->getHttpHost(),
            'query' => $request->query->all(),
            'url' => url('/x'),
            'trusted_proxy' => $request->isFromTrustedProxy(),
            'forwarded_for' => $request->headers->get('X-Forwarded-For'),
            'forwarded_proto' => $request->headers->get('X-Forwarded-Proto'),
            'php' => PHP_VERSION,
            'sapi' => PHP_SAPI,
            'laravel' => $app->version(),
            'vendor' => $this->vendorSource($app),
        ]);
    }

    /** Composer makes vendor/ unless whoever made it left a note that says otherwise. */
    private function vendorSource(Application $app): string
    {
        $note = $app->basePath('vendor/vendor-source');

        return is_file($note) ? trim((string) file_get_contents($note)) : 'composer';
    }
}
