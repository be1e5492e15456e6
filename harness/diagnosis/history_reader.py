"""Reads the timeline of a replay from ECS, the containers and the app.

Nothing here may fail a replay: the report names each source that could not be read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.aws.eventbridge import STARTED_BY_PREFIXES
from harness.core.runs import READY_FILE
from harness.diagnosis import control_events
from harness.diagnosis.history import SERVICE, Event, HealthChange, History, Image, Lifespan, Tick
from harness.diagnosis.stop_reason import container_ends, failed, stop_reason
from harness.stack import removal
from harness.stack.engine import parse_time
from harness.standins.contract import TargetEvent, TickEvent, time_of
from harness.target.resources.ecs import (
    BY_SCENARIOS,
    INTENDED_STOP_CODES,
    STATUSES,
    address_of,
    find_services,
    find_tasks,
    task_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypeVar

    from harness.stack.containers import Containers
    from harness.standins.contract import ControlEvent
    from harness.target.access import Access
    from harness.target.resources.web_tier import WebTier

    Item = TypeVar("Item")

COMMAND = "schedule:run"
_NEVER = datetime.min.replace(tzinfo=UTC)
_COMPONENTS = tuple(
    role for role in reversed(removal.REMOVAL_ORDER) if role not in ("task", "pause")
)


@dataclass(frozen=True)
class Sources:
    """Where it can be read; None where the target does not let us."""

    access: Access
    web: WebTier | None = None
    containers: Containers | None = None
    app_ticks: Callable[[datetime], list[dict[str, Any]]] | None = None
    """The app's own record of its scheduled commands."""


def read(sources: Sources, *, since: datetime) -> History:
    """Read the timeline since a time, as far as the target shows it."""
    return _Reader(sources, since=since).read()


class _Reader:
    """Reads one history; a source that fails leaves its part empty."""

    def __init__(self, sources: Sources, *, since: datetime) -> None:
        self._sources = sources
        self._since = since
        self._unread: list[str] = []

    def read(self) -> History:
        since, attempt = self._since, self._attempt
        events = attempt("the log of control", self._control_events)
        tasks = attempt("tasks", self._tasks)
        changes = tuple(_changes(events, tasks=tasks))
        return History(
            lifespans=(
                *attempt("components", self._components),
                *self._task_lifespans(tasks, changes=changes),
            ),
            events=tuple(attempt("service events", self._events)),
            health=tuple(change for change in changes if change.at >= since),
            ticks=tuple(self._ticks(events, tasks=tasks)),
            targets=tuple(attempt("targets", self._targets)),
            images=tuple(attempt("images", self._images)),
            unread=tuple(self._unread),
        )

    def _attempt(self, title: str, ask: Callable[[], list[Item]]) -> list[Item]:
        try:
            return ask()
        # A report is written in any case.
        except Exception as error:  # noqa: BLE001
            self._unread.append(f"{title}: {error}")
            return []

    def _control_events(self) -> list[ControlEvent]:
        containers = self._sources.containers
        return list(control_events.read(containers)) if containers else []

    def _tasks(self) -> list[dict[str, Any]]:
        web, cluster = self._sources.web, self._sources.access.cluster
        return find_tasks(web.ecs, cluster=cluster, statuses=STATUSES) if web else []

    def _events(self) -> list[Event]:
        web, access = self._sources.web, self._sources.access
        if web is None:
            return []
        names = list(access.services.values())
        services = find_services(web.ecs, names, cluster=access.cluster)
        events = [
            Event(event["createdAt"], service["serviceName"], _shorter(event["message"]))
            for service in services
            for event in service.get("events", [])
        ]
        return sorted((e for e in events if e.at >= self._since), key=lambda event: event.at)

    def _targets(self) -> list[str]:
        return list(map(str, self._sources.web.targets())) if self._sources.web else []

    def _components(self) -> list[Lifespan]:
        containers, access = self._sources.containers, self._sources.access
        return [
            _component_lifespan(role, container, access=access)
            for role in _COMPONENTS
            for container in (containers.of_role(role, also_stopped=True) if containers else ())
        ]

    def _task_lifespans(
        self, tasks: Iterable[Mapping[str, Any]], *, changes: Iterable[HealthChange]
    ) -> list[Lifespan]:
        # Only where the containers are ours are their logs saved, in the run directory.
        logs = self._sources.containers is not None
        lifespans = [_task_lifespan(task, changes=changes, logs=logs) for task in tasks]
        recent = [
            lifespan
            for lifespan in lifespans
            if (lifespan.stopped_at or self._since) >= self._since
        ]
        return sorted(recent, key=lambda lifespan: lifespan.created_at or _NEVER)

    def _ticks(
        self, events: Iterable[ControlEvent], *, tasks: Iterable[Mapping[str, Any]]
    ) -> list[Tick]:
        due = [tick for tick in _ticks(events, tasks=tasks) if tick.due >= self._since]
        app_ticks = self._sources.app_ticks
        if not due or app_ticks is None:
            return due
        runs = self._attempt("what the scheduler ran", lambda: app_ticks(self._since))
        return [_with_runs(tick, [run for run in runs if run["task"] == tick.task]) for tick in due]

    def _images(self) -> list[Image]:
        run_dir = self._sources.access.run_dir
        file = Path(run_dir) / "images.json"
        if not run_dir or not file.is_file():
            return []
        images = json.loads(file.read_text(encoding="utf-8"))
        return [Image(name, item["reference"], item["id"]) for name, item in sorted(images.items())]


# --- components -------------------------------------------------------------------------------


def _component_lifespan(role: str, container: Any, *, access: Access) -> Lifespan:
    state, runs = container.attrs["State"], container.status == "running"
    return Lifespan(
        kind=SERVICE,
        name=role,
        created_at=parse_time(container.attrs.get("Created", "")),
        started_at=parse_time(state.get("StartedAt", "")),
        ready_at=_ready_at(access, role=role),
        stopped_at=None if runs else parse_time(state.get("FinishedAt", "")),
        end="" if runs else f"{container.status}, exit code {state.get('ExitCode')}",
        failed=not runs,
        folders=((role, f"services/{role}"),),
    )


def _ready_at(access: Access, *, role: str) -> datetime | None:
    file = Path(access.run_dir) / "services" / role / READY_FILE
    return datetime.fromisoformat(file.read_text(encoding="utf-8")) if file.is_file() else None


# --- tasks ------------------------------------------------------------------------------------


def _task_lifespan(
    task: Mapping[str, Any], *, changes: Iterable[HealthChange], logs: bool
) -> Lifespan:
    name = task_id(task["taskArn"])
    family, _, revision = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")
    healthy = [item.at for item in changes if item.task == name and item.state == "healthy"]
    return Lifespan(
        kind=family,
        name=name,
        detail=f"revision {revision}, {_by(task)}",
        created_at=task.get("createdAt"),
        started_at=task.get("startedAt"),
        ready_at=min(healthy, default=None),
        stopping_at=task.get("stoppingAt"),
        stopped_at=task.get("stoppedAt"),
        end=_end(task),
        failed=_stopped(task) and failed(task),
        folders=tuple(
            (container["name"], f"tasks/{family}-{name}/{container['name']}")
            for container in task.get("containers", [])
            if logs and (not _stopped(task) or container.get("exitCode") is not None)
        ),
    )


def _by(task: Mapping[str, Any]) -> str:
    started_by = str(task.get("startedBy") or "")
    if started_by in BY_SCENARIOS:
        return "run by a scenario"
    if started_by.startswith(STARTED_BY_PREFIXES):
        return "run by the rule"
    group = str(task.get("group", "")).removeprefix("service:")
    return f"of service {group}" if started_by.startswith("ecs-svc/") else "run by hand"


def _end(task: Mapping[str, Any]) -> str:
    if not _stopped(task):
        return ""
    if failed(task) or task.get("stopCode") in INTENDED_STOP_CODES:
        return stop_reason(task)
    return "; ".join(container_ends(task))


def _stopped(task: Mapping[str, Any]) -> bool:
    return task.get("lastStatus") == "STOPPED"


# --- events, health, ticks --------------------------------------------------------------------


def _shorter(message: str) -> str:
    """Drop the service's name, which has its own column."""
    return re.sub(r"^\(service [^,)]+\) ", "", message)


def _changes(
    events: Iterable[ControlEvent], *, tasks: Iterable[Mapping[str, Any]]
) -> Iterator[HealthChange]:
    """Find the task of each change of health; tasks use an address again, one after another."""
    by_address: dict[str, list[Mapping[str, Any]]] = {}
    for task in tasks:
        by_address.setdefault(address_of(task), []).append(task)
    for event in events:
        if isinstance(event, TargetEvent):
            at = time_of(event)
            owners = [task for task in by_address.get(event.address, []) if _existed(task, at=at)]
            owner = task_id(owners[-1]["taskArn"]) if owners else ""
            yield HealthChange(at, event.address, event.state, event.description, owner)


def _existed(task: Mapping[str, Any], *, at: datetime) -> bool:
    began, ended = task.get("createdAt"), task.get("stoppedAt")
    return (began is None or began <= at) and (ended is None or at <= ended)


def _ticks(events: Iterable[ControlEvent], *, tasks: Iterable[Mapping[str, Any]]) -> list[Tick]:
    by_rule = {
        task_id(task["taskArn"]): task
        for task in tasks
        if str(task.get("startedBy") or "").startswith(STARTED_BY_PREFIXES)
    }
    ticks: list[Tick] = []
    for event in events:
        if not isinstance(event, TickEvent):
            continue
        due = datetime.fromisoformat(event.due)
        if event.outcome != "started":
            ticks.append(Tick(due, end=f"{event.outcome}: {event.reason}"))
        ticks += [_tick(by_rule.pop(name, {}), name, due) for name in map(task_id, event.tasks)]
    # EventBridge's ticks are not logged; and the log of control may be younger than its tasks.
    ticks += [_tick(task, name, task["createdAt"]) for name, task in by_rule.items()]
    return sorted(ticks, key=lambda tick: tick.due)


def _tick(task: Mapping[str, Any], name: str, due: datetime) -> Tick:
    end = _end(task) or ("still runs" if task else "forgotten")
    return Tick(due=due, task=name, command_at=task.get("startedAt"), end=end)


def _with_runs(tick: Tick, runs: Iterable[Mapping[str, Any]]) -> Tick:
    """Add the commands that the app's scheduler ran in a tick's task."""
    commands = [run for run in runs if run["name"] != COMMAND]
    starts = [run["started_at"] for run in runs if run["name"] == COMMAND and run["started_at"]]
    return replace(
        tick,
        command_at=datetime.fromisoformat(starts[0]) if starts else tick.command_at,
        ran=tuple(f"{run['name']} {run['outcome'] or 'has no end'}" for run in commands),
    )
