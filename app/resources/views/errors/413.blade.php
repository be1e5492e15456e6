<x-problem title="The file is too large">
    <p>Files may have at most 20 MB. Go back and choose a smaller one.</p>
</x-problem>
