<?php

namespace App\Actions;

use App\Enums\DocumentKind;
use App\Exceptions\StorageUnavailable;
use App\Models\Event;
use App\Models\EventDocument;
use Illuminate\Http\UploadedFile;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Storage;
use Illuminate\Support\Str;
use League\Flysystem\FilesystemException;
use Throwable;

class StoreEventDocument
{
    private const int DEADLOCK_ATTEMPTS = 3;

    /**
     * Stream the file to the default disk under a random key, then write the row: there is never a row without its object.
     *
     * @throws StorageUnavailable
     */
    public function handle(Event $event, DocumentKind $kind, UploadedFile $file): EventDocument
    {
        $disk = config('filesystems.default');
        $mimeType = (string) $file->getMimeType();
        $path = $this->store($disk, $event, $kind, $file, $mimeType);

        try {
            $sha256 = hash_file('sha256', $file->getRealPath());
            [$document, $previous] = DB::transaction(function () use ($event, $kind, $file, $disk, $path, $mimeType, $sha256): array {
                // The event first: a lock on a row that is not there yet shuts a gap, and two first uploads would deadlock.
                Event::query()->lockForUpdate()->findOrFail($event->getKey());
                $previous = $event->documents()->where('kind', $kind)->lockForUpdate()->first();
                $document = $event->documents()->updateOrCreate(['kind' => $kind], [
                    'disk' => $disk,
                    'path' => $path,
                    'original_name' => Str::limit($file->getClientOriginalName(), 250, ''),
                    'mime_type' => $mimeType,
                    'size_bytes' => $file->getSize(),
                    'sha256' => $sha256,
                ]);

                return [$document, $previous];
            }, attempts: self::DEADLOCK_ATTEMPTS);
        } catch (Throwable $exception) {
            rescue(fn (): bool => Storage::disk($disk)->delete($path));

            throw $exception;
        }

        if ($previous !== null) {
            rescue(fn (): bool => $previous->storage()->delete($previous->path));
        }

        return $document;
    }

    private function store(string $disk, Event $event, DocumentKind $kind, UploadedFile $file, string $mimeType): string
    {
        try {
            $path = Storage::disk($disk)->putFileAs(
                "events/{$event->id}/{$kind->value}",
                $file,
                Str::random(40).'.'.$file->extension(),
                ['ContentType' => $mimeType, 'Metadata' => ['original-name' => rawurlencode($file->getClientOriginalName())]],
            );
        } catch (FilesystemException $exception) {
            report($exception);

            throw new StorageUnavailable('Storing the file', $exception);
        }

        return $path === false ? throw new StorageUnavailable('Storing the file') : $path;
    }
}
