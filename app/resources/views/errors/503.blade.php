<x-problem title="Back in a moment">
    <p>The shop is being worked on. Try again in a few minutes.</p>
</x-problem>
