<x-problem title="Too many requests">
    <p>Wait a minute and try again.</p>
</x-problem>
