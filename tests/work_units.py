"""The tests that one worker of pytest-xdist runs in turn: those of an engine, or of a module."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

LONGEST = (
    ("tests/docker/", "tests/php/"),
    ("tests/rehearsal/", "tests/package/"),
    ("tests/mistakes/",),
)
"""Folders with tests in containers, so that no more than two stacks are up at once."""


def order_of(node_id: str) -> int:
    """Return the place of a test's work unit: the longest are begun first."""
    for place, folders in enumerate(LONGEST):
        if node_id.startswith(folders):
            return place
    return len(LONGEST)


class WorkUnits(LoadScopeScheduling):  # type: ignore[misc]
    """Hands each worker whole modules, and the folders of LONGEST as one."""

    def _split_scope(self, nodeid: str) -> str:
        place = order_of(nodeid)
        return nodeid.partition("::")[0] if place == len(LONGEST) else LONGEST[place][0]
