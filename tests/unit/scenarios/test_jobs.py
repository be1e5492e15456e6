"""The jobs of the app that came to no good end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scenarios.jobs import cause_of, has_trial, lost_jobs

AT = "2026-11-28T20:00:00.000000Z"
WINDOW = (datetime(2026, 11, 28, 19, 59, tzinfo=UTC), datetime(2026, 11, 28, 20, 1, tzinfo=UTC))


def run(outcome: str | None, *, name: str = "App\\Jobs\\Scan", uuid: str = "1") -> dict[str, Any]:
    error = "ErrorException: no file" if outcome in ("failed", "threw") else None
    return {"name": name, "uuid": uuid, "outcome": outcome, "error": error, "started_at": AT}


@pytest.mark.parametrize(
    "runs", [[run("failed")], [run("threw"), run("threw")], [run("threw"), run("failed")]]
)
def test_a_job_that_failed_for_good_or_again_is_lost(runs: list[dict[str, Any]]) -> None:
    assert list(lost_jobs(runs)) == ["App\\Jobs\\Scan"]
    assert lost_jobs(runs, exclusive_times=[WINDOW]) == {}


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [run("succeeded")],
        [run("threw")],
        [run("threw"), run("threw"), run("succeeded")],
        [run("released"), run(None)],
        [run("threw"), run("threw", uuid="2")],
        [run("failed", name="cutover-probe:01m8")],
    ],
)
def test_jobs_that_still_have_a_chance_are_not_lost(runs: list[dict[str, Any]]) -> None:
    assert lost_jobs(runs) == {}


def test_a_job_that_runs_or_failed_once_may_succeed_yet() -> None:
    assert has_trial([run(None)])
    assert has_trial([run("succeeded", uuid="2"), run("threw")])
    assert not has_trial([run("threw"), run("succeeded")])
    assert not has_trial([run("failed"), run(None, name="cutover-probe:01m8", uuid="2")])


def test_a_jobs_cause_is_the_known_one_or_its_error() -> None:
    assert "the visitor's session" in cause_of(
        "RuntimeException: Session store not set on request."
    )
    assert cause_of("ErrorException: no file") == "ErrorException: no file"
