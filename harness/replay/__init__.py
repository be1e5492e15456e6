"""The pytest plugin, its markers and fixtures; works on every target."""
