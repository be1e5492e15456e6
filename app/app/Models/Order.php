<?php

namespace App\Models;

use Database\Factories\OrderFactory;
use Illuminate\Database\Eloquent\Factories\HasFactory;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Database\Eloquent\Relations\HasMany;

class Order extends Model
{
    /** @use HasFactory<OrderFactory> */
    use HasFactory;

    /** Letters and digits that are not mistaken for one another when read out at the door. */
    private const string NUMBER_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

    private const int NUMBER_LENGTH = 10;

    /** @var list<string> */
    protected $fillable = ['user_id', 'total_cents'];

    protected static function booted(): void
    {
        static::creating(function (Order $order): void {
            $order->number ??= self::newNumber();
        });
    }

    /** @return array<string, string> */
    protected function casts(): array
    {
        return [
            'total_cents' => 'integer',
            'confirmation_queued_at' => 'datetime',
            'confirmation_sent_at' => 'datetime',
        ];
    }

    public function getRouteKeyName(): string
    {
        return 'number';
    }

    /** @return BelongsTo<User, $this> */
    public function user(): BelongsTo
    {
        return $this->belongsTo(User::class);
    }

    /** @return HasMany<OrderLine, $this> */
    public function lines(): HasMany
    {
        return $this->hasMany(OrderLine::class);
    }

    private static function newNumber(): string
    {
        $last = strlen(self::NUMBER_ALPHABET) - 1;

        return implode('', array_map(
            fn (): string => self::NUMBER_ALPHABET[random_int(0, $last)],
            range(1, self::NUMBER_LENGTH),
        ));
    }
}
