@props(['title' => null])
@inject('cart', 'App\Services\Cart')
<!DOCTYPE html>
<html lang="{{ str_replace('_', '-', app()->getLocale()) }}">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{ $title === null ? config('app.name') : $title.' · '.config('app.name') }}</title>
    <link rel="icon" href="{{ asset('favicon.svg') }}" type="image/svg+xml">
    <link rel="stylesheet" href="{{ asset('css/app.css') }}">
    <script src="{{ asset('js/countdown.js') }}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
    <div class="bar-inner">
        <a class="brand" href="{{ route('events.index') }}"><span aria-hidden="true" class="brand-mark">876</span> Events</a>
        <nav aria-label="Main">
            <ul>
                @if (($held = $cart->ticketCount()) > 0)
                    <li>
                        <a href="{{ route('checkout.show') }}">
                            Checkout <span class="badge">{{ $held }}<span class="visually-hidden"> {{ Str::plural('ticket', $held) }} held</span></span>
                        </a>
                    </li>
                @endif
                @auth
                    <li><a href="{{ route('orders.index') }}">My orders</a></li>
                    <li>
                        <form method="post" action="{{ route('logout') }}">
                            @csrf
                            <button class="link" type="submit">Sign out</button>
                        </form>
                    </li>
                @else
                    <li><a href="{{ route('login') }}">Sign in</a></li>
                    <li><a href="{{ route('register') }}">Register</a></li>
                @endauth
            </ul>
        </nav>
    </div>
</header>
<main id="main" tabindex="-1">
    @if (session('status'))
        <p class="notice" role="status">{{ session('status') }}</p>
    @endif
    {{ $slot }}
</main>
<footer class="foot">
    <p>876 Events sells tickets for concerts, parades and films in Jamaica. Times are Jamaican times.</p>
</footer>
</body>
</html>
