"""The documentation, and the scripts that make some of it."""
