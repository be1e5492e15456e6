<x-layout title="Register">
    <section class="panel narrow">
        <h1>Register</h1>
        <form method="post" action="{{ route('register') }}">
            @csrf
            <x-field name="name" label="Name" autocomplete="name" required maxlength="100" />
            <x-field name="email" label="Email address" type="email" autocomplete="username" required hint="Your tickets are sent there." />
            <x-field name="password" label="Password" type="password" autocomplete="new-password" required minlength="10" hint="At least 10 characters." />
            <x-field name="password_confirmation" label="Password again" type="password" autocomplete="new-password" required minlength="10" />
            <button type="submit">Register</button>
        </form>
        <p>Registered already? <a href="{{ route('login') }}">Sign in</a>.</p>
    </section>
</x-layout>
