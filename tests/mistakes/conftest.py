"""The rehearsals of mistakes, and which of them a build chooses."""

from __future__ import annotations

import pytest

from tests.mistakes import choice
from tests.mistakes.catalog import STORIES
from tests.project import ROOT
from tests.rehearsals import WHOLE_SUITE, rehearsal, rehearsals

__all__ = ["rehearsal", "rehearsals"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        WHOLE_SUITE,
        action="store_true",
        help="replay every scenario with each mistake, not only its own",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which mistakes this build rehearses, and why these."""
    if "not long" not in str(config.option.markexpr):
        return []
    chosen = choice.of_today(STORIES, root=ROOT)
    return [
        *(f"mistake rehearsed: {name} ({reason})" for name, reason in chosen.mistakes.items()),
        f"twins rehearsed: those of {chosen.twins or 'no story'}",
    ]
