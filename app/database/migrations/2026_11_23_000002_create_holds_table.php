<?php

use App\Models\Event;
use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('holds', function (Blueprint $table): void {
            $table->id();
            $table->string('cart', 40);
            $table->foreignIdFor(Event::class)->constrained()->cascadeOnDelete();
            $table->unsignedInteger('quantity');
            $table->dateTime('expires_at')->index();
            $table->timestamps();

            $table->unique(['cart', 'event_id']);
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('holds');
    }
};
