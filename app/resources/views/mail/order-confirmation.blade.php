<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Order {{ $order->number }}</title>
</head>
<body style="margin: 0; padding: 24px; background: #fbfaf5; color: #1b1f1c; font: 16px/1.5 system-ui, sans-serif;">
<div style="max-width: 560px; margin: 0 auto; padding: 24px; background: #ffffff; border-top: 6px solid #0b5d3b;">
    <h1 style="margin: 0 0 16px; font-size: 24px;">Your tickets</h1>
    <p>Hello {{ $order->user->name }}, thank you for your order. Show this number at the door; it stands for every ticket below.</p>
    <p style="font: 700 24px ui-monospace, monospace; letter-spacing: 2px;">{{ $order->number }}</p>
    <table role="presentation" style="width: 100%; border-collapse: collapse;">
        @foreach ($order->lines as $line)
            <tr>
                <td style="padding: 12px 0; border-top: 1px solid #dcded3;">
                    <strong>{{ $line->event->title }}</strong><br>
                    {{ $line->event->startsAtLocal()->format('l j F Y, H:i') }}<br>
                    {{ $line->event->venue }}, {{ $line->event->city }}<br>
                    {{ $line->quantity }} × {{ App\Support\Money::format($line->price_cents) }}
                </td>
                <td style="padding: 12px 0; border-top: 1px solid #dcded3; text-align: right; vertical-align: top;">{{ App\Support\Money::format($line->totalCents()) }}</td>
            </tr>
        @endforeach
        <tr>
            <td style="padding: 12px 0; border-top: 2px solid #1b1f1c;"><strong>Total</strong></td>
            <td style="padding: 12px 0; border-top: 2px solid #1b1f1c; text-align: right;"><strong>{{ App\Support\Money::format($order->total_cents) }}</strong></td>
        </tr>
    </table>
    <p><a href="{{ route('orders.show', $order) }}" style="color: #0b5d3b;">See your order</a></p>
</div>
</body>
</html>
