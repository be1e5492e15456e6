"""Where scenarios run, and how to reach and act on it; no Docker."""
