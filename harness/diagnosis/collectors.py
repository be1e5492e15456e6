"""Collectors of evidence about the web tier, the app, and the logs of tasks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.core.labels import LABEL_FAMILY, LABEL_STARTED_BY, LABEL_TASK_ID
from harness.diagnosis import background_collectors as background
from harness.diagnosis.evidence import BEFORE, Collector, Line
from harness.diagnosis.facts import (
    SHARED_DRIVERS,
    Deployment,
    DroppedCommand,
    ForwardedFor,
    StoppedTask,
    VisitorRequest,
    VisitorSession,
    dropped_command,
    stopped_task,
)
from harness.diagnosis.log_entries import LogEntry, choose, entries
from harness.diagnosis.patterns.pattern import Source
from harness.diagnosis.stop_reason import NEVER_STARTED, failed
from harness.stack.engine import parse_time
from harness.target.clients.browser import cookie_from
from harness.target.resources import secret_references
from harness.target.resources.ecs import (
    PROVOKED_BY_HARNESS,
    php_container,
    stopped_at,
    task_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.diagnosis.evidence import EvidenceSources
    from harness.diagnosis.scope import Scope
    from harness.target.resources.secret_references import NamedSecret
    from harness.target.resources.web_tier import WebTier

LINES_READ = 2000
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_EVENTS = 30
_FORWARDING = "routing.http.xff_header_processing.mode"
_ALL_KEPT = 100
"""ECS's own default for minimumHealthyPercent."""
_APPEND = "append"
_TASKS_SHOWN = 6
_ASKED = 4
"""Often enough that both tasks answer."""


def stopped_web_tasks(sources: EvidenceSources) -> Iterator[StoppedTask]:
    """Read the web tasks that failed."""
    scope = sources.scope
    for task in _web(sources).tasks(status="STOPPED"):
        if scope.has_group("web") and scope.has_time(stopped_at(task)) and failed(task):
            service = str(task.get("group", "")).partition(":")[2]
            yield stopped_task(task, group=sources.groups.get(service, service))


def target_health(sources: EvidenceSources) -> Iterator[Line]:
    """Read the health of the target group's members."""
    explains = sources.scope.has_group("web") and sources.scope.has_time(datetime.now(UTC))
    source = Source.TARGET_HEALTH if explains else None
    return (Line(str(target), source) for target in _web(sources).targets())


def deployment(sources: EvidenceSources) -> Iterator[Deployment]:
    """Read the service's settings for deployments."""
    configuration = _web(sources).describe().get("deploymentConfiguration", {})
    breaker = configuration.get("deploymentCircuitBreaker", {})
    yield Deployment(
        rolls_back=bool(breaker.get("enable") and breaker.get("rollback")),
        minimum_healthy_percent=configuration.get("minimumHealthyPercent", _ALL_KEPT),
    )


def forwarding(sources: EvidenceSources) -> Iterator[ForwardedFor]:
    """Read how the load balancer treats X-Forwarded-For."""
    mode = _web(sources).balancer.attributes().get(_FORWARDING, _APPEND)
    if mode != _APPEND:
        yield ForwardedFor(mode)


def service_events(sources: EvidenceSources) -> Iterator[Line]:
    """Read the web service's events, oldest first."""
    for event in reversed(_web(sources).describe().get("events", [])[:_EVENTS]):
        at = event["createdAt"]
        text = f"{at.astimezone(UTC):%H:%M:%S} {event['message']}"
        if at >= sources.since - BEFORE:
            explains = sources.scope.has_group("web") and sources.scope.has_time(at)
            yield Line(text, Source.SERVICE_EVENT if explains else None)


def secrets(sources: EvidenceSources) -> Iterator[NamedSecret]:
    """Read the secret of each variable, and its fault.

    A task that never started has the word: its definition is not the service's own any more once a
    deployment was rolled back. No value is shown.
    """
    web = _web(sources)
    refused = [
        task["taskDefinitionArn"]
        for task in web.tasks(status="STOPPED")
        if task.get("stopCode") == NEVER_STARTED and sources.scope.has_time(stopped_at(task))
    ]
    yield from secret_references.read(
        web.definition(refused[0] if refused else ""),
        client=sources.clients.get("secretsmanager"),
        group=sources.groups.get(web.name, ""),
    )


def app(sources: EvidenceSources) -> Iterator[VisitorRequest | VisitorSession]:
    """Ask the app about its visitor and its session cookie."""
    visitor = sources.visitor
    if visitor is None:
        return
    yield VisitorRequest.of(visitor.probe.whoami())
    answer = visitor.probe.send_signed(visitor.probe.signed("GET", "session"))
    first = answer.json()
    cookie = cookie_from(answer, first["cookie"]) or {}
    path = cookie.get("path", "/")
    session = VisitorSession(
        driver=first["driver"],
        cookie=first["cookie"],
        expected_cookie=visitor.cookie_name,
        path="/" if sources.access.pages.are_below(path) else path,
    )
    if session.path != "/":
        yield session
    elif cookie and not visitor.http.cookies:
        domain = cookie.get("domain", "")
        yield replace(
            session, domain=domain, max_age=None if domain else cookie.get("max-age", "(none)")
        )
    else:
        ids = (visitor.probe.session()["session"] for _ in range(_ASKED))
        yield replace(session, shared=all(session_id == first["session"] for session_id in ids))


def declared_session(sources: EvidenceSources) -> Iterator[VisitorSession]:
    """Read the session's settings in the web task's definition, where no probe tells them."""
    if sources.visitor is not None:
        return
    container = php_container(_web(sources).definition(), access=sources.access)
    values = {variable["name"]: variable["value"] for variable in container.get("environment", ())}
    driver = values.get("SESSION_DRIVER", "")
    if driver == "file" and sources.access.shared_paths:
        driver = ""
    path, domain = values.get("SESSION_PATH") or "/", values.get("SESSION_DOMAIN") or ""
    is_own = f".{sources.access.public_host}".endswith(f".{domain.lstrip('.')}")
    yield VisitorSession(
        driver=driver or SHARED_DRIVERS[0],
        cookie="",
        expected_cookie="",
        path="/" if sources.access.pages.are_below(path) else path,
        domain="" if is_own or domain == "null" else domain,
    )


def task_logs(sources: EvidenceSources) -> Iterator[Line]:
    """Read the logs of the tasks' containers, each under its own heading; not of provoked ones.

    The log of a task that the scenario did not meet is shown, and explains nothing.
    """
    if sources.containers is None:
        return
    containers = sources.containers.of_role("task", also_stopped=True)
    recent = [
        container
        for container in containers
        if container.labels.get(LABEL_STARTED_BY) != PROVOKED_BY_HARNESS
        and (container.status == "running" or _ended(container, since=sources.since))
    ]
    for container in recent[:_TASKS_SHOWN]:
        group = sources.families.get(container.labels.get(LABEL_FAMILY, ""), "")
        for line in log_of_task(container, group=group, since=sources.since):
            explains = sources.scope.has_group(group) and _is_in_scope(line, sources.scope)
            yield line if explains else replace(line, source=None)


def _is_in_scope(line: Line, scope: Scope) -> bool:
    is_own = scope.has_trace(line.trace) and not scope.is_provoked(line.text)
    return is_own and scope.has_time(line.at)


def log_of_task(container: Any, *, group: str, since: datetime) -> Iterator[Line]:
    """Read the log of a task's container, as lines that may explain a failure."""
    state = "" if container.status == "running" else f", {container.status}"
    heading = f"log of {container.name}{state}"
    subject = f"the {group} task" if group else ""
    task = f"{group or 'a'} task {container.labels.get(LABEL_TASK_ID, container.name)[:8]}"
    for at, text, trace in log_lines(container, since=since):
        yield Line(
            text, Source.APP, subject=subject, heading=heading, task=task, at=at, trace=trace
        )


def cloudwatch_logs(sources: EvidenceSources) -> Iterator[Line]:
    """Read in CloudWatch the logs of the tasks that the scenario met; not of provoked ones."""
    if sources.task_logs is None:
        return
    families = {k: v for k, v in sources.families.items() if sources.scope.has_group(v)}
    for task in sources.task_logs.recent_tasks(families, since=sources.since)[:_TASKS_SHOWN]:
        group = families[family_of(task["taskDefinitionArn"])]
        name = f"{group} task {task_id(task['taskArn'])[:8]}"
        for log in sources.task_logs.streams(task):
            lines = sources.task_logs.lines(log, since=sources.since)
            for at, text, trace in choose(entries((entry.at, entry.text) for entry in lines)):
                line = Line(
                    text,
                    Source.APP,
                    subject=f"the {group} task",
                    heading=f"log of {log.stream}",
                    task=name,
                    at=at,
                    trace=trace,
                )
                yield line if _is_in_scope(line, sources.scope) else replace(line, source=None)


def dropped_commands(sources: EvidenceSources) -> Iterator[DroppedCommand]:
    """Read the tasks in scope that do not run their command."""
    for container in sources.containers.of_role("task") if sources.containers else ():
        group = sources.families.get(container.labels.get(LABEL_FAMILY, ""), "")
        if sources.scope.has_group(group) and (
            command := dropped_command(container.attrs, group=group)
        ):
            yield command


def edge_log(sources: EvidenceSources) -> Iterator[Line]:
    """Read the edge's log, which is shown and explains nothing."""
    for container in sources.containers.of_role("edge") if sources.containers else ():
        yield from (Line(entry.text) for entry in log_lines(container, since=sources.since))


def log_lines(container: Any, *, since: datetime) -> list[LogEntry]:
    """Return the last lines of a container's log, and the errors before them."""
    raw: bytes = container.logs(tail=LINES_READ, since=since.timestamp(), timestamps=True)
    return choose(entries(_timed(line) for line in raw.decode("utf-8", "replace").splitlines()))


def _timed(line: str) -> tuple[datetime | None, str]:
    """Divide a line into Docker's time stamp and the text."""
    stamp, _, text = line.partition(" ")
    at = parse_time(stamp) if _STAMP.fullmatch(stamp) else None
    return (at, text) if at else (None, line)


def _ended(container: Any, *, since: datetime) -> bool:
    at = parse_time(container.attrs["State"].get("FinishedAt", ""))
    return at is not None and at >= since


def _web(sources: EvidenceSources) -> WebTier:
    """Return the web tier of a target that has one."""
    if sources.web is None:
        raise LookupError("the target shows no web tier")
    return sources.web


COLLECTORS = (
    Collector("stopped tasks", stopped_web_tasks, needs="web"),
    Collector("target health", target_health, needs="web"),
    Collector("deployments", deployment, needs="web"),
    Collector("load balancer", forwarding, needs="web"),
    Collector("ECS service events", service_events, needs="web"),
    Collector("secrets of the task definition", secrets, needs="web"),
    *background.COLLECTORS,
    Collector("the app's view of a visitor", app, needs="visitor"),
    Collector("session settings of the task definition", declared_session, needs="web"),
    Collector("commands", dropped_commands, needs="containers"),
    Collector("logs", task_logs, needs="containers"),
    Collector("logs in CloudWatch", cloudwatch_logs, needs="task_logs"),
    Collector("log of the edge", edge_log, needs="containers"),
)
