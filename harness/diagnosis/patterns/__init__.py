"""Patterns for text that others write, each with the cause it points to."""
