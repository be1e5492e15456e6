"""The components, one module each: the container as data, and its readiness probe."""
