<x-layout>
    <h1>What's on</h1>
    @if ($events->isEmpty())
        <p class="empty">No events are on sale at the moment. Come back soon.</p>
    @else
        <ul class="cards">
            @foreach ($events as $event)
                <li class="card">
                    <x-artwork :event="$event" />
                    <div class="card-body">
                        <p class="when"><time datetime="{{ $event->starts_at->toIso8601String() }}">{{ $event->startsAtLocal()->format('D j M, H:i') }}</time></p>
                        <h2><a href="{{ route('events.show', $event) }}">{{ $event->title }}</a></h2>
                        <p>{{ $event->summary }}</p>
                        <p class="card-foot">
                            <span>{{ $event->venue }}, {{ $event->city }}</span>
                            <strong>{{ App\Support\Money::format($event->price_cents) }}</strong>
                            <x-availability :available="$event->ticketsAvailable()" :capacity="$event->capacity" />
                        </p>
                    </div>
                </li>
            @endforeach
        </ul>
    @endif
</x-layout>
