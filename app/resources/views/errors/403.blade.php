<x-problem title="Not allowed">
    <p>Your account may not do this.</p>
</x-problem>
