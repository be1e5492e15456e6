"""Facts about the target, as typed values: read from data, shown as a line, never parsed again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from harness.diagnosis.stop_reason import exit_codes, stop_reason
from harness.target.resources.ecs import task_id
from harness.target.resources.queue_worker import QueueCommand
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_URL = re.compile(r"https?://[^/\s'\"]+(?P<path>/[^\s'\"|;&)]*)?")
_USES_ARGUMENTS = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")
UNSET = "(unset)"
"""In the place of a variable that a task definition lacks."""
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Addresses of a VPC, and so of its load balancers."""


@dataclass(frozen=True)
class StoppedTask:
    """A task that failed."""

    group: str
    """web, worker, scheduler; empty when it is none of them."""
    task: str
    family: str
    reason: str
    """ECS's words on the task and its containers."""
    exit_codes: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The task, as a sentence names it."""
        return f"the {self.group} task" if self.group else "a task"

    def __str__(self) -> str:
        return f"{self.group or 'a'} task {self.task} ({self.family}); {self.reason}"


def stopped_task(task: Mapping[str, Any], *, group: str) -> StoppedTask:
    """Read a stopped task as DescribeTasks shows it."""
    return StoppedTask(
        group=group,
        task=task_id(task["taskArn"]),
        family=str(task.get("taskDefinitionArn", "")).rpartition("/")[2],
        reason=stop_reason(task),
        exit_codes=exit_codes(task),
    )


@dataclass(frozen=True)
class Deployment:
    """Settings of a service that do not keep its tasks through a bad release."""

    rolls_back: bool
    minimum_healthy_percent: int

    def __str__(self) -> str:
        lines = []
        if not self.rolls_back:
            lines.append("the service's deployment circuit breaker, or its rollback, is off")
        if self.minimum_healthy_percent < 100:
            lines.append(f"the service's minimumHealthyPercent is {self.minimum_healthy_percent}")
        return "\n".join(lines)


@dataclass(frozen=True)
class ForwardedFor:
    """The load balancer's treatment of X-Forwarded-For, where it does not append to it."""

    mode: str

    def __str__(self) -> str:
        return f"the load balancer's routing.http.xff_header_processing.mode is {self.mode}"


@dataclass(frozen=True)
class VisitorRequest:
    """A visitor's request as the app sees it."""

    secure: bool
    client_ip: str
    link: str
    trusted_proxy: bool = False
    """The app trusts the sender of the request: the load balancer, as a rule."""
    forwarded_proto: str = ""
    """X-Forwarded-Proto as PHP has it; empty where there is none."""
    host: str = ""
    """The host that the request is for, as the app sees it."""
    asked_host: str = ""
    """The host that the request was sent to; empty where it is not known."""

    @classmethod
    def of(cls, answer: Mapping[str, Any], link: str = "") -> VisitorRequest:
        """Return the request of an answer of the probe's ``whoami``.

        Args:
            answer: The answer.
            link: A link of the app; the answer's own if it is empty.
        """
        return cls(
            secure=answer["secure"],
            client_ip=answer["client_ip"],
            link=link or answer["url"],
            trusted_proxy=bool(answer.get("trusted_proxy")),
            forwarded_proto=answer.get("forwarded_proto") or "",
            host=answer.get("host") or "",
            asked_host=answer.get("asked_host") or "",
        )

    @property
    def sender_is_public(self) -> bool:
        """PHP has an address for its sender that no load balancer has.

        The app takes the client's address from X-Forwarded-For where it trusts the sender.
        """
        if self.trusted_proxy:
            return False
        return not any(ip_address(self.client_ip) in network for network in _PRIVATE)

    def __str__(self) -> str:
        lines = [f"a link of the app is {self.link}"]
        if self.host and self.asked_host and self.host != self.asked_host:
            lines.append(f"the request was for {self.asked_host}, and PHP has {self.host}")
        if not self.secure:
            lines.append("the app does not see that the visitor uses https")
            if self.sender_is_public:
                lines.append(
                    f"PHP has the visitor's address, {self.client_ip}, for the load balancer's"
                )
        return "\n".join(lines)


SHARED_DRIVERS = ("database", "redis")
"""Session drivers that keep a session where every task reads it."""
IN_COOKIES = "cookie"
"""The session driver that keeps a session in the visitor's cookies: every task can read it."""


@dataclass(frozen=True)
class VisitorSession:
    """A visitor's session, and its cookie as the app set it."""

    driver: str
    cookie: str
    expected_cookie: str
    path: str = "/"
    domain: str = ""
    """Domain of a cookie that browsers drop."""
    max_age: str | None = None
    """Max-Age of a cookie that browsers drop; None for one that they keep."""
    shared: bool = True
    """Every task knows the session from its cookie."""

    def __str__(self) -> str:
        lines = [f"the session driver is {self.driver!r}"]
        if self.path != "/":
            lines.append(f"the session cookie is for the path {self.path}, and no other")
        if self.domain:
            lines.append(f"the session cookie is for the domain {self.domain}")
        if self.max_age is not None:
            lines.append(f"browsers drop the session cookie: Max-Age={self.max_age}")
        if self.cookie != self.expected_cookie:
            lines.append(f"the app sets no cookie named {self.expected_cookie}, but {self.cookie}")
        if not self.shared:
            lines.append("another task does not know this session's id from its cookie")
        return "\n".join(lines)


@dataclass(frozen=True)
class QueueDelay:
    """The queue's DelaySeconds, where it has any."""

    seconds: int

    def __str__(self) -> str:
        return f"the queue delays each message by {self.seconds} s"


@dataclass(frozen=True)
class DroppedCommand:
    """A task's command that a shell takes for its own arguments, and does not run."""

    group: str
    script: str
    """The one word that the shell runs."""
    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"the {self.group} task runs sh -c {self.script!r}, and not {' '.join(self.command)}"


def dropped_command(container: Mapping[str, Any], *, group: str) -> DroppedCommand | None:
    """Read the first process of a container as Docker describes it; None if it runs its command."""
    path, words = str(container.get("Path", "")), list(container.get("Args") or ())
    shell = path.rpartition("/")[2] in ("sh", "bash", "ash", "dash") and words[:1] == ["-c"]
    if not shell or len(words) < 3 or _USES_ARGUMENTS.search(words[1]):
        return None
    return DroppedCommand(group, words[1], tuple(words[2:]))


@dataclass(frozen=True)
class WaitingStart:
    """A loop in which the start of a container waits."""

    group: str
    loop: str
    """Its head, such as ``until nc -z db 3306``."""
    place: str
    """The script, and the line."""
    is_file: bool = False
    """It looks at a file or socket of the container itself."""

    def __str__(self) -> str:
        return f"the {self.group} task is in the loop `{self.loop}` ({self.place})"


@dataclass(frozen=True)
class DeafPort:
    """A port on which the load balancer reaches nobody, though a task listens."""

    group: str
    port: int
    places: tuple[str, ...]
    """Sockets that listen: those of the port, or else the others."""
    is_own: bool
    """Whether they are of the port."""

    def __str__(self) -> str:
        return f"the {self.group} task listens on {', '.join(self.places)}"


@dataclass(frozen=True)
class ContainerCheck:
    """A container health check, and whether the image has the tool that its command runs."""

    group: str
    tool: str
    has_tool: bool | None
    """None where no container of the task runs, which could tell."""
    patience_s: int
    """How long a start may take: startPeriod, and the retries after it."""
    container: str = ""
    path: str = ""
    """Of the URL that its command asks for; empty where it has none."""

    def __str__(self) -> str:
        place = "is not" if self.has_tool is False else "is" if self.has_tool else "should be"
        return f"the {self.group} task's health check runs {self.tool}, which {place} in the image"


def check_tool(health_check: Mapping[str, Any]) -> str:
    """Return the program that a container health check runs; empty where it has none."""
    how, *words = health_check.get("command") or [""]
    return next(iter((words[0].split() if how == "CMD-SHELL" else words) if words else ()), "")


def check_path(health_check: Mapping[str, Any]) -> str:
    """Return the path of the URL that a container health check asks for; empty without one."""
    match = _URL.search(" ".join(health_check.get("command") or ()))
    return (match["path"] or "/") if match else ""


def check_patience_s(health_check: Mapping[str, Any]) -> int:
    """Return how long a container may fail its health check from its start, with ECS's defaults."""
    repeated = int(health_check.get("interval", 30)) * int(health_check.get("retries", 3))
    return int(health_check.get("startPeriod") or 0) + repeated


@dataclass(frozen=True)
class JobPath:
    """The queue that the web task dispatches jobs to, and those that the running workers read.

    A queue is its connection and the address that Laravel makes of prefix and name.
    """

    written: str
    read: tuple[str, ...]
    workers: int
    variables: str = "SQS_PREFIX and SQS_QUEUE"
    """Variables that name the queue, beside the connection's."""

    @property
    def is_known(self) -> bool:
        """Whether the task definitions name all of it; the app's own defaults are not known."""
        return UNSET not in " ".join((self.written, *self.read))

    def __str__(self) -> str:
        return (
            f"the web task writes jobs to {self.written}; {self.workers} workers read"
            f" {', '.join(self.read)}"
        )


@dataclass(frozen=True)
class MissingRight:
    """A right that a task's role lacked when the task made a call."""

    group: str
    task: str
    role: str
    action: str
    resource: str
    at: datetime
    denied_by: str = ""
    """The Deny that the call met; empty where nothing allowed it."""
    unmet: str = ""
    """The Allow with a condition that the call did not meet."""

    def __str__(self) -> str:
        statement = self.denied_by or self.unmet
        reason = f" ({statement})" if statement else ""
        return (
            f"{self.at:%H:%M:%S} {self.group} task {self.task[:8]}: its role {self.role} has no"
            f" right to {self.action} on {self.resource}{reason}"
        )


Fact = (
    StoppedTask
    | NamedSecret
    | Deployment
    | ForwardedFor
    | VisitorRequest
    | VisitorSession
    | QueueCommand
    | QueueDelay
    | JobPath
    | DroppedCommand
    | WaitingStart
    | DeafPort
    | ContainerCheck
    | MissingRight
)
