"""The ends of a task that are its own, and a worker's flags, by any way of start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis.expect import ExpectationError
from harness.target.resources.ecs import EcsService
from scenarios import test_steadiness as steadiness
from scenarios.test_steadiness import assert_was_stopped, hold_s, ran_s
from tests.unit.pages import Paged

MEMORY = "OutOfMemoryError: Container killed due to memory usage"


def task(*ends: tuple[int | None, str], code: str = "EssentialContainerExited") -> dict[str, Any]:
    containers = [
        {"name": str(index), "reason": reason, **({"exitCode": ended} if ended is not None else {})}
        for index, (ended, reason) in enumerate(ends)
    ]
    return {"stopCode": code, "containers": containers}


@pytest.mark.parametrize(
    "stopped",
    [
        task((137, "")),
        task((137, ""), (0, "")),
        task((143, ""), (137, "")),
        task((None, "")),
        task((0, ""), code="ServiceSchedulerInitiated"),
        task((1, ""), code="UserInitiated"),
    ],
)
def test_what_was_killed_or_told_to_stop_did_not_end_by_itself(stopped: dict[str, Any]) -> None:
    assert_was_stopped("web", stopped, log=str)


@pytest.mark.parametrize(
    ("stopped", "said"),
    [
        (task((0, "")), "a web task ended by itself with exit code 0 "),
        (task((12, ""), (0, "")), "a web task ended by itself with exit code 12, 0 "),
        (task((137, MEMORY)), f"a web task ended by itself with exit code 137 {MEMORY}"),
    ],
)
def test_an_end_of_its_own_is_told(stopped: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_was_stopped("web", stopped, log=str)
    assert str(caught.value).startswith(said)


def test_a_worker_that_ends_as_after_a_lost_connection_shows_the_jobs_error() -> None:
    log = "\n".join(
        [
            '{"message":"a","level_name":"INFO"}',
            r'{"message":"fopen(/tmp/a): no \"b\"","context":{},"level_name":"ERROR"}',
            '{"level":"info","status":"stopped","reason":"lost_connection","exit_code":0}',
        ]
    )
    with pytest.raises(ExpectationError) as caught:
        assert_was_stopped("worker", task((0, "")), log=lambda: log)
    assert r"exit code 0 ; its last error: fopen(/tmp/a): no \"b\"" in str(caught.value)
    assert "after an error that Laravel takes for a lost connection" in caught.value.cause


def test_a_task_has_run_until_it_stopped_or_until_now() -> None:
    began = datetime.now(UTC) - timedelta(seconds=60)
    assert ran_s({}) == 0
    assert ran_s({"startedAt": began, "stoppedAt": began + timedelta(seconds=7)}) == 7
    assert 60 <= ran_s({"startedAt": began}) < 120


def test_a_worker_that_has_ended_is_known_while_ecs_knows_it() -> None:
    class Ecs(Paged):
        def list_tasks(self, **given: Any) -> dict[str, Any]:
            return {"taskArns": [f"arn:aws:ecs:r:a:task/c/{given['desiredStatus']}"]}

    assert EcsService(Ecs(), cluster="c", name="w").known() == {"RUNNING", "STOPPED"}


@pytest.mark.parametrize(("each_s", "slow_s"), [(0.02, 4), (0.5, 8), (60.0, 20)])
def test_a_slow_request_outlasts_the_others_on_a_slow_machine(each_s: float, slow_s: int) -> None:
    assert hold_s(each_s) == slow_s


@pytest.mark.parametrize(
    ("ran", "cause"),
    [
        ({"shop-web": 60, "shop-worker": 60}, ""),
        ({"shop-web": 60}, "there is no task of shop-worker: scale it"),
        ({}, "there is no task of shop-web and of shop-worker: "),
    ],
)
def test_a_service_without_any_task_is_named(ran: dict[str, int], cause: str) -> None:
    def tasks_of(service: str, status: str) -> list[dict[str, Any]]:
        seconds = ran.get(service) if status == "RUNNING" else None
        began = datetime.now(UTC) - timedelta(seconds=seconds or 0)
        return [{"startedAt": began}] if seconds else []

    causes: list[str] = []

    def eventually(question: Any, *, until: Any, cause: Any, **_: Any) -> None:
        longest = question()
        causes.append(cause(longest))
        assert until(longest) == (not causes[0])

    access = SimpleNamespace(services={"web": "shop-web", "worker": "shop-worker"}, worker="worker")
    scenario: Any = steadiness.test_no_task_of_a_service_ends_by_itself
    scenario(access, None, tasks_of, eventually)
    assert causes[0].startswith(cause) if cause else causes == [""]
