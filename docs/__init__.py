"""The documentation, and what makes some of it."""
