"""The rehearsals of variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsals import begin, rehearsal, rehearsals

if TYPE_CHECKING:
    import pytest

__all__ = ["rehearsal", "rehearsals"]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Rehearse, two at a time."""
    begin(session)
