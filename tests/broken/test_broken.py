"""Each mistake turns the rehearsal red, in the right scenarios, with its cause named."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.broken.conftest import Rehearsed
from tests.broken.mistakes import MISTAKES, NOT_STARTED, Mistake
from tests.broken.mistakes_stories import STORIES
from tests.broken.mistakes_tiers import TIERS

ALL = (*MISTAKES, *TIERS, *STORIES)

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught_and_named(
    mistake: Mistake, rehearsed: Rehearsed, outcomes: Mapping[str, list[str]]
) -> None:
    said = rehearsed.said
    assert rehearsed.code == mistake.exit_code, said
    assert mistake.cause in said, said
    assert "Traceback" not in said
    red = [*outcomes.get("failed", []), *outcomes.get("error", [])]
    for name in mistake.red:
        assert any(name in scenario for scenario in red), f"{name} is not red:\n{said}"
    for name in mistake.green:
        assert any(name in one for one in outcomes["passed"]), f"{name} is red too:\n{said}"
    if mistake.exit_code == NOT_STARTED:
        assert "what to do:" in said
