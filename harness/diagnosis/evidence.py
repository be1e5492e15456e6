"""What to show beside a failure: logs of the tasks, ECS events, stopped tasks, target health.

Everything is read from the target as it is at that moment. What cannot be read is said so in its
place: evidence never replaces the failure that it explains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from harness.core.redact import redact
from harness.diagnosis import background_evidence
from harness.target.clients.browser import cookie_from
from harness.target.resources import secret_references
from harness.target.resources.ecs import ends, stopped_at, task_id
from harness.target.resources.web_tier import WebTier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.browser import Browser

LOG_LINES = 50
LOG_ERRORS = 20
LINES_READ = 2000
_OUR_OWN = re.compile(r"/_probe/.*\b200\b")
_ERROR = re.compile(
    r'"level_name":"(?:ERROR|CRITICAL|ALERT|EMERGENCY)"|\.(?:ERROR|CRITICAL|ALERT|EMERGENCY): '
    r"|PHP Fatal error|\[(?:error|crit|alert|emerg)\]"
)
"""As Monolog's two formatters, PHP and nginx write an error's level."""
_EVENTS = 30
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Where the addresses of a VPC are, and so those of its load balancers."""
_FORWARDING = "routing.http.xff_header_processing.mode"
_ALL_KEPT = 100
"""ECS's own default for minimumHealthyPercent."""
_APPEND = "append"
_BEFORE = timedelta(minutes=1)
"""Events from just before a scenario are shown, since they are its situation; no cause is drawn."""
_TASKS_SHOWN = 6
_ASKED = 4
"""Often enough that both tasks answer."""


@dataclass(frozen=True)
class Evidence:
    """Sections to show, and the texts that a cause may be drawn from."""

    sections: tuple[tuple[str, str], ...]
    telling: tuple[str, ...]


def collect(
    access: Access,
    *,
    web: WebTier | None,
    containers: Containers | None,
    visitor: Browser | None,
    aws: Mapping[str, Any] | None = None,
    since: datetime,
) -> Evidence:
    """Read the evidence that this target can give, no older than ``since``.

    ``aws`` holds clients of Secrets Manager and SQS by their names, where the target has them.
    """
    sections: list[tuple[str, str]] = []
    telling: list[str] = []

    def add(title: str, read: Callable[[], Iterable[str]], *, tells: bool = True) -> None:
        try:
            text = redact("\n".join(read()))
        # Whatever goes wrong here must not hide the failure that is being explained.
        except Exception as error:  # noqa: BLE001
            text = redact(f"could not be read: {error}")
            tells = False
        if text:
            sections.append((title, text))
            telling.extend([text] if tells else [])

    kinds = {name: kind for kind, name in access.services.items()}
    if web is not None:
        add("stopped tasks", lambda: stopped_lines(web, kinds=kinds, since=since))
        add("target health", lambda: map(str, web.targets()))
        add("deployments", lambda: deployment_lines(web.describe()))
        add("load balancer", lambda: forwarding_lines(web.balancer_attributes()))
        earlier = since - _BEFORE
        add("ECS service events", lambda: event_lines(web.describe(), since=earlier), tells=False)
        telling += [redact(line) for line in _events_since(web, since=since)]
        ecs, client = web.ecs, (aws or {}).get("secretsmanager")
        add(
            "secrets of the task definition",
            lambda: (
                *secret_lines(web, kinds=kinds, client=client, since=since),
                *background_evidence.secret_lines(access, ecs=ecs, client=client, since=since),
            ),
        )
        add(
            "stopped tasks of worker and scheduler",
            lambda: background_evidence.stopped_lines(access, ecs=ecs, since=since),
        )
        add("worker", lambda: background_evidence.command_lines(access, ecs=ecs))
    if aws and "sqs" in aws:
        add("queue", lambda: background_evidence.queue_lines(access, sqs=aws["sqs"]))
    if visitor is not None:
        add("what the app says of itself", lambda: own_words(visitor))
    if containers is not None:
        for one in _containers(containers, since=since):
            add(f"log of {_name(one)}", partial(log_lines, one, since=since))
        add("ticks", lambda: background_evidence.tick_lines(containers, since=since - _BEFORE))
        add("log of the edge", lambda: _edge_log(containers, since=since), tells=False)
    return Evidence(tuple(sections), tuple(telling))


def stopped_lines(web: WebTier, *, kinds: dict[str, str], since: datetime) -> Iterable[str]:
    """Say of each task that stopped, and did not mean to, what kind it was and why."""
    for one in web.tasks(status="STOPPED"):
        if _stopped_at(one) < since:
            continue
        meant = one.get("stopCode") in ("UserInitiated", "ServiceSchedulerInitiated")
        if meant and "failed" not in one.get("stoppedReason", ""):
            continue
        yield stopped_line(one, kinds=kinds)


def stopped_line(task: dict[str, Any], *, kinds: dict[str, str]) -> str:
    """Say what kind a stopped task was and why it stopped, in ECS's words."""
    service = str(task.get("group", "")).partition(":")[2]
    family = task.get("taskDefinitionArn", "").rpartition("/")[2]
    parts = [
        f"{kinds.get(service, service or 'a')} task {task_id(task['taskArn'])} ({family})",
        f"{task.get('stopCode', 'stopped')}: {task.get('stoppedReason', 'no reason')}",
        *ends(task),
    ]
    return "; ".join(parts)


def deployment_lines(service: dict[str, Any]) -> Iterable[str]:
    """Say what in a service's deployments does not keep its tasks through a bad release."""
    configured = service.get("deploymentConfiguration", {})
    breaker = configured.get("deploymentCircuitBreaker", {})
    if not (breaker.get("enable") and breaker.get("rollback")):
        yield "the service's deployment circuit breaker, or its rollback, is off"
    if (kept := configured.get("minimumHealthyPercent", _ALL_KEPT)) < _ALL_KEPT:
        yield f"the service's minimumHealthyPercent is {kept}"


def forwarding_lines(attributes: dict[str, str]) -> Iterable[str]:
    """Say how the load balancer treats X-Forwarded-For, where it does not append to it."""
    mode = attributes.get(_FORWARDING, _APPEND)
    return [] if mode == _APPEND else [f"the load balancer's {_FORWARDING} is {mode}"]


def event_lines(service: dict[str, Any], *, since: datetime | None = None) -> list[str]:
    """Return a service's events, oldest first."""
    return [
        f"{_clock(one['createdAt'])} {one['message']}"
        for one in reversed(service.get("events", [])[:_EVENTS])
        if since is None or one["createdAt"] >= since
    ]


def secret_lines(web: WebTier, *, kinds: dict[str, str], client: Any, since: datetime) -> list[str]:
    """Return which variable comes from which key of which secret, and what is wrong with it.

    A task that never started has the word: its definition is not the service's own any more once a
    deployment was rolled back. No value is shown.
    """
    kind = kinds.get(web.service, "a")
    refused = [
        one["taskDefinitionArn"]
        for one in web.tasks(status="STOPPED")
        if one.get("stopCode") == "TaskFailedToStart" and _stopped_at(one) >= since
    ]
    definition = web.definition(refused[0] if refused else "")
    if client is not None:
        return list(secret_references.lines(definition, client=client, kind=kind))
    return [
        f"{secret['name']} <- {secret['valueFrom']}"
        for container in definition["containerDefinitions"]
        for secret in container.get("secrets", [])
    ]


def _stopped_at(task: dict[str, Any]) -> datetime:
    return stopped_at(task) or datetime.now(UTC)


def own_words(visitor: Browser) -> Iterator[str]:
    """Say how the app sees a visitor of ours, in the scenarios' words where it is wrong."""
    request = visitor.probe.whoami()
    if not request["secure"]:
        yield "the app does not see that the visitor uses https"
        if not any(ip_address(request["client_ip"]) in one for one in _PRIVATE):
            yield f"PHP has the visitor's address, {request['client_ip']}, for the load balancer's"
    yield f"a link of the app is {request['url']}"
    answer = visitor.probe.send_signed(visitor.probe.signed("GET", "session"))
    first = answer.json()
    yield f"the session driver is {first['driver']!r}"
    cookie = cookie_from(answer, first["cookie"])
    if cookie is not None and cookie.get("path", "/") != "/":
        yield f"the session cookie is for the path {cookie['path']}, and no other"
        return
    if cookie is not None and not visitor.http.cookies:
        yield (
            f"the session cookie is for the domain {cookie['domain']}"
            if "domain" in cookie
            else f"browsers drop the session cookie: Max-Age={cookie.get('max-age', '(none)')}"
        )
        return
    if first["cookie"] != visitor.cookie_name:
        yield f"the app sets no cookie named {visitor.cookie_name}, but {first['cookie']}"
    if any(visitor.probe.session()["session"] != first["session"] for _ in range(_ASKED)):
        yield "another task does not know this session's id from its cookie"


def log_lines(container: Any, *, since: datetime) -> list[str]:
    """Return the last lines of a container's log, and the errors before them.

    Whoever waits for half a minute asks so often that nothing else would be left: the scenarios'
    own successful questions are left out, and an error stays however many visits follow it.
    """
    raw: bytes = container.logs(tail=LINES_READ, since=since.timestamp())
    lines = raw.decode("utf-8", "replace").splitlines()
    said = [line for line in lines if not _OUR_OWN.search(line)]
    errors = [line for line in said[:-LOG_LINES] if _ERROR.search(line)]
    return [*errors[-LOG_ERRORS:], *said[-LOG_LINES:]]


def _events_since(web: WebTier, *, since: datetime) -> list[str]:
    try:
        return event_lines(web.describe(), since=since)
    except Exception:  # noqa: BLE001 - it was said where the events are shown
        return []


def _containers(containers: Containers, *, since: datetime) -> list[Any]:
    found = containers.of_role("task", also_stopped=True)
    return [one for one in found if one.status == "running" or _ended(one) >= since][:_TASKS_SHOWN]


def _ended(container: Any) -> datetime:
    # Docker writes nanoseconds, and year 1 for what has not happened.
    stamp = str(container.attrs["State"].get("FinishedAt", ""))[:19]
    return datetime.fromisoformat(stamp or "0001-01-01").replace(tzinfo=UTC)


def _name(container: Any) -> str:
    state = "" if container.status == "running" else f", {container.status}"
    return f"{container.name}{state}"


def _edge_log(containers: Containers, *, since: datetime) -> list[str]:
    return [line for one in containers.of_role("edge") for line in log_lines(one, since=since)]


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S")
