<?php

declare(strict_types=1);

namespace CutoverProbe\Mail;

use Illuminate\Mail\Mailable;
use Illuminate\Mail\Mailables\Address;
use Illuminate\Mail\Mailables\Attachment;
use Illuminate\Mail\Mailables\Content;
use Illuminate\Mail\Mailables\Envelope;
use Illuminate\Mail\Mailables\Headers;

/** A mail with the parts that the scenario asks for; the header names the request that it came from. */
final class ProbeMail extends Mailable
{
    /** @param  array<string, mixed>  $message */
    public function __construct(private readonly string $id, private readonly array $message) {}

    public function envelope(): Envelope
    {
        return new Envelope(
            from: isset($this->message['from']) ? new Address($this->message['from']) : null,
            subject: $this->message['subject'],
        );
    }

    public function headers(): Headers
    {
        return new Headers(text: ['X-Cutover-Probe' => $this->id]);
    }

    public function content(): Content
    {
        return new Content(text: 'cutover-probe::text', htmlString: nl2br(e($this->message['text']), false), with: ['text' => $this->message['text']]);
    }

    /** @return list<Attachment> */
    public function attachments(): array
    {
        if (! isset($this->message['attachment'])) {
            return [];
        }

        ['name' => $name, 'content' => $content] = $this->message['attachment'];

        return [Attachment::fromData(fn (): string => $content, $name)];
    }
}
