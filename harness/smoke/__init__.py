"""Checks of a public site after the DNS switch, and the watch through it; from outside only."""
