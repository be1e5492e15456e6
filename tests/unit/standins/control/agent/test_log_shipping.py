"""The lines of containers in CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.standins.control.agent.engine import EngineError
from harness.standins.control.agent.log_shipping import LogShipper, Stream, stream_of
from harness.standins.control.state.model import Container, Definition, Task

OPTIONS = {
    "awslogs-group": "/ecs/shop",
    "awslogs-region": "eu-west-1",
    "awslogs-stream-prefix": "web",
}
APP = Stream("eu-west-1", "/ecs/shop", "web/app/0123")


class FakeLogs:
    class exceptions:  # noqa: N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):
            pass

    def __init__(self) -> None:
        self.has_group = True
        self.events: list[tuple[str, str, list[tuple[int, str]]]] = []

    def describe_log_groups(self, **_: str) -> dict[str, Any]:
        groups = ["/ecs/shop-other", *(["/ecs/shop"] if self.has_group else [])]
        return {"logGroups": [{"logGroupName": group} for group in groups]}

    def create_log_stream(self, **_: str) -> None:
        raise self.exceptions.ResourceAlreadyExistsException

    def put_log_events(self, **call: Any) -> None:
        lines = [(event["timestamp"], event["message"]) for event in call["logEvents"]]
        self.events.append((call["logGroupName"], call["logStreamName"], lines))


def shipped(
    lines: Callable[[str], Iterator[str]], *, driver: str = "awslogs", **options: str
) -> FakeLogs:
    logs = FakeLogs()
    shipper = LogShipper(follow=lines, logs=lambda _: logs)
    shipper.begin(*task_and_definition(driver, **options), "d1")
    deadline = time.monotonic() + 5
    shipper.follow_waiting()
    while not logs.events and time.monotonic() < deadline and driver == "awslogs":
        shipper.flush()
    return logs


def task_and_definition(driver: str = "awslogs", **options: str) -> tuple[Task, Definition]:
    container = {
        "name": "app",
        "image": "shop",
        "logConfiguration": {"logDriver": driver, "options": {**OPTIONS, **options}},
    }
    task = Task(
        id="0123",
        arn="arn:x",
        definition_arn="arn:y",
        group="",
        created_at=0.0,
        containers=[Container(name="app", runtime_id="r", image="shop", docker_id="d1")],
    )
    return task, definition_of(container)


def definition_of(container: dict[str, Any]) -> Definition:
    return Definition(
        arn="arn:y",
        family="shop",
        revision=1,
        raw={"family": "shop", "containerDefinitions": [container]},
        registered_at=0.0,
    )


def two_lines(docker_id: str) -> Iterator[str]:
    assert docker_id == "d1"
    yield "2026-11-27T20:00:01.500000000Z second"
    yield "2026-11-27T20:00:00.250000000Z first = 1"
    raise EngineError("No such container")


def test_a_containers_lines_go_to_its_stream_with_their_times() -> None:
    (written,) = shipped(two_lines).events
    at = 1795809600000
    lines = [(at + 250, "first = 1"), (at + 1500, "second")]
    assert written == ("/ecs/shop", "web/app/0123", lines)


def test_another_driver_ships_nothing() -> None:
    assert shipped(two_lines, driver="splunk").events == []


@pytest.mark.parametrize(
    ("changes", "stream"),
    [
        ({}, APP),
        ({"awslogs-stream-prefix": ""}, Stream("eu-west-1", "/ecs/shop", "0123")),
        ({"awslogs-group": ""}, None),
        ({"awslogs-region": ""}, None),
    ],
)
def test_a_streams_name_is_prefix_container_and_task(
    changes: dict[str, str], stream: Stream | None
) -> None:
    assert stream_of({**OPTIONS, **changes}, container="app", task="0123") == stream


def test_nothing_is_read_until_the_group_exists() -> None:
    read: list[str] = []

    def follow(docker_id: str) -> Iterator[str]:
        read.append(docker_id)
        yield from ()

    logs = FakeLogs()
    logs.has_group = False
    shipper = LogShipper(follow=follow, logs=lambda _: logs)
    task, definition = task_and_definition()
    shipper.begin(task, definition, "d1")
    shipper.follow_waiting()
    assert read == []
    logs.has_group = True
    shipper.follow_waiting()
    shipper.follow_waiting()
    deadline = time.monotonic() + 5
    while not read and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read == ["d1"]
