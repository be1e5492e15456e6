@props(['name', 'label', 'type' => 'text', 'hint' => null, 'value' => null])
@php($describedBy = collect([$hint === null ? null : "{$name}-hint", $errors->has($name) ? "{$name}-error" : null])->filter()->implode(' '))
<div class="field">
    <label for="{{ $name }}">{{ $label }}</label>
    @if ($hint !== null)
        <p class="hint" id="{{ $name }}-hint">{{ $hint }}</p>
    @endif
    <input id="{{ $name }}" name="{{ $name }}" type="{{ $type }}"
        @if (! in_array($type, ['password', 'file'], true)) value="{{ old($name, $value) }}" @endif
        @if ($describedBy !== '') aria-describedby="{{ $describedBy }}" @endif
        @error($name) aria-invalid="true" @enderror
        {{ $attributes }}>
    @error($name)
        <p class="error" id="{{ $name }}-error">{{ $message }}</p>
    @enderror
</div>
