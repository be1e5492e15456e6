<?php

namespace App\Models;

use Database\Factories\HoldFactory;
use Illuminate\Database\Eloquent\Attributes\Scope;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Factories\HasFactory;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;

/**
 * Tickets kept aside for one cart until a moment. The cart's token is in the visitor's session;
 * the tickets are in the database, so that every task counts the same ones.
 */
class Hold extends Model
{
    /** @use HasFactory<HoldFactory> */
    use HasFactory;

    /** @var list<string> */
    protected $fillable = ['cart', 'event_id', 'quantity', 'expires_at'];

    /** @return array<string, string> */
    protected function casts(): array
    {
        return [
            'quantity' => 'integer',
            'expires_at' => 'datetime',
        ];
    }

    /** @return BelongsTo<Event, $this> */
    public function event(): BelongsTo
    {
        return $this->belongsTo(Event::class);
    }

    /** @param  Builder<Hold>  $query */
    #[Scope]
    protected function active(Builder $query): void
    {
        $query->where('expires_at', '>', now());
    }

    /** @param  Builder<Hold>  $query */
    #[Scope]
    protected function expired(Builder $query): void
    {
        $query->where('expires_at', '<=', now());
    }

    public function hasExpired(): bool
    {
        return $this->expires_at->lessThanOrEqualTo(now());
    }

    public function totalCents(): int
    {
        return $this->quantity * $this->event->price_cents;
    }
}
