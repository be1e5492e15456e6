<x-layout title="Sign in">
    <section class="panel narrow">
        <h1>Sign in</h1>
        <form method="post" action="{{ route('login') }}">
            @csrf
            <x-field name="email" label="Email address" type="email" autocomplete="username" required />
            <x-field name="password" label="Password" type="password" autocomplete="current-password" required />
            <button type="submit">Sign in</button>
        </form>
        <p>New here? <a href="{{ route('register') }}">Register</a>.</p>
    </section>
</x-layout>
