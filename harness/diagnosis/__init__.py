"""From a failure to its cause: evidence, history, patterns."""
