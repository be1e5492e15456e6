"""The place where scenarios run, and the clients that reach and act on it; no Docker."""
