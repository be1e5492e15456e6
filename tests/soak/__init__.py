"""Rehearsals that end at random moments, many times."""
