"""``cutover.toml``: its tables and keys, their types, and the problems of a file."""
