"""The records of control: clusters, task definitions, services, tasks, target groups.

Plain records, changed only under the lock of ``state.State``. Times are seconds since the epoch,
since they are shown by the API and outlive a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.aws.task_definition import TaskDefinition

RUNNING, STOPPED = "RUNNING", "STOPPED"
HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"


@dataclass
class Definition:
    """One registered revision of a task definition."""

    arn: str
    family: str
    revision: int
    raw: dict[str, Any]
    registered_at: float
    status: str = "ACTIVE"

    @cached_property
    def parsed(self) -> TaskDefinition:
        """The same with typed access to its fields."""
        return TaskDefinition(self.raw)


@dataclass
class Container:
    """One container of a task."""

    name: str
    runtime_id: str
    image: str
    image_id: str = ""
    docker_id: str = ""
    essential: bool = True
    has_check: bool = False
    status: str = "PENDING"
    exit_code: int | None = None
    reason: str = ""
    health: str = UNKNOWN
    failures: int = 0
    """Health checks failed in a row."""


@dataclass
class Task:
    """One task, from RunTask or a service."""

    id: str
    arn: str
    definition_arn: str
    group: str
    created_at: float
    containers: list[Container]
    service: str = ""
    """The key of the service that started it."""
    deployment: str = ""
    started_by: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    credentials_id: str = ""
    pause_id: str = ""
    ip: str = ""
    status: str = "PROVISIONING"
    desired: str = RUNNING
    pull_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    stop_code: str = ""
    stopped_reason: str = ""
    execute_command: bool = False
    exec_refused: bool = False
    """Whether its role lacks the rights that the agent of ECS Exec needs."""
    security_groups: list[str] = field(default_factory=list)
    unhealthy: str = ""
    """Why the service must replace it; empty while it is good."""
    ready_seen: bool = False
    """Whether it was ever healthy in its deployment."""
    counted: bool = False
    """Whether its failure was counted against its deployment."""

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.arn.split("/")[1]

    @property
    def active(self) -> bool:
        """Whether it runs or will run."""
        return self.desired == RUNNING

    @property
    def health(self) -> str:
        """The worst health of its essential containers; one without a check is unknown."""
        statuses = {item.health for item in self.containers if item.essential}
        return next(
            (value for value in (UNHEALTHY, UNKNOWN, HEALTHY) if value in statuses), UNKNOWN
        )

    @property
    def has_check(self) -> bool:
        """Whether all essential containers have a health check: with another, health is unknown.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
        """
        return all(item.has_check for item in self.containers if item.essential)

    def container(self, name: str) -> Container:
        """Return the container of this name."""
        return next(item for item in self.containers if item.name == name)


@dataclass
class Deployment:
    """One deployment of a service; the first of a service's list is the primary one."""

    id: str
    definition_arn: str
    created_at: float
    updated_at: float
    state: str = "IN_PROGRESS"
    reason: str = ""
    failed_tasks: int = 0
    failed_in_a_row: int = 0
    """Failures since the last good task; drives the throttle of new starts."""
    next_start_at: float = 0.0
    impaired: bool = False


@dataclass
class Event:
    """One line of a service's events."""

    id: str
    at: float
    message: str


@dataclass
class Service:
    """A service and its deployments."""

    name: str
    arn: str
    cluster: str
    raw: dict[str, Any]
    """The CreateService input, with later updates in it."""
    desired: int
    created_at: float
    deployments: list[Deployment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    status: str = "ACTIVE"
    steady: bool = False

    @property
    def key(self) -> str:
        """Cluster and name; a name alone may be taken in two clusters."""
        return f"{self.cluster}/{self.name}"

    @property
    def primary(self) -> Deployment:
        """The newest deployment, or the one rolled back to."""
        return self.deployments[0]

    @property
    def load_balancer(self) -> dict[str, Any] | None:
        """The first load balancer entry, if any."""
        entries = self.raw.get("loadBalancers") or []
        return entries[0] if entries else None


@dataclass
class Target:
    """One registered target."""

    ip: str
    port: int
    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    successes: int = 0
    failures: int = 0
    drain_until: float = 0.0

    @property
    def key(self) -> str:
        """Address and port, the target's identity."""
        return f"{self.ip}:{self.port}"


@dataclass
class TargetGroup:
    """A target group, its attributes and its targets."""

    name: str
    arn: str
    raw: dict[str, Any]
    attributes: dict[str, str]
    targets: dict[str, Target] = field(default_factory=dict)

    @property
    def deregistration_delay_s(self) -> float:
        """How long a target drains."""
        return float(self.attributes["deregistration_delay.timeout_seconds"])


@dataclass
class LoadBalancer:
    """A load balancer; here it is the edge container."""

    name: str
    arn: str
    raw: dict[str, Any]
    attributes: dict[str, str]
    created_at: float


@dataclass
class Listener:
    """A listener, with its rules."""

    arn: str
    load_balancer_arn: str
    raw: dict[str, Any]
    rules: list[dict[str, Any]] = field(default_factory=list)

    def forwards_to(self) -> set[str]:
        """Return the names-bearing ARNs of the target groups that it or its rules forward to."""
        actions = list(self.raw.get("DefaultActions") or ())
        for rule in self.rules:
            actions += rule.get("Actions") or ()
        arns: set[str] = set()
        for action in actions:
            if action.get("TargetGroupArn"):
                arns.add(action["TargetGroupArn"])
            for group in (action.get("ForwardConfig") or {}).get("TargetGroups") or ():
                arns.add(group["TargetGroupArn"])
        return arns


@dataclass
class Records:
    """All records, as the state file keeps them."""

    clusters: dict[str, float]
    cluster_tags: dict[str, dict[str, str]]
    definitions: dict[str, list[Definition]]
    services: dict[str, Service]
    tasks: dict[str, Task]
    target_groups: dict[str, TargetGroup]
    load_balancers: dict[str, LoadBalancer]
    listeners: dict[str, Listener]
