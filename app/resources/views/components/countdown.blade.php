@props(['until'])
<p class="countdown" data-countdown="{{ $until->utc()->toIso8601ZuluString() }}" data-now="{{ now()->utc()->toIso8601ZuluString() }}">
    Held until <time datetime="{{ $until->utc()->toIso8601ZuluString() }}">{{ $until->setTimezone(config('tickets.timezone'))->format('H:i') }}</time>.
    <span data-countdown-left aria-hidden="true"></span>
</p>
