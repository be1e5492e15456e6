Hello {!! $order->user->name !!},

thank you for your order. Show this number at the door; it stands for every ticket below.

Order {!! $order->number !!}

@foreach ($order->lines as $line)
{!! $line->event->title !!}
{!! $line->event->startsAtLocal()->format('l j F Y, H:i') !!}
{!! $line->event->venue !!}, {!! $line->event->city !!}
{!! $line->quantity !!} × {!! App\Support\Money::format($line->price_cents) !!} = {!! App\Support\Money::format($line->totalCents()) !!}

@endforeach
Total {!! App\Support\Money::format($order->total_cents) !!}

See your order: {!! route('orders.show', $order) !!}
