<x-problem title="Page not found">
    <p>There is nothing at this address, or it is not yours to see.</p>
</x-problem>
