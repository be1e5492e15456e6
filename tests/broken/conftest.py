"""Apps with one mistake each, rehearsed as a user does."""

from __future__ import annotations

from tests.project import client, nothing_left, project

__all__ = ["client", "nothing_left", "project"]
