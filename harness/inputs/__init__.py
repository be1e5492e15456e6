"""``cutover.toml`` and production's files: read once, checked, explained."""
