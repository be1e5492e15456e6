<x-layout title="My orders">
    <h1>My orders</h1>
    @if ($orders->isEmpty())
        <p class="empty">You have not ordered anything yet. <a href="{{ route('events.index') }}">See what's on</a>.</p>
    @else
        <ul class="lines">
            @foreach ($orders as $order)
                <li>
                    <div>
                        <h2><a href="{{ route('orders.show', $order) }}">Order {{ $order->number }}</a></h2>
                        <p>{{ $order->lines->map(fn ($line) => "{$line->quantity} × {$line->event->title}")->join(', ') }}</p>
                    </div>
                    <strong>{{ App\Support\Money::format($order->total_cents) }}</strong>
                </li>
            @endforeach
        </ul>
    @endif
</x-layout>
