"""Rehearsals as a user runs them: output, exit code, and leftovers."""

from __future__ import annotations

from tests.project import client, nothing_left, project

__all__ = ["client", "nothing_left", "project"]
