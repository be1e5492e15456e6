"""The one place of state: every record, one lock, one condition, one file.

Slow work (Docker, HTTP) is done outside the lock; whoever changes a record calls ``changed()``,
which wakes those who wait and has the file written. No secret is ever in a record, so none is in
the file.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from harness.core import codec
from harness.core.errors import ConfigError
from harness.standins.control.state import model

KEEP_STOPPED_S = 3600.0
KEEP_EVENTS = 100
_FIELDS = fields(model.Records)


class State:
    """All records of one control container."""

    def __init__(self, *, now: Callable[[], float] = time.time, path: Path | None = None) -> None:
        self.now = now
        self.path = path
        self.condition = threading.Condition(threading.RLock())
        self.version = 0
        self.clusters: dict[str, float] = {}
        self.cluster_tags: dict[str, dict[str, str]] = {}
        self.definitions: dict[str, list[model.Definition]] = {}
        self.services: dict[str, model.Service] = {}
        self.tasks: dict[str, model.Task] = {}
        self.target_groups: dict[str, model.TargetGroup] = {}
        self.load_balancers: dict[str, model.LoadBalancer] = {}
        self.listeners: dict[str, model.Listener] = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock for a few reads or changes."""
        with self.condition:
            yield

    def changed(self) -> None:
        """Note that a record changed, and wake everything that waits."""
        with self.condition:
            self.version += 1
            self.condition.notify_all()

    def wait(self, *, version: int, timeout_s: float) -> int:
        """Wait for a change since version ``version``, or for the time; return the version."""
        with self.condition:
            if self.version == version:
                self.condition.wait(timeout_s)
            return self.version

    def wait_for(self, predicate: Callable[[], bool], *, timeout_s: float | None) -> bool:
        """Wait until ``predicate``, asked under the lock after each change, is true."""
        with self.condition:
            return self.condition.wait_for(predicate, timeout_s)

    def definition(self, arn: str) -> model.Definition:
        """Return the registered revision with this ARN."""
        family, _, revision = arn.rsplit("/", 1)[-1].partition(":")
        return self.definitions[family][int(revision) - 1]

    def tasks_of(self, service: str) -> list[model.Task]:
        """Return a service's tasks, oldest first."""
        return [task for task in self.tasks.values() if task.service == service]

    def event(self, service: model.Service, *, message: str, task_set: str = "") -> None:
        """Add a service event; they are kept newest first, as ECS lists them."""
        subject = f"{service.name}, taskSet {task_set}" if task_set else service.name
        full = f"(service {subject}) {message}"
        entry = model.Event(id=_uuid(), at=self.now(), message=full)
        service.events.insert(0, entry)
        del service.events[KEEP_EVENTS:]

    def group_of(self, service: model.Service) -> model.TargetGroup | None:
        """Return the target group that the service registers its tasks in."""
        balancer = service.load_balancer
        if balancer is None:
            return None
        return next(
            (g for g in self.target_groups.values() if g.arn == balancer["targetGroupArn"]), None
        )

    def target_of(self, task: model.Task) -> tuple[model.TargetGroup, model.Target] | None:
        """Return the task's registered target, if it has one."""
        service = self.services.get(task.service)
        group = self.group_of(service) if service else None
        if group is None or service is None or service.load_balancer is None or not task.ip:
            return None
        target = group.targets.get(f"{task.ip}:{service.load_balancer['containerPort']}")
        return (group, target) if target else None

    def is_forwarded_to(self, group: model.TargetGroup) -> bool:
        """Return whether a listener or rule forwards to this group."""
        return any(group.arn in item.forwards_to() for item in self.listeners.values())

    def forget_old_tasks(self) -> list[model.Task]:
        """Drop tasks that stopped more than an hour ago and return them."""
        limit = self.now() - KEEP_STOPPED_S
        with self.lock():
            old = [t for t in self.tasks.values() if t.stopped_at and t.stopped_at < limit]
            for task in old:
                del self.tasks[task.id]
        return old

    def save(self) -> None:
        """Write the file, atomically."""
        if self.path is None:
            return
        with self.lock():
            text = json.dumps(codec.encode(self._records()))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.path)

    def _records(self) -> model.Records:
        return model.Records(**{item.name: getattr(self, item.name) for item in _FIELDS})

    def load(self) -> dict[str, model.Task]:
        """Read the file if there is one; return its tasks, which labels must confirm.

        Raises:
            ConfigError: The file does not fit this version.
        """
        if self.path is None or not self.path.exists():
            return {}
        try:
            records = codec.decode(model.Records, json.loads(self.path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ConfigError(
                f"cannot read {self.path}: {error}",
                where=str(self.path),
                hint="run cutover down, then cutover up",
            ) from error
        with self.lock():
            for item in _FIELDS:
                if item.name != "tasks":
                    setattr(self, item.name, getattr(records, item.name))
        return records.tasks


def _uuid() -> str:
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
