<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Filesystem\Factory as Disks;
use Illuminate\Filesystem\FilesystemAdapter;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use League\Flysystem\FilesystemException;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/** Stores, reads and removes files on the app's default disk, under a prefix of its own. */
final readonly class FileController
{
    private const string PREFIX = 'cutover-probe/';

    private const int MAX_LINK_S = 3600;

    public function __construct(private TaskReader $reader, private Config $config, private Disks $disks) {}

    public function update(Request $request, string $key): JsonResponse
    {
        // A file of known size: a store must be told how much is coming. Large bodies wait on disk and not in memory.
        $body = fopen('php://temp', 'r+b');
        $bytes = stream_copy_to_stream($request->getContent(asResource: true), $body);
        rewind($body);
        $hash = hash_init('sha256');
        hash_update_stream($hash, $body);
        rewind($body);

        $type = $request->headers->get('Content-Type', 'application/octet-stream');

        return $this->attempt($key, function () use ($key, $body, $bytes, $hash, $type): array {
            $stored = $this->disk()->put(self::PREFIX.$key, $body, ['ContentType' => $type]);

            // A disk may have a folder of its own in the bucket.
            return ['stored' => $stored, 'object' => $this->disk()->path(self::PREFIX.$key), 'bytes' => $bytes, 'sha256' => hash_final($hash)];
        });
    }

    public function show(string $key): Response
    {
        try {
            $stream = $this->disk()->readStream(self::PREFIX.$key);
        } catch (FilesystemException) {
            $stream = null;
        }

        abort_if($stream === null, Response::HTTP_NOT_FOUND, 'There is no such file, or the disk did not answer.');

        return response()->stream(fn () => fpassthru($stream), headers: [
            'Content-Type' => 'application/octet-stream',
            'X-Probe-Task' => (string) $this->reader->current()->id(),
        ]);
    }

    public function destroy(string $key): JsonResponse
    {
        return $this->attempt($key, fn (): array => ['deleted' => $this->disk()->delete(self::PREFIX.$key)]);
    }

    public function temporaryUrl(Request $request, string $key): JsonResponse
    {
        $seconds = (int) ($request->validate(['seconds' => ['integer', 'min:1', 'max:'.self::MAX_LINK_S]])['seconds'] ?? 60);
        $expiresAt = now()->addSeconds($seconds);

        return $this->attempt($key, fn (): array => [
            'url' => $this->disk()->temporaryUrl(self::PREFIX.$key, $expiresAt),
            'expires_at' => $expiresAt->utc()->toIso8601ZuluString(),
        ]);
    }

    /** @param  callable(): array<string, mixed>  $work */
    private function attempt(string $key, callable $work): JsonResponse
    {
        $facts = [
            'task' => $this->reader->current()->id(),
            'disk' => $this->config->get('filesystems.default'),
            'path' => self::PREFIX.$key,
        ];

        try {
            return response()->json([...$facts, ...$work()]);
        } catch (Throwable $exception) {
            report($exception);

            return response()->json([...$facts, 'error' => $exception->getMessage()], Response::HTTP_BAD_GATEWAY);
        }
    }

    private function disk(): FilesystemAdapter
    {
        /** @var FilesystemAdapter */
        return $this->disks->disk();
    }
}
