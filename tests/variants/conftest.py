"""The rehearsals of variants."""

from __future__ import annotations

import pytest

from tests.rehearsals import begin, rehearsal, rehearsals

__all__ = ["rehearsal", "rehearsals"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Rehearse, two at a time."""
    begin(session)
