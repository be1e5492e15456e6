<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\SessionRoutes;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

/** Puts values into the visitor's session, under a prefix of its own, and says where the session is kept. */
final readonly class SessionController
{
    private const string PREFIX = 'cutover_probe';

    public function __construct(
        private TaskReader $reader,
        private Config $config,
        private Database $database,
        private Filesystem $files,
        private SessionRoutes $routes,
    ) {}

    public function update(Request $request): JsonResponse
    {
        $input = $request->validate([
            'key' => ['required', 'string', 'regex:/\A[A-Za-z0-9_-]{1,64}\z/'],
            'value' => ['present', 'nullable', 'string', 'max:4096'],
        ]);
        $request->session()->put(self::PREFIX.'.'.$input['key'], $input['value']);

        return response()->json([
            'task' => $this->reader->current()->id(),
            'session' => $this->digest($request),
        ]);
    }

    public function show(Request $request): JsonResponse
    {
        return response()->json([
            'task' => $this->reader->current()->id(),
            'session' => $this->digest($request),
            'driver' => $this->config->get('session.driver'),
            'cookie' => $this->config->get('session.cookie'),
            'values' => (object) $request->session()->get(self::PREFIX, []),
            'row' => $this->isRow($request->session()->getId()),
            'files' => $this->fileCount(),
            'routes' => $this->routes->count(),
        ]);
    }

    /** The id itself is as good as the cookie, so it never leaves. */
    private function digest(Request $request): string
    {
        return hash('sha256', $request->session()->getId());
    }

    private function isRow(string $id): bool
    {
        if ($this->config->get('session.driver') !== 'database') {
            return false;
        }

        return $this->database->connection($this->config->get('session.connection'))
            ->table($this->config->get('session.table'))
            ->where('id', $id)
            ->exists();
    }

    private function fileCount(): int
    {
        $directory = (string) $this->config->get('session.files');

        return $this->files->isDirectory($directory) ? count($this->files->files($directory)) : 0;
    }
}
