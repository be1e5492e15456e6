<?php

namespace App\Models;

use App\Enums\DocumentKind;
use Database\Factories\EventDocumentFactory;
use Illuminate\Contracts\Filesystem\Filesystem;
use Illuminate\Database\Eloquent\Factories\HasFactory;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Filesystem\FilesystemAdapter;
use Illuminate\Support\Facades\Storage;

/** A file of an event: the bytes are an object under a random key, all else is here. */
class EventDocument extends Model
{
    /** @use HasFactory<EventDocumentFactory> */
    use HasFactory;

    /** @var list<string> */
    protected $fillable = ['event_id', 'kind', 'disk', 'path', 'original_name', 'mime_type', 'size_bytes', 'sha256'];

    /** @return array<string, string> */
    protected function casts(): array
    {
        return [
            'kind' => DocumentKind::class,
            'size_bytes' => 'integer',
        ];
    }

    /** @return BelongsTo<Event, $this> */
    public function event(): BelongsTo
    {
        return $this->belongsTo(Event::class);
    }

    /** @return Filesystem&FilesystemAdapter */
    public function storage(): Filesystem
    {
        return Storage::disk($this->disk);
    }
}
