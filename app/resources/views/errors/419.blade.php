<x-problem title="The page has expired">
    <p>The form was open for too long. Go back, reload the page and try again.</p>
</x-problem>
