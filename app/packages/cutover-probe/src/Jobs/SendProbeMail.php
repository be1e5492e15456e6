<?php

declare(strict_types=1);

namespace CutoverProbe\Jobs;

use CutoverProbe\Mail\ProbeMail;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Mail\Factory as Mail;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Queue\InteractsWithQueue;

final class SendProbeMail implements ShouldQueue
{
    use InteractsWithQueue, Queueable;

    public ?int $tries;

    /** @var string|null see {@see ProbeJob::$messageGroup} */
    public $messageGroup;

    /** @var list<int>|null */
    public ?array $backoff;

    /** @param  array<string, mixed>  $message */
    public function __construct(public readonly string $id, private readonly array $message)
    {
        $this->tries = $message['tries'] ?? null;
        $this->backoff = $message['backoff_s'] ?? null;
    }

    public function displayName(): string
    {
        return ProbeJob::NAME_PREFIX.$this->id;
    }

    public function handle(Mail $mail): void
    {
        $mail->mailer()->to($this->message['to'])->send(new ProbeMail($this->id, $this->message));
    }
}
