"""The contract between the harness and its stand-ins: settings, events, and requests.

The harness writes `ControlSettings` before the container starts. ``control`` writes each event as
one line of JSON; lines for people stand beside them and are read by nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from harness.core import codec
from harness.core.labels import LABEL_HOME, LABEL_OWNER, LABEL_RUN

SETTINGS_PATH = "/etc/harness/control.json"
SOCKETS_DIR = "/run/control"
"""A volume with one socket for each task, through which its pause container reaches control."""
PING_PATH = "/ping"
"""Path of control that answers 200, or 503 and the part that it lacks."""
SCHEDULED_RUN_PATH = "/scheduled-run"
"""Path of control that answers 200, or 503 and why a tick of the rule would start no task."""
RECEIVERS_PATH = "/_harness/receivers"
"""Path of the emulator that answers, by the queue's name, with the ids of the tasks that have asked
it for messages, and might have had some: as JSON."""
REFUSED_CALLS_PATH = "/_harness/refused-calls"
"""Path of the emulator that answers with the newest `RefusedCall`, oldest first: as JSON."""
MAILS_PATH = "/_harness/mails"
"""Path of the emulator that answers with the raw mails to the address of the query's ``to``: as a
JSON list of objects with ``Timestamp`` and ``RawData``."""
MAIL_EVENTS_SET = "cutover-mail-events"
"""The configuration set that SES uses for mails that name none, if there is one of this name."""
SMTP_HOST, SMTP_REGION, SMTP_ACCOUNT = "SMTP_HOST", "SMTP_REGION", "SMTP_ACCOUNT"
"""Variables of the emulator: the endpoint of SES that it is by SMTP, its Region and account."""
SMTP_DIRECTORY = "/etc/harness/smtp"
"""Directory of the emulator with the endpoint's certificate: server.pem and server.key."""
IDLE_WITHIN_S = 15.0
"""Seconds that SIGTERM gives control to end its begun work on the engine."""


@dataclass(frozen=True)
class Overlay:
    """The only difference between a task here and the same task on AWS."""

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Path in the container to its text."""
    cpu_architecture: str = ""
    """Of tasks, instead of their own; empty for theirs."""


@dataclass(frozen=True)
class RefusedCall:
    """A call of a task that its role had no right to, as the emulator refused it."""

    task: str
    """Id of the task: the name of its role's session."""
    role: str
    """Name of the role."""
    action: str
    resource: str
    """ARN, or ``*``."""
    at: str
    """When, in ISO 8601."""
    denied_by: str = ""
    """The Deny that it met, by its Sid and condition; empty where nothing allowed it."""
    unmet: str = ""
    """The Allow with a condition that it did not meet, in the same way."""


@dataclass(frozen=True)
class RuleTarget:
    """The queue that stands for a rule's ECS target, and that target."""

    rule: str
    """Name of the rule, or of the schedule."""
    group: str
    """Group of a schedule of EventBridge Scheduler; empty for a rule."""
    queue: str
    target: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskRules:
    """Packet rules of tasks: those before and after the rules of a task's security groups."""

    first: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Security group id to its rules."""
    last: str = ""


@dataclass(frozen=True)
class PacketRules:
    """Packet rules, text for ``iptables-restore``; empty where nothing is enforced."""

    components: Mapping[str, str] = field(default_factory=dict)
    tasks: TaskRules = field(default_factory=TaskRules)

    def of_task(self, groups: Sequence[str]) -> str:
        """Return a task's rules.

        Raises:
            LookupError: A group is unknown; the text says which.
        """
        rules = self.tasks
        if rules == TaskRules():
            return ""
        for name in groups:
            if name not in rules.groups:
                raise LookupError(f"The security group '{name}' does not exist")
        return "".join([rules.first, *(rules.groups[name] for name in groups), rules.last])


@dataclass(frozen=True)
class ControlSettings:
    """The content of ``SETTINGS_PATH``."""

    run: str
    home: str
    owner: str
    account_id: str
    region: str
    cluster: str
    aws_endpoint_url: str
    task_networks: Mapping[str, str]
    """Role to Docker network name; targets live on the first."""
    edge_container: str
    pause_image: str
    images: Mapping[str, str]
    """Image reference in task definitions to local image id."""
    idle_images: tuple[str, ...] = ()
    """References that are not to be had: a container of such an image idles."""
    overlay: Overlay = field(default_factory=Overlay)
    ticks: tuple[RuleTarget, ...] = ()
    rules: PacketRules = field(default_factory=PacketRules)
    roles_known: bool = False
    """Whether the app has role files; without them no role is judged."""
    unchecked_ready_s: float = 5.0
    """When a task with neither target nor health check counts as healthy; ECS waits 40 s."""

    @property
    def labels(self) -> dict[str, str]:
        """The labels that everything of this run carries."""
        return {LABEL_RUN: self.run, LABEL_HOME: self.home, LABEL_OWNER: self.owner}


@dataclass(frozen=True, kw_only=True)
class TickEvent:
    """A tick of the rule, and control's reaction."""

    event: Literal["tick"] = "tick"
    at: float
    """Seconds since the epoch."""
    rule: str
    id: str
    due: str
    """The time in EventBridge's event, ISO 8601."""
    outcome: Literal["started", "dropped", "refused"]
    tasks: tuple[str, ...] = ()
    """ARNs of the tasks that it started."""
    reason: str = ""
    """Why it was dropped, or RunTask's error: its code and message."""

    def __str__(self) -> str:
        subject = f"rule {self.rule}: tick {self.id} of {self.due}"
        if self.outcome == "refused":
            return f"{subject}: RunTask: {self.reason}"
        return f"{subject} {self.outcome}: {self.reason or ', '.join(self.tasks)}"


@dataclass(frozen=True, kw_only=True)
class TargetEvent:
    """A target of the target group changed its health."""

    event: Literal["target"] = "target"
    at: float
    """Seconds since the epoch."""
    address: str
    port: int
    state: str
    description: str = ""


ControlEvent = TickEvent | TargetEvent
_EVENTS: Mapping[str, type[ControlEvent]] = {"tick": TickEvent, "target": TargetEvent}


def to_line(event: ControlEvent) -> str:
    """Return an event as one line of control's log."""
    return json.dumps(codec.encode(event))


def events_in(lines: Iterable[str]) -> Iterator[ControlEvent]:
    """Read the events in control's log; other lines, and events of other kinds, are for people."""
    for line in lines:
        data = _json_object(line)
        kind = _EVENTS.get(str(data.get("event")))
        if kind is not None:
            yield codec.decode(kind, data)


def time_of(event: ControlEvent) -> datetime:
    """Return when an event happened."""
    return datetime.fromtimestamp(event.at, UTC)


def _json_object(line: str) -> Mapping[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        data = json.loads(line)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
