<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use Carbon\CarbonInterface;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Filesystem\Factory as Disks;
use Illuminate\Filesystem\FilesystemAdapter;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use League\Flysystem\FilesystemException;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/** Stores, reads and removes files on the app's default disk, under a prefix of its own, below a folder if the request names one. */
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

        $path = $this->path($request, $key);

        return $this->attempt($path, function () use ($path, $body, $bytes, $hash, $type): array {
            $stored = $this->disk()->put($path, $body, ['ContentType' => $type]);

            // A disk may have a folder of its own in the bucket.
            return ['stored' => $stored, 'object' => $this->disk()->path($path), 'bytes' => $bytes, 'sha256' => hash_final($hash)];
        });
    }

    public function show(Request $request, string $key): Response
    {
        $path = $this->path($request, $key);

        try {
            $stream = $this->disk()->readStream($path);
        } catch (FilesystemException) {
            $stream = null;
        }

        abort_if($stream === null, Response::HTTP_NOT_FOUND, 'There is no such file, or the disk did not answer.');

        return response()->stream(fn () => fpassthru($stream), headers: [
            'Content-Type' => 'application/octet-stream',
            'X-Probe-Task' => (string) $this->reader->current()->id(),
        ]);
    }

    public function destroy(Request $request, string $key): JsonResponse
    {
        $path = $this->path($request, $key);

        return $this->attempt($path, fn (): array => ['deleted' => $this->disk()->delete($path)]);
    }

    public function temporaryUrl(Request $request, string $key): JsonResponse
    {
        $expiresAt = $this->expiresAt($request);
        $path = $this->path($request, $key);

        return $this->attempt($path, fn (): array => [
            'url' => $this->disk()->temporaryUrl($path, $expiresAt),
            'expires_at' => $expiresAt->utc()->toIso8601ZuluString(),
        ]);
    }

    /** The address at which a browser stores the file, and the headers that it must send. */
    public function temporaryUploadUrl(Request $request, string $key): JsonResponse
    {
        $expiresAt = $this->expiresAt($request);
        $path = $this->path($request, $key);

        return $this->attempt($path, fn (): array => $this->disk()->temporaryUploadUrl($path, $expiresAt));
    }

    private function expiresAt(Request $request): CarbonInterface
    {
        $seconds = $request->validate(['seconds' => ['integer', 'min:1', 'max:'.self::MAX_LINK_S]])['seconds'] ?? 60;

        return now()->addSeconds((int) $seconds);
    }

    /** A role may be limited to a folder of the bucket. */
    private function path(Request $request, string $key): string
    {
        $folder = $request->query('below', '');
        abort_if(! is_string($folder) || str_contains($folder, '..'), Response::HTTP_UNPROCESSABLE_ENTITY, 'below is no folder.');

        return $folder.self::PREFIX.$key;
    }

    /** @param  callable(): array<string, mixed>  $work */
    private function attempt(string $path, callable $work): JsonResponse
    {
        $facts = [
            'task' => $this->reader->current()->id(),
            'disk' => $this->config->get('filesystems.default'),
            'path' => $path,
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
