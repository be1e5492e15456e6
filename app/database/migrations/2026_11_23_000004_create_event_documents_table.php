<?php

use App\Models\Event;
use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('event_documents', function (Blueprint $table): void {
            $table->id();
            $table->foreignIdFor(Event::class)->constrained()->restrictOnDelete();
            $table->string('kind', 20);
            $table->string('disk', 40);
            $table->string('path');
            $table->string('original_name');
            $table->string('mime_type', 100);
            $table->unsignedInteger('size_bytes');
            $table->char('sha256', 64);
            $table->timestamps();

            $table->unique(['event_id', 'kind']);
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('event_documents');
    }
};
