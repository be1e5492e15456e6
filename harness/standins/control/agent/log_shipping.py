"""The awslogs driver: each container's lines go to CloudWatch Logs, as they come.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.core.redact import redact
from harness.standins.control.agent.engine import EngineError
from harness.standins.control.state.model import Definition, Task

log = logging.getLogger(__name__)

_WRITE_EVERY_S = 2.0
_LOOK_EVERY_S = 10.0
"""How often it looks for the groups while there is none."""
_MOST_WAITING = 1000
_MOST_LINES = 20_000
_MOST_EVENTS = 1000
_MOST_CHARACTERS = 16_384
"""Docker divides a longer line itself."""


@dataclass(frozen=True)
class Stream:
    """A log stream, and the account's region that has it."""

    region: str
    group: str
    name: str


def stream_of(options: Mapping[str, str], *, container: str, task: str) -> Stream | None:
    """Return the stream of a container's awslogs options; None where they name no group."""
    group, region = options.get("awslogs-group"), options.get("awslogs-region")
    if not group or not region:
        return None
    prefix = options.get("awslogs-stream-prefix")
    return Stream(region, group, f"{prefix}/{container}/{task}" if prefix else task)


def _time(stamp: str) -> datetime:
    """Return the time of Docker's stamp, which has nanoseconds."""
    return datetime.fromisoformat(stamp[:26].rstrip("Z") + "+00:00")


class LogShipper:
    """Follows the output of the containers that have a log group, and writes it to their streams.

    A stack has the groups once it is used as an account (``cutover env`` makes them): until then
    nothing is read. Lines that cannot be written are dropped, as the driver's non-blocking mode
    drops them: no task waits for its log.

    Args:
        follow: Yields the lines of a container with Docker's stamps, until it ends.
        logs: Makes a client of CloudWatch Logs for a region.
    """

    def __init__(
        self, *, follow: Callable[[str], Iterator[str]], logs: Callable[[str], Any]
    ) -> None:
        self._follow = follow
        self._logs = logs
        self._waiting: deque[tuple[str, Stream]] = deque(maxlen=_MOST_WAITING)
        self._lines: deque[tuple[Stream, int, str]] = deque(maxlen=_MOST_LINES)
        self._known: set[Stream] = set()
        self._pause = threading.Event()

    def begin(self, task: Task, definition: Definition, docker_id: str) -> None:
        """Take a container of a task that has started, if its definition has the driver."""
        item = next(container for container in task.containers if container.docker_id == docker_id)
        settings = definition.parsed.container(item.name).raw.get("logConfiguration") or {}
        if settings.get("logDriver") != "awslogs":
            return
        stream = stream_of(settings.get("options") or {}, container=item.name, task=task.id)
        if stream is not None:
            self._waiting.append((docker_id, stream))

    def run(self) -> None:
        """Look for groups, and write the lines that have come, for ever."""
        looked_at = -_LOOK_EVERY_S
        while not self._pause.wait(_WRITE_EVERY_S):
            if self._known or time.monotonic() - looked_at >= _LOOK_EVERY_S:
                looked_at = time.monotonic()
                self.follow_waiting()
            self.flush()

    def follow_waiting(self) -> None:
        """Follow the waiting containers that have their group by now."""
        groups: dict[tuple[str, str], bool] = {}
        for _ in range(len(self._waiting)):
            docker_id, stream = self._waiting.popleft()
            key = (stream.region, stream.group)
            if key not in groups:
                groups[key] = self._exists(stream)
            if not groups[key]:
                self._waiting.append((docker_id, stream))
                continue
            self._known.add(stream)
            threading.Thread(target=self._read, args=(docker_id, stream), daemon=True).start()

    def _exists(self, stream: Stream) -> bool:
        try:
            answer = self._logs(stream.region).describe_log_groups(logGroupNamePrefix=stream.group)
        except (BotoCoreError, ClientError) as error:
            log.warning("log group %s: %s", stream.group, redact(str(error)))
            return False
        return any(group["logGroupName"] == stream.group for group in answer["logGroups"])

    def flush(self) -> None:
        """Write the lines that have come so far."""
        by_stream: dict[Stream, list[dict[str, Any]]] = {}
        while self._lines:
            stream, at_ms, text = self._lines.popleft()
            event = {"timestamp": at_ms, "message": text or " "}
            by_stream.setdefault(stream, []).append(event)
        for stream, events in by_stream.items():
            try:
                self._write(stream, sorted(events, key=lambda event: int(event["timestamp"])))
            except (BotoCoreError, ClientError) as error:
                log.warning("log stream %s: %s", stream.name, redact(str(error)))

    def _read(self, docker_id: str, stream: Stream) -> None:
        with suppress(EngineError):  # the container is gone
            for line in self._follow(docker_id):
                stamp, _, text = line.partition(" ")
                at_ms = int(_time(stamp).timestamp() * 1000)
                self._lines.append((stream, at_ms, text[:_MOST_CHARACTERS]))

    def _write(self, stream: Stream, events: list[dict[str, Any]]) -> None:
        client = self._logs(stream.region)
        names = {"logGroupName": stream.group, "logStreamName": stream.name}
        with suppress(client.exceptions.ResourceAlreadyExistsException):
            client.create_log_stream(**names)
        for first in range(0, len(events), _MOST_EVENTS):
            client.put_log_events(**names, logEvents=events[first : first + _MOST_EVENTS])
