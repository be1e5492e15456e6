<x-layout title="Checkout">
    <h1>Checkout</h1>
    @if ($errors->any())
        <p class="alert" role="alert">{{ $errors->first() }}</p>
    @endif
    @if ($holds->isEmpty())
        <p class="empty">You hold no tickets. <a href="{{ route('events.index') }}">See what's on</a>.</p>
    @else
        <x-countdown :until="$expiresAt" />
        <ul class="lines">
            @foreach ($holds as $hold)
                <li>
                    <div>
                        <h2><a href="{{ route('events.show', $hold->event) }}">{{ $hold->event->title }}</a></h2>
                        <p class="when">{{ $hold->event->startsAtLocal()->format('D j M, H:i') }} · {{ $hold->event->venue }}</p>
                        <p>{{ $hold->quantity }} × {{ App\Support\Money::format($hold->event->price_cents) }}</p>
                    </div>
                    <strong>{{ App\Support\Money::format($hold->totalCents()) }}</strong>
                    <form method="post" action="{{ route('holds.destroy', $hold) }}">
                        @csrf
                        @method('delete')
                        <button class="quiet" type="submit">Give back<span class="visually-hidden"> {{ $hold->event->title }}</span></button>
                    </form>
                </li>
            @endforeach
        </ul>
        <div class="total">
            <p>Total <strong>{{ App\Support\Money::format($totalCents) }}</strong></p>
            @auth
                <form method="post" action="{{ route('orders.store') }}">
                    @csrf
                    @foreach ($holds as $hold)
                        <input type="hidden" name="holds[]" value="{{ $hold->id }}">
                    @endforeach
                    <button type="submit">Place the order</button>
                </form>
            @else
                <p>
                    <a class="button" href="{{ route('login') }}">Sign in to order</a>
                    or <a href="{{ route('register') }}">register</a>. Your tickets stay held.
                </p>
            @endauth
        </div>
    @endif
</x-layout>
