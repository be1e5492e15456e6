<x-problem title="Something went wrong here">
    <p>It is our fault and it has been noted. Try again in a moment.</p>
</x-problem>
