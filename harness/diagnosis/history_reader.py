"""Reads what happened in the stack during a replay, from ECS, the containers and the app.

Nothing here may fail a replay: what cannot be read is said so in the report.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.aws.eventbridge import RULE_PREFIX
from harness.core.runs import READY_FILE
from harness.diagnosis import control_events
from harness.diagnosis.history import SERVICE, Event, HealthChange, History, Image, Life, Tick
from harness.diagnosis.stop_reason import container_ends, failed, stop_reason
from harness.stack import removal
from harness.standins.contract import TargetEvent, TickEvent, time_of
from harness.target.resources.ecs import (
    INTENDED_STOP_CODES,
    STARTED_BY_HARNESS,
    STATUSES,
    address_of,
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

    Read = TypeVar("Read")

COMMAND = "schedule:run"
_SERVICES = tuple(role for role in reversed(removal.REMOVAL_ORDER) if role not in ("task", "pause"))


@dataclass(frozen=True)
class Sources:
    """Where it can be read; None where the target does not let us."""

    access: Access
    web: WebTier | None = None
    containers: Containers | None = None
    app_ticks: Callable[[datetime], list[dict[str, Any]]] | None = None
    """What the app's scheduler says that it ran."""


def read(sources: Sources, *, since: datetime) -> History:
    """Read what the target tells of the time since then."""
    unread: list[str] = []

    def got(what: str, ask: Callable[[], Read], *, without: Read) -> Read:
        try:
            return ask()
        # A report is written in any case.
        except Exception as error:  # noqa: BLE001
            unread.append(f"{what}: {error}")
            return without

    access, web, containers = sources.access, sources.web, sources.containers
    tasks: list[dict[str, Any]] = []
    told = History()
    log: list[ControlEvent] = []
    if containers is not None:
        log = got("the log of control", lambda: list(control_events.read(containers)), without=[])
        none: tuple[Life, ...] = ()
        services = got(
            "services", lambda: tuple(_services(containers, access=access)), without=none
        )
        told = replace(told, lives=services)
    if web is not None:
        tasks = got(
            "tasks",
            lambda: find_tasks(web.ecs, cluster=access.cluster, statuses=STATUSES),
            without=[],
        )
        told = replace(
            told,
            events=got("service events", lambda: _events(web.ecs, access=access), without=()),
            targets=got("targets", lambda: tuple(map(str, web.targets())), without=()),
        )
    changes = tuple(_changes(log, tasks=tasks))
    # Only where the containers are ours are their logs saved, in the run directory.
    told_of = partial(_life, changes=changes, logs=containers is not None)
    lives = tuple(sorted(map(told_of, tasks), key=_began))
    ran: list[dict[str, Any]] = []
    if sources.app_ticks and any(t.due >= since for t in _ticks(log, tasks=tasks, ran=[])):
        app_ticks = sources.app_ticks
        ran = got("what the scheduler ran", lambda: app_ticks(since), without=[])
    return replace(
        told,
        lives=told.lives + tuple(one for one in lives if (one.stopped_at or since) >= since),
        events=tuple(one for one in told.events if one.at >= since),
        health=tuple(one for one in changes if one.at >= since),
        ticks=tuple(one for one in _ticks(log, tasks=tasks, ran=ran) if one.due >= since),
        images=got("images", lambda: tuple(_images(access.run_dir)), without=()),
        unread=tuple(unread),
    )


def _began(life: Life) -> datetime:
    return life.created_at or datetime.min.replace(tzinfo=UTC)


# --- our own services -------------------------------------------------------------------------


def _services(containers: Containers, *, access: Access) -> Iterator[Life]:
    for role in _SERVICES:
        for one in containers.of_role(role, also_stopped=True):
            state = one.attrs["State"]
            runs = one.status == "running"
            yield Life(
                kind=SERVICE,
                name=role,
                created_at=_docker_time(one.attrs.get("Created", "")),
                started_at=_docker_time(state.get("StartedAt", "")),
                ready_at=_ready_at(access, role=role),
                stopped_at=None if runs else _docker_time(state.get("FinishedAt", "")),
                end="" if runs else f"{one.status}, exit code {state.get('ExitCode')}",
                failed=not runs,
                folders=((role, f"services/{role}"),),
            )


def _ready_at(access: Access, *, role: str) -> datetime | None:
    file = Path(access.run_dir) / "services" / role / READY_FILE
    return datetime.fromisoformat(file.read_text(encoding="utf-8")) if file.is_file() else None


def _docker_time(stamp: str) -> datetime | None:
    # Docker writes nanoseconds, and year 1 for what has not happened.
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?", stamp)
    if found is None or stamp.startswith("0001"):
        return None
    fraction = (found[2] or ".0")[1:].ljust(6, "0")
    return datetime.fromisoformat(f"{found[1]}.{fraction}").replace(tzinfo=UTC)


# --- tasks ------------------------------------------------------------------------------------


def _life(task: Mapping[str, Any], *, changes: Iterable[HealthChange], logs: bool) -> Life:
    name = task_id(task["taskArn"])
    family, _, revision = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")
    healthy = [one.at for one in changes if one.task == name and one.state == "healthy"]
    return Life(
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
            (one["name"], f"tasks/{family}-{name}/{one['name']}")
            for one in task.get("containers", [])
            if logs and (not _stopped(task) or one.get("exitCode") is not None)
        ),
    )


def _by(task: Mapping[str, Any]) -> str:
    started_by = str(task.get("startedBy") or "")
    if started_by == STARTED_BY_HARNESS:
        return "run by a scenario"
    if started_by.startswith(RULE_PREFIX):
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


def _events(ecs: Any, *, access: Access) -> tuple[Event, ...]:
    names = list(access.services.values())
    found = [
        Event(one["createdAt"], service["serviceName"], _shorter(one["message"]))
        for service in ecs.describe_services(cluster=access.cluster, services=names)["services"]
        for one in service.get("events", [])
    ]
    return tuple(sorted(found, key=lambda one: one.at))


def _shorter(message: str) -> str:
    """Drop the service's name, which has its own column."""
    return re.sub(r"^\(service [^,)]+\) ", "", message)


def _changes(
    log: Iterable[ControlEvent], *, tasks: Iterable[dict[str, Any]]
) -> Iterator[HealthChange]:
    """Read the changes of target health; addresses are used again, so time tells whose it was."""
    by_address: dict[str, list[dict[str, Any]]] = {}
    for task in tasks:
        by_address.setdefault(address_of(task), []).append(task)
    for event in log:
        if isinstance(event, TargetEvent):
            at = time_of(event)
            owners = [one for one in by_address.get(event.address, []) if _lived(one, at=at)]
            owner = task_id(owners[-1]["taskArn"]) if owners else ""
            yield HealthChange(at, event.address, event.state, event.description, owner)


def _lived(task: Mapping[str, Any], *, at: datetime) -> bool:
    began, ended = task.get("createdAt"), task.get("stoppedAt")
    return (began is None or began <= at) and (ended is None or at <= ended)


def _ticks(
    log: Iterable[ControlEvent], *, tasks: Iterable[dict[str, Any]], ran: list[dict[str, Any]]
) -> list[Tick]:
    by_id = {
        task_id(one["taskArn"]): one
        for one in tasks
        if str(one.get("startedBy") or "").startswith(RULE_PREFIX)
    }
    found: list[Tick] = []
    for event in log:
        if not isinstance(event, TickEvent):
            continue
        due = datetime.fromisoformat(event.due)
        if event.outcome != "started":
            found.append(Tick(due, end=f"{event.outcome}: {event.reason}"))
        found += [
            _tick(by_id.pop(task, {}), task=task, due=due, ran=ran)
            for task in map(task_id, event.tasks)
        ]
    # EventBridge's ticks are not logged; and the log of control may be younger than its tasks.
    for task, one in by_id.items():
        found.append(_tick(one, task=task, due=one["createdAt"], ran=ran))
    return sorted(found, key=lambda one: one.due)


def _tick(
    described: Mapping[str, Any], *, task: str, due: datetime, ran: list[dict[str, Any]]
) -> Tick:
    own = [one for one in ran if one["task"] == task]
    commands = [one["started_at"] for one in own if one["name"] == COMMAND and one["started_at"]]
    began = datetime.fromisoformat(commands[0]) if commands else described.get("startedAt")
    return Tick(
        due=due,
        task=task,
        command_at=began,
        end=_end(described) or ("still runs" if described else "forgotten"),
        ran=tuple(
            f"{one['name']} {one['outcome'] or 'has no end'}"
            for one in own
            if one["name"] != COMMAND
        ),
    )


# --- images -----------------------------------------------------------------------------------


def _images(run_dir: str) -> Iterator[Image]:
    file = Path(run_dir) / "images.json"
    if run_dir and file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
        for name, one in sorted(found.items()):
            yield Image(name, one["reference"], one["id"])
