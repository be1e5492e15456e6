"""The names of the components: the containers that the harness itself runs."""

COMPONENTS = ("emulator", "control", "mysql", "proxy", "edge")
"""In the order of their start: the slowest to become ready comes first."""
