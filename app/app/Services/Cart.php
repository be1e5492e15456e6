<?php

namespace App\Services;

use App\Models\Hold;
use Carbon\CarbonInterface;
use Illuminate\Contracts\Session\Session;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Collection;
use Illuminate\Support\Str;

/** The tickets that this visitor holds. The session keeps only a random token; the holds are rows. */
class Cart
{
    private const string TOKEN = 'cart';

    private const int TOKEN_LENGTH = 40;

    public function __construct(private readonly Session $session) {}

    /** The token under which the holds are stored, made when the cart is first used. */
    public function token(): string
    {
        if (! $this->session->has(self::TOKEN)) {
            $this->session->put(self::TOKEN, Str::random(self::TOKEN_LENGTH));
        }

        return $this->session->get(self::TOKEN);
    }

    /** @return Builder<Hold> */
    public function query(): Builder
    {
        return Hold::query()->where('cart', $this->session->get(self::TOKEN, ''));
    }

    /** @return Collection<int, Hold> */
    public function holds(): Collection
    {
        if (! $this->session->has(self::TOKEN)) {
            return new Collection;
        }

        return $this->query()->active()->with('event')->orderBy('expires_at')->orderBy('id')->get();
    }

    public function ticketCount(): int
    {
        return $this->session->has(self::TOKEN) ? (int) $this->query()->active()->sum('quantity') : 0;
    }

    /** When the first of the holds runs out, or null when nothing is held. */
    public function expiresAt(): ?CarbonInterface
    {
        return $this->holds()->first()?->expires_at;
    }

    public function dropExpired(): void
    {
        $this->query()->expired()->delete();
    }

    /** Give everything back, for instance when the visitor signs out. */
    public function release(): void
    {
        if ($this->session->has(self::TOKEN)) {
            $this->query()->delete();
            $this->session->forget(self::TOKEN);
        }
    }
}
