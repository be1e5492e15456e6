@props(['event'])
{{-- Two hues drawn from the slug, so that every event looks like itself without a picture. --}}
<div class="artwork" style="--hue: {{ crc32($event->slug) % 360 }}" aria-hidden="true"><span>{{ Str::substr($event->title, 0, 1) }}</span></div>
