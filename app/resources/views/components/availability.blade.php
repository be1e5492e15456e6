@props(['available', 'capacity'])
@if ($available === 0)
    <span class="tag tag-out">Sold out</span>
@elseif ($available <= max(10, intdiv($capacity, 10)))
    <span class="tag tag-few">{{ $available }} left</span>
@else
    <span class="tag">On sale</span>
@endif
