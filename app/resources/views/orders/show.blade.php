<x-layout title="Order {{ $order->number }}">
    <h1>Order <span class="number">{{ $order->number }}</span></h1>
    <p class="lead">Show this number at the door. It stands for every ticket below.</p>
    <ul class="lines">
        @foreach ($order->lines as $line)
            <li>
                <div>
                    <h2><a href="{{ route('events.show', $line->event) }}">{{ $line->event->title }}</a></h2>
                    <p class="when">{{ $line->event->startsAtLocal()->format('l j F Y, H:i') }} · {{ $line->event->venue }}, {{ $line->event->city }}</p>
                    <p>{{ $line->quantity }} × {{ App\Support\Money::format($line->price_cents) }}</p>
                </div>
                <strong>{{ App\Support\Money::format($line->totalCents()) }}</strong>
            </li>
        @endforeach
    </ul>
    <div class="total"><p>Total <strong>{{ App\Support\Money::format($order->total_cents) }}</strong></p></div>
</x-layout>
