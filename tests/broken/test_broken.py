"""Each mistake turns the rehearsal red, in the right scenarios, with its cause named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from tests.broken.conftest import Rehearsed
from tests.broken.mistakes import MISTAKES, NOT_STARTED, Mistake
from tests.broken.mistakes_commands import COMMANDS
from tests.broken.mistakes_jobs import JOBS
from tests.broken.mistakes_php import PHP
from tests.broken.mistakes_platform import PLATFORM
from tests.broken.mistakes_roles import ROLES
from tests.broken.mistakes_stories import STORIES
from tests.broken.mistakes_tiers import TIERS

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

ALL = (*MISTAKES, *TIERS, *STORIES, *ROLES, *PLATFORM, *JOBS, *COMMANDS, *PHP)

pytestmark = pytest.mark.docker


EACH_TIME = {
    "a secret lacks the key that the task asks for",
    "a secret is plain text, not JSON",
    "the app connects to the proxy without TLS",
    "the app connects to Aurora, past the proxy",
    "the session cookie is not secure",
    "every proxy is trusted",
    "X-Forwarded-Host is trusted",
    "the health check asks for a route that is not there",
    "an environment value is a number",
    "a valueFrom has too many colons",
}
"""Rehearsed by `bin/test`; `tox -e broken` rehearses all, in about an hour and a half."""


def cases() -> list[ParameterSet]:
    """Mark as long what is not rehearsed each time."""
    assert {mistake.name for mistake in ALL} >= EACH_TIME
    long = {mistake.name: [pytest.mark.long] for mistake in ALL if mistake.name not in EACH_TIME}
    return [pytest.param(one, id=one.name, marks=long.get(one.name, ())) for one in ALL]


@pytest.mark.parametrize("mistake", cases())
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
