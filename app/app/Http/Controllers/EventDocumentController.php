<?php

namespace App\Http\Controllers;

use App\Actions\DeleteEventDocument;
use App\Actions\StoreEventDocument;
use App\Enums\DocumentKind;
use App\Exceptions\StorageUnavailable;
use App\Http\Requests\StoreDocumentRequest;
use App\Models\Event;
use App\Models\EventDocument;
use Illuminate\Contracts\View\View;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Gate;
use Illuminate\Support\Str;
use League\Flysystem\FilesystemException;
use Symfony\Component\HttpFoundation\HeaderUtils;
use Symfony\Component\HttpFoundation\Response;

class EventDocumentController extends Controller
{
    private const int LINK_MINUTES = 5;

    public function index(Event $event): View
    {
        return view('documents.index', [
            'event' => $event,
            'documents' => $event->documents()->get()->keyBy(fn (EventDocument $document): string => $document->kind->value),
        ]);
    }

    public function store(StoreDocumentRequest $request, Event $event, DocumentKind $kind, StoreEventDocument $storeDocument): RedirectResponse
    {
        try {
            $storeDocument->handle($event, $kind, $request->file('document'));
        } catch (StorageUnavailable $exception) {
            return $this->backToDocuments($event)->withErrors(['document' => $exception->getMessage()], $kind->value);
        }

        return $this->backToDocuments($event)->with('status', "{$kind->label()} stored.");
    }

    public function destroy(Event $event, DocumentKind $kind, DeleteEventDocument $deleteDocument): RedirectResponse
    {
        try {
            $deleteDocument->handle($this->document($event, $kind));
        } catch (StorageUnavailable $exception) {
            return $this->backToDocuments($event)->withErrors(['document' => $exception->getMessage()], $kind->value);
        }

        return $this->backToDocuments($event)->with('status', "{$kind->label()} removed.");
    }

    /** The bytes, through the app. A browser that has them already gets 304 without a look at the store. */
    public function show(Request $request, Event $event, DocumentKind $kind): Response
    {
        Gate::authorize('viewDocument', [$event, $kind]);
        $document = $this->document($event, $kind);

        $response = response('', headers: [
            'Content-Type' => $document->mime_type,
            'Content-Disposition' => $this->disposition($document, $request->boolean('download')),
            'Cache-Control' => 'private, no-cache',
            'X-Content-Type-Options' => 'nosniff',
        ])->setEtag($document->sha256)->setLastModified($document->updated_at);

        return $response->isNotModified($request) ? $response : $this->stream($document, $response);
    }

    /** The bytes, straight from the store, at an address that is good for a few minutes. */
    public function link(Event $event, DocumentKind $kind): RedirectResponse
    {
        Gate::authorize('viewDocument', [$event, $kind]);
        $document = $this->document($event, $kind);

        if (! $document->storage()->providesTemporaryUrls()) {
            return redirect()->route('documents.show', [$event, $kind]);
        }

        return redirect()->away($document->storage()->temporaryUrl($document->path, now()->addMinutes(self::LINK_MINUTES), [
            'ResponseContentType' => $document->mime_type,
            'ResponseContentDisposition' => $this->disposition($document, download: false),
        ]));
    }

    private function document(Event $event, DocumentKind $kind): EventDocument
    {
        return $event->documents()->where('kind', $kind)->firstOrFail();
    }

    /** The stream is opened before the first header leaves, so that a failing store gives an error and not a broken file. */
    private function stream(EventDocument $document, Response $head): Response
    {
        try {
            $stream = $document->storage()->readStream($document->path);
        } catch (FilesystemException $exception) {
            report($exception);
            $stream = null;
        }

        abort_if($stream === null, Response::HTTP_BAD_GATEWAY);

        $response = response()->stream(function () use ($stream): void {
            fpassthru($stream);
            fclose($stream);
        });
        $response->headers->add($head->headers->all());
        $response->headers->set('Content-Length', (string) $document->size_bytes);

        return $response;
    }

    private function disposition(EventDocument $document, bool $download): string
    {
        $name = str_replace(['/', '\\'], '-', $document->original_name);
        $ascii = str_replace('%', '-', Str::ascii($name));

        return HeaderUtils::makeDisposition(
            $download ? HeaderUtils::DISPOSITION_ATTACHMENT : HeaderUtils::DISPOSITION_INLINE,
            $name,
            $ascii === '' ? $document->kind->value : $ascii,
        );
    }

    private function backToDocuments(Event $event): RedirectResponse
    {
        return redirect()->route('documents.index', $event);
    }
}
