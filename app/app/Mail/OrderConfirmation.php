<?php

namespace App\Mail;

use App\Models\Order;
use App\Support\Calendar;
use Illuminate\Mail\Mailable;
use Illuminate\Mail\Mailables\Attachment;
use Illuminate\Mail\Mailables\Content;
use Illuminate\Mail\Mailables\Envelope;
use Illuminate\Mail\Mailables\Headers;

class OrderConfirmation extends Mailable
{
    public function __construct(public readonly Order $order)
    {
        $order->loadMissing('user', 'lines.event');
    }

    public function envelope(): Envelope
    {
        return new Envelope(subject: "Your tickets · {$this->order->lines->pluck('event.title')->join(', ', ' and ')} · Order {$this->order->number}");
    }

    public function headers(): Headers
    {
        return new Headers(text: ['X-Order-Number' => $this->order->number]);
    }

    public function content(): Content
    {
        return new Content(html: 'mail.order-confirmation', text: 'mail.order-confirmation-text');
    }

    /** @return list<Attachment> */
    public function attachments(): array
    {
        return [
            Attachment::fromData(fn (): string => Calendar::ofOrder($this->order), "876-events-{$this->order->number}.ics")->withMime('text/calendar'),
        ];
    }
}
