<?php

namespace Database\Factories;

use App\Enums\DocumentKind;
use App\Models\Event;
use App\Models\EventDocument;
use Illuminate\Database\Eloquent\Factories\Factory;
use Illuminate\Support\Facades\Storage;
use Illuminate\Support\Str;

/** @extends Factory<EventDocument> */
class EventDocumentFactory extends Factory
{
    private const string BYTES = "%PDF-1.4\n%%EOF\n";

    /** @return array<string, mixed> */
    public function definition(): array
    {
        return [
            'event_id' => Event::factory(),
            'kind' => DocumentKind::SeatingPlan,
            'disk' => config('filesystems.default'),
            'path' => 'events/'.Str::random(40).'.pdf',
            'original_name' => 'plan.pdf',
            'mime_type' => 'application/pdf',
            'size_bytes' => strlen(self::BYTES),
            'sha256' => hash('sha256', self::BYTES),
        ];
    }

    /** The object, too, and not the row alone. */
    public function stored(): static
    {
        return $this->afterCreating(function (EventDocument $document): void {
            Storage::disk($document->disk)->put($document->path, self::BYTES);
        });
    }
}
