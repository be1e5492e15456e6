"""Checks that compare production's files with each other, before anything starts."""
