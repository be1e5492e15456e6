<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\Dispatches;
use CutoverProbe\Jobs\SendProbeMail;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Mail\Factory as Mail;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Str;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/** Sends a mail: by the queue, as apps should, or at once. */
final readonly class MailController
{
    public function __construct(private TaskReader $reader) {}

    public function store(Request $request, Dispatches $dispatches, Mail $mail): JsonResponse
    {
        $message = $request->validate([
            'to' => ['required', 'string', 'email'],
            'from' => ['string', 'email'],
            'subject' => ['required', 'string', 'max:500'],
            'text' => ['required', 'string', 'max:100000'],
            'attachment' => ['array:name,content'],
            'attachment.name' => ['required_with:attachment', 'string', 'max:200'],
            'attachment.content' => ['required_with:attachment', 'string', 'max:100000'],
            'queued' => ['boolean'],
            'tries' => ['integer', 'min:1', 'max:50'],
            'backoff_s' => ['array', 'list', 'max:20'],
            'backoff_s.*' => ['integer', 'min:0', 'max:900'],
        ]);

        if ($message['queued'] ?? true) {
            $id = $dispatches->dispatch('mail', $message, fn (string $id): SendProbeMail => new SendProbeMail($id, $message));

            return $this->answer($id, queued: true, status: Response::HTTP_ACCEPTED);
        }

        return $this->sendNow($mail, $message);
    }

    /** @param  array<string, mixed>  $message */
    private function sendNow(Mail $mail, array $message): JsonResponse
    {
        $id = Str::lower((string) Str::ulid());

        try {
            (new SendProbeMail($id, $message))->handle($mail);
        } catch (Throwable $exception) {
            report($exception);

            return $this->answer($id, queued: false, status: Response::HTTP_BAD_GATEWAY, error: $exception->getMessage());
        }

        return $this->answer($id, queued: false, status: Response::HTTP_OK);
    }

    private function answer(string $id, bool $queued, int $status, ?string $error = null): JsonResponse
    {
        return response()->json([
            'task' => $this->reader->current()->id(),
            'id' => $id,
            'queued' => $queued,
            'error' => $error,
        ], $status);
    }
}
