"""The move's phases: steps, checks and rollbacks as values, and the runbook made of them."""
