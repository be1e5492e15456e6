<?php

namespace App\Models;

use App\Enums\DocumentKind;
use Carbon\CarbonInterface;
use Database\Factories\EventFactory;
use Illuminate\Database\Eloquent\Attributes\Scope;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Factories\HasFactory;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\HasMany;
use Illuminate\Database\Eloquent\Relations\HasOne;

class Event extends Model
{
    /** @use HasFactory<EventFactory> */
    use HasFactory;

    /** @var list<string> */
    protected $fillable = ['slug', 'title', 'summary', 'description', 'venue', 'city', 'starts_at', 'capacity', 'price_cents'];

    /** @return array<string, string> */
    protected function casts(): array
    {
        return [
            'starts_at' => 'datetime',
            'capacity' => 'integer',
            'price_cents' => 'integer',
        ];
    }

    public function getRouteKeyName(): string
    {
        return 'slug';
    }

    /** @return HasMany<Hold, $this> */
    public function holds(): HasMany
    {
        return $this->hasMany(Hold::class);
    }

    /** @return HasMany<OrderLine, $this> */
    public function orderLines(): HasMany
    {
        return $this->hasMany(OrderLine::class);
    }

    /** @return HasMany<EventDocument, $this> */
    public function documents(): HasMany
    {
        return $this->hasMany(EventDocument::class);
    }

    /** @return HasOne<EventDocument, $this> */
    public function poster(): HasOne
    {
        return $this->hasOne(EventDocument::class)->where('kind', DocumentKind::Poster);
    }

    /** @return HasOne<EventDocument, $this> */
    public function seatingPlan(): HasOne
    {
        return $this->hasOne(EventDocument::class)->where('kind', DocumentKind::SeatingPlan);
    }

    /**
     * Load what ticketsAvailable() needs in the same query, for lists.
     *
     * @param  Builder<Event>  $query
     */
    #[Scope]
    protected function withAvailability(Builder $query): void
    {
        $query->withSum('orderLines as tickets_sold', 'quantity')
            ->withSum(['holds as tickets_held' => fn (Builder $holds) => $holds->active()], 'quantity');
    }

    /** @param  Builder<Event>  $query */
    #[Scope]
    protected function upcoming(Builder $query): void
    {
        $query->where('starts_at', '>', now())->orderBy('starts_at');
    }

    public function ticketsSold(): int
    {
        return (int) ($this->hasAttribute('tickets_sold') ? $this->tickets_sold : $this->orderLines()->sum('quantity'));
    }

    public function ticketsHeld(): int
    {
        return (int) ($this->hasAttribute('tickets_held') ? $this->tickets_held : $this->holds()->active()->sum('quantity'));
    }

    public function ticketsAvailable(): int
    {
        return max(0, $this->capacity - $this->ticketsSold() - $this->ticketsHeld());
    }

    public function hasStarted(): bool
    {
        return $this->starts_at->isPast();
    }

    /** The start in the zone of the venue; the database keeps UTC. */
    public function startsAtLocal(): CarbonInterface
    {
        return $this->starts_at->setTimezone(config('tickets.timezone'));
    }
}
