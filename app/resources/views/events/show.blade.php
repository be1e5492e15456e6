<x-layout :title="$event->title">
    <article class="event">
        <x-artwork :event="$event" />
        <div>
            <p class="when"><time datetime="{{ $event->starts_at->toIso8601String() }}">{{ $event->startsAtLocal()->format('l j F Y, H:i') }}</time></p>
            <h1>{{ $event->title }}</h1>
            <p class="lead">{{ $event->summary }}</p>
            @foreach (preg_split('/\R{2,}/', $event->description) as $paragraph)
                <p>{{ $paragraph }}</p>
            @endforeach
            <dl class="facts">
                <div><dt>Where</dt><dd>{{ $event->venue }}, {{ $event->city }}</dd></div>
                <div><dt>Price</dt><dd>{{ App\Support\Money::format($event->price_cents) }} each</dd></div>
                <div><dt>Tickets</dt><dd><x-availability :available="$available" :capacity="$event->capacity" /></dd></div>
            </dl>
            @if ($event->seatingPlan !== null)
                @can('viewDocument', [$event, App\Enums\DocumentKind::SeatingPlan])
                    <p><a href="{{ route('documents.link', [$event, App\Enums\DocumentKind::SeatingPlan]) }}">Seating plan (PDF)</a></p>
                @endcan
            @endif
            @can('update', $event)
                <p><a href="{{ route('documents.index', $event) }}">Poster and seating plan: upload or remove</a></p>
            @endcan
        </div>
        <section class="panel" aria-labelledby="get-tickets">
            <h2 id="get-tickets">Get tickets</h2>
            @if ($event->hasStarted())
                <p>Tickets for this event are no longer sold.</p>
            @elseif ($choices === 0)
                <p>This event is sold out for now. Tickets that others hold may come back within {{ config('tickets.hold_minutes') }} minutes.</p>
            @else
                <form method="post" action="{{ route('holds.store', $event) }}">
                    @csrf
                    <x-field name="quantity" label="How many?" type="number" value="{{ min(2, $choices) }}" min="1" :max="$choices" step="1" inputmode="numeric" required
                        hint="At most {{ $choices }} for one person." />
                    <button type="submit">Hold tickets</button>
                    <p class="hint">They stay yours for {{ config('tickets.hold_minutes') }} minutes while you check out.</p>
                </form>
            @endif
            @if ($choices === 0)
                @error('quantity')
                    <p class="error">{{ $message }}</p>
                @enderror
            @endif
        </section>
    </article>
</x-layout>
