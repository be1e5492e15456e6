<x-layout title="Files of {{ $event->title }}">
    <h1>Files of {{ $event->title }}</h1>
    <p><a href="{{ route('events.show', $event) }}">Back to the event</a></p>
    @foreach (App\Enums\DocumentKind::cases() as $kind)
        @php($document = $documents->get($kind->value))
        @php($bag = $errors->getBag($kind->value))
        <section class="panel" aria-labelledby="{{ $kind->value }}-title">
            <h2 id="{{ $kind->value }}-title">{{ $kind->label() }}</h2>
            @if ($document !== null)
                <p>
                    <a href="{{ route('documents.show', [$event, $kind]) }}">{{ $document->original_name }}</a>
                    <span class="hint">{{ Number::fileSize($document->size_bytes, maxPrecision: 1) }}</span>
                </p>
                <form method="post" action="{{ route('documents.destroy', [$event, $kind]) }}">
                    @csrf
                    @method('delete')
                    <button class="quiet" type="submit">Remove<span class="visually-hidden"> the {{ Str::lower($kind->label()) }}</span></button>
                </form>
            @endif
            <form method="post" action="{{ route('documents.store', [$event, $kind]) }}" enctype="multipart/form-data">
                @csrf
                <div class="field">
                    <label for="{{ $kind->value }}">{{ $document === null ? 'File' : 'Replace with' }}</label>
                    <p class="hint" id="{{ $kind->value }}-hint">{{ Str::ucfirst($kind->typesInWords()) }} of at most 20 MB.</p>
                    <input id="{{ $kind->value }}" name="document" type="file" required
                        accept="{{ collect($kind->extensions())->map(fn ($extension) => ".{$extension}")->implode(',') }}"
                        aria-describedby="{{ $kind->value }}-hint @if ($bag->has('document')) {{ $kind->value }}-error @endif"
                        @if ($bag->has('document')) aria-invalid="true" @endif>
                    @if ($bag->has('document'))
                        <p class="error" id="{{ $kind->value }}-error">{{ $bag->first('document') }}</p>
                    @endif
                </div>
                <button type="submit">Upload</button>
            </form>
        </section>
    @endforeach
</x-layout>
