<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Exceptions;
use Illuminate\Support\Facades\Mail;
use Symfony\Component\Mailer\Exception\TransportException;
use Symfony\Component\Mime\Email;

final class MailTest extends TestCase
{
    use RefreshDatabase;

    private const array MESSAGE = [
        'to' => 'anne@visitors.example',
        'subject' => 'Prüfung “eins”',
        'text' => "Zeile <eins>\nZeile zwei",
        'attachment' => ['name' => 'größe.txt', 'content' => 'Inhalt'],
    ];

    public function test_a_queued_mail_is_sent_by_the_worker(): void
    {
        config(['queue.default' => 'database']);
        $id = $this->signedJson('POST', '/_probe/v1/mail', self::MESSAGE)->assertAccepted()->assertJson(['queued' => true, 'error' => null])->json('id');
        $this->assertSame([], $this->sent());

        $this->artisan('queue:work', ['--once' => true, '--sleep' => 0])->run();

        [$mail] = $this->sent();
        $this->assertSame('Prüfung “eins”', $mail->getSubject());
        $this->assertSame($id, $mail->getHeaders()->get('X-Cutover-Probe')->getBodyAsString());
        $this->assertSame("Zeile <eins>\nZeile zwei", trim($mail->getTextBody()));
        $this->assertStringContainsString('Zeile &lt;eins&gt;<br>', $mail->getHtmlBody());
        $this->assertSame('größe.txt', $mail->getAttachments()[0]->getFilename());
        $this->assertSame('Inhalt', $mail->getAttachments()[0]->getBody());
        $this->signed('GET', "/_probe/v1/jobs/{$id}")->assertOk()->assertJson(['kind' => 'mail', 'runs' => [['outcome' => 'succeeded']]]);
    }

    public function test_a_mail_is_sent_at_once_from_another_sender(): void
    {
        $this->signedJson('POST', '/_probe/v1/mail', [...self::MESSAGE, 'queued' => false, 'from' => 'other@876events.example'])->assertOk()->assertJson(['queued' => false]);

        $this->assertSame('other@876events.example', $this->sent()[0]->getFrom()[0]->getAddress());
    }

    public function test_a_mail_that_is_not_accepted_is_reported(): void
    {
        Exceptions::fake();
        Mail::extend('failing', fn () => throw new TransportException('no answer'));
        config(['mail.default' => 'failing', 'mail.mailers.failing' => ['transport' => 'failing']]);

        $this->signedJson('POST', '/_probe/v1/mail', [...self::MESSAGE, 'queued' => false])->assertStatus(502)->assertJson(['error' => 'no answer']);
    }

    public function test_the_message_is_checked(): void
    {
        $this->signedJson('POST', '/_probe/v1/mail', ['to' => 'nobody'])->assertUnprocessable()->assertJsonValidationErrors(['to', 'subject', 'text']);
    }

    /** @return list<Email> */
    private function sent(): array
    {
        return Mail::mailer('array')->getSymfonyTransport()->messages()->map(fn ($message) => $message->getOriginalMessage())->all();
    }
}
