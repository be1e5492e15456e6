<x-problem title="That did not work">
    <p>The request was not understood. Go back and try again.</p>
</x-problem>
