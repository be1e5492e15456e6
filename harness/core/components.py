"""The names of the components: the containers that the harness itself runs."""

COMPONENTS = ("emulator", "control", "mysql", "proxy", "edge", "cache")
"""In the order of their start: the slowest to become ready comes first."""
OPTIONAL = ("proxy", "cache")
"""Components that a stack has only where production has the like."""
