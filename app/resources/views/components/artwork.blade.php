@props(['event'])
{{-- Two hues drawn from the slug, so that every event looks like itself without a poster. --}}
<div class="artwork" style="--hue: {{ crc32($event->slug) % 360 }}" aria-hidden="true">
    @if ($event->poster !== null)
        <img src="{{ route('documents.show', [$event, App\Enums\DocumentKind::Poster]) }}" alt="" loading="lazy">
    @else
        <span>{{ Str::substr($event->title, 0, 1) }}</span>
    @endif
</div>
