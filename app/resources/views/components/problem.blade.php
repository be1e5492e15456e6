@props(['title'])
{{-- Needs no session and no database: an error page must work when they do not. --}}
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{ $title }} · {{ config('app.name') }}</title>
    <link rel="stylesheet" href="{{ asset('css/app.css') }}">
</head>
<body>
<header class="bar"><div class="bar-inner"><a class="brand" href="{{ url('/') }}"><span aria-hidden="true" class="brand-mark">876</span> Events</a></div></header>
<main id="main">
    <h1>{{ $title }}</h1>
    {{ $slot }}
    <p><a href="{{ url('/') }}">See what's on</a></p>
</main>
</body>
</html>
