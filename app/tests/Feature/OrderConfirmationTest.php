<?php

namespace Tests\Feature;

use App\Jobs\SendOrderConfirmation;
use App\Mail\OrderConfirmation;
use App\Models\Event;
use App\Models\Hold;
use App\Models\Order;
use App\Models\OrderLine;
use App\Models\User;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Cache;
use Illuminate\Support\Facades\Exceptions;
use Illuminate\Support\Facades\Mail;
use Illuminate\Support\Facades\Queue;
use RuntimeException;
use Symfony\Component\Mailer\Exception\TransportException;
use Tests\TestCase;

class OrderConfirmationTest extends TestCase
{
    use RefreshDatabase;

    public function test_an_order_queues_its_confirmation_after_the_transaction(): void
    {
        Queue::fake();

        $order = $this->placeOrder();

        Queue::assertPushed(SendOrderConfirmation::class, fn (SendOrderConfirmation $job): bool => $job->order->is($order));
        Queue::assertCount(1);
        $this->assertNotNull($order->refresh()->confirmation_queued_at);
        $this->assertInstanceOf(ShouldQueue::class, new SendOrderConfirmation($order));
    }

    public function test_an_order_that_fails_queues_nothing(): void
    {
        Queue::fake();

        $this->actingAs(User::factory()->create())->post('/orders', ['holds' => [1]])->assertInvalid('holds');

        Queue::assertNothingPushed();
    }

    public function test_an_order_stands_when_the_queue_does_not_answer(): void
    {
        Exceptions::fake();
        $this->mockQueueThatFails();

        $order = $this->placeOrder();

        $this->assertNull($order->refresh()->confirmation_queued_at);
        Exceptions::assertReported(RuntimeException::class);
    }

    public function test_the_mail_goes_to_the_buyer_once(): void
    {
        Mail::fake();
        $order = $this->order();

        foreach (range(1, 2) as $delivery) {
            dispatch_sync(new SendOrderConfirmation($order));
        }

        Mail::assertSentCount(1);
        Mail::assertSent(OrderConfirmation::class, fn (OrderConfirmation $mail): bool => $mail->hasTo($order->user->email));
        $this->assertNotNull($order->refresh()->confirmation_sent_at);
    }

    public function test_a_mail_that_was_not_sent_is_tried_again(): void
    {
        $order = $this->order();
        Mail::extend('failing', fn () => throw new TransportException('no answer'));
        config(['mail.default' => 'failing', 'mail.mailers.failing' => ['transport' => 'failing']]);
        $this->assertThrows(fn () => (new SendOrderConfirmation($order))->handle(), TransportException::class);
        $this->assertNull($order->refresh()->confirmation_sent_at);

        config(['mail.default' => 'array']);
        Mail::fake();
        (new SendOrderConfirmation($order))->handle();

        Mail::assertSentCount(1);
        $this->assertTrue(Cache::lock("order-confirmation:{$order->id}", 1)->get());
    }

    public function test_the_mail_has_both_parts_a_calendar_and_a_subject_beyond_ascii(): void
    {
        $order = $this->order(title: 'Fête & Größe; “Live”, 1');
        $message = Mail::to($order->user)->send(new OrderConfirmation($order))->getOriginalMessage();

        $this->assertSame("Your tickets · Fête & Größe; “Live”, 1 · Order {$order->number}", $message->getSubject());
        $this->assertSame($order->number, $message->getHeaders()->get('X-Order-Number')->getBodyAsString());
        $this->assertSame([$order->user->email], array_map(fn ($to) => $to->getAddress(), $message->getTo()));
        $this->assertSame(config('mail.from.address'), $message->getFrom()[0]->getAddress());
        $this->assertStringContainsString('Fête &amp; Größe', $message->getHtmlBody());
        $this->assertStringContainsString('Fête & Größe; “Live”, 1', $message->getTextBody());
        $this->assertStringContainsString(route('orders.show', $order), $message->getTextBody());

        [$calendar] = $message->getAttachments();
        $this->assertSame("876-events-{$order->number}.ics", $calendar->getFilename());
        $this->assertSame('text/calendar', $calendar->getContentType());
        $unfolded = str_replace("\r\n ", '', $calendar->getBody());
        $this->assertStringContainsString('SUMMARY:Fête & Größe\; “Live”\, 1'."\r\n", $unfolded);
        $this->assertStringContainsString("DTSTART:20310203T003000Z\r\n", $unfolded);
    }

    public function test_no_line_of_the_calendar_is_too_long(): void
    {
        $order = $this->order(title: str_repeat('Größe ', 30));
        $calendar = Mail::to($order->user)->send(new OrderConfirmation($order))->getOriginalMessage()->getAttachments()[0]->getBody();

        foreach (explode("\r\n", rtrim($calendar)) as $line) {
            $this->assertLessThanOrEqual(75, strlen($line));
            $this->assertTrue(mb_check_encoding($line, 'UTF-8'));
        }
    }

    private function placeOrder(): Order
    {
        $hold = Hold::factory()->create(['cart' => str_repeat('c', 40)]);
        $this->withSession(['cart' => $hold->cart])->actingAs(User::factory()->create())->post('/orders', ['holds' => [$hold->id]])->assertValid();

        return Order::query()->sole();
    }

    private function order(string $title = 'Concert'): Order
    {
        $event = Event::factory()->create(['title' => $title, 'starts_at' => '2031-02-03 00:30:00']);

        return OrderLine::factory()->for($event)->create()->order;
    }

    private function mockQueueThatFails(): void
    {
        Queue::extend('broken', fn () => throw new RuntimeException('The queue does not answer.'));
        config(['queue.connections.broken' => ['driver' => 'broken'], 'queue.default' => 'broken']);
    }
}
