<?php

namespace App\Actions;

use App\Exceptions\StorageUnavailable;
use App\Models\EventDocument;
use Illuminate\Support\Facades\DB;
use League\Flysystem\FilesystemException;

class DeleteEventDocument
{
    /**
     * Remove the row and its object. When the object cannot be removed the row stays, so that it can be tried again.
     *
     * @throws StorageUnavailable
     */
    public function handle(EventDocument $document): void
    {
        DB::transaction(function () use ($document): void {
            $document->delete();

            try {
                $deleted = $document->storage()->delete($document->path);
            } catch (FilesystemException $exception) {
                report($exception);

                throw new StorageUnavailable('Removing the file', $exception);
            }

            if (! $deleted) {
                throw new StorageUnavailable('Removing the file');
            }
        });
    }
}
