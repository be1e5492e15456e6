"""A state with a clock that tests set, and tasks that only keep records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.standins.control.state.model import RUNNING, STOPPED, Container, Definition, Task
from harness.standins.control.state.state import State

ACCOUNT_ARN = "arn:aws:ecs:us-east-1:876000000876"


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeTasks:
    """Keeps records as Tasks does, and starts nothing."""

    state: State
    begun: list[str] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)

    def create(self, definition: Definition, *, cluster: str, **fields: Any) -> Task:
        ident = f"task{len(self.state.tasks) + 1}"
        has_check = bool(definition.raw["containerDefinitions"][0].get("healthCheck"))
        task = Task(
            id=ident,
            arn=f"{ACCOUNT_ARN}:task/{cluster}/{ident}",
            definition_arn=definition.arn,
            created_at=self.state.now(),
            containers=[
                Container(name="app", runtime_id=f"{ident}-1", image="app", has_check=has_check)
            ],
            **fields,
        )
        self.state.tasks[ident] = task
        return task

    def begin(self, task: Task) -> None:
        self.begun.append(task.id)

    def stop(self, task: Task, *, code: str, reason: str) -> None:
        if task.desired == RUNNING:
            task.desired, task.stop_code, task.stopped_reason = STOPPED, code, reason
            self.stopped.append((task.id, reason))


def run_task(task: Task, *, state: State) -> None:
    """Bring a task to RUNNING."""
    task.status, task.started_at = RUNNING, state.now()
    task.ip = f"10.0.0.{len(task.id)}{task.id[4:]}"
    task.containers[0].status = RUNNING


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def state(clock: FakeClock) -> State:
    return State(now=clock)
