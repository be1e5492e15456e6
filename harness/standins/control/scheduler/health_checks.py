"""Health checks: of containers, as the task definition says; of targets, as the target group says.

Both look eagerly while something starts, and count failures no faster than AWS does: at most one
per interval. Once healthy, the interval is the definition's.
"""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.standins.control.state.model import (
    HEALTHY,
    RUNNING,
    UNHEALTHY,
    UNKNOWN,
    Container,
    Target,
    Task,
)
from harness.standins.control.state.state import State

EAGER_CONTAINER_S = 0.2
EAGER_TARGET_S = 0.1
_TARGET_FIRST_S = 1.0
"""How long a container check waits for the task's target; an exec costs far more than a GET."""


@dataclass
class ContainerCheck:
    """A container's health check and its results so far."""

    command: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    grace_until: float
    counted_at: float
    health: str = UNKNOWN
    failures: int = 0
    passed: bool = False

    @classmethod
    def of(cls, raw: dict[str, Any] | Any, *, started_at: float) -> ContainerCheck:
        """Read a task definition's healthCheck, with ECS's defaults."""
        kind, *rest = raw["command"]
        command = ("/bin/sh", "-c", " ".join(rest)) if kind == "CMD-SHELL" else tuple(rest)
        return cls(
            command=command,
            interval_s=raw.get("interval", 30),
            timeout_s=raw.get("timeout", 5),
            retries=raw.get("retries", 3),
            grace_until=started_at + raw.get("startPeriod", 0),
            counted_at=started_at,
        )

    def record(self, passed: bool, *, at: float) -> str:
        """Take in one result and return the health."""
        if passed:
            self.passed, self.failures, self.health = True, 0, HEALTHY
            return self.health
        in_grace = at < self.grace_until and not self.passed
        due = at - self.counted_at >= self.interval_s or self.passed
        if not in_grace and due:
            self.counted_at = at
            self.failures += 1
            if self.failures >= self.retries:
                self.health = UNHEALTHY
        return self.health

    @property
    def delay_s(self) -> float:
        """Seconds until the next check."""
        return EAGER_CONTAINER_S if self.health == UNKNOWN else self.interval_s


class RunCheck(Protocol):
    """Runs a command in a container."""

    def __call__(self, docker_id: str, *, command: Sequence[str], timeout_s: float) -> bool:
        """Return whether it ended with 0 in time."""


@dataclass
class CheckLoop:
    """Runs one container's check until the container or its task stops."""

    state: State
    task: Task
    item: Container
    check: ContainerCheck
    run_command: RunCheck

    def run(self) -> None:
        """Check, record, wait; in a thread of its own."""
        self.state.wait_for(self._target_answers_or_over, timeout_s=_TARGET_FIRST_S)
        while not self._over():
            passed = self.run_command(
                self.item.docker_id, command=self.check.command, timeout_s=self.check.timeout_s
            )
            with self.state.lock():
                if self._over():
                    return
                before = (self.item.health, self.item.failures)
                self.item.health = self.check.record(passed, at=self.state.now())
                self.item.failures = self.check.failures
                if before != (self.item.health, self.item.failures):
                    self.state.changed()
            self.state.wait_for(self._over, timeout_s=self.check.delay_s)

    def _over(self) -> bool:
        return self.item.status != RUNNING or self.task.desired != RUNNING

    def _target_answers_or_over(self) -> bool:
        service = self.state.services.get(self.task.service)
        if service is None or service.load_balancer is None:
            return True
        registration = self.state.target_of(self.task)
        return self._over() or (registration is not None and registration[1].state == "healthy")


@dataclass(frozen=True)
class TargetCheck:
    """A target group's health check settings."""

    path: str
    port: int | None
    interval_s: float
    timeout_s: float
    healthy_threshold: int
    unhealthy_threshold: int
    codes: frozenset[int]

    @classmethod
    def of(cls, raw: dict[str, Any]) -> TargetCheck:
        """Read a CreateTargetGroup input, with ELB's defaults."""
        port = raw.get("HealthCheckPort", "traffic-port")
        return cls(
            path=raw.get("HealthCheckPath", "/"),
            port=None if port == "traffic-port" else int(port),
            interval_s=raw.get("HealthCheckIntervalSeconds", 30),
            timeout_s=raw.get("HealthCheckTimeoutSeconds", 5),
            healthy_threshold=raw.get("HealthyThresholdCount", 5),
            unhealthy_threshold=raw.get("UnhealthyThresholdCount", 2),
            codes=matcher_codes((raw.get("Matcher") or {}).get("HttpCode", "200")),
        )


def matcher_codes(text: str) -> frozenset[int]:
    """Return the status codes of a matcher such as ``200,204`` or ``200-299``."""
    codes: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        codes.update(range(int(first), int(last or first) + 1))
    return frozenset(codes)


@dataclass(frozen=True)
class Passed:
    """A target check that passed."""


@dataclass(frozen=True)
class Failed:
    """A target check that failed, with ELB's reason code and words."""

    reason: str
    description: str


def ask(target: Target, *, check: TargetCheck) -> Passed | Failed:
    """Check a target once, over a fresh connection, as the load balancer does."""
    port = check.port or target.port
    connection = http.client.HTTPConnection(target.ip, port, timeout=check.timeout_s)
    try:
        connection.putrequest("GET", check.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"{target.ip}:{port}")
        connection.putheader("Connection", "close")
        connection.putheader("User-Agent", "ELB-HealthChecker/2.0")
        connection.putheader("Accept-Encoding", "gzip, compressed")
        connection.endheaders()
        status = connection.getresponse().status
    except TimeoutError:
        return Failed(reason="Target.Timeout", description="Request timed out")
    except (OSError, http.client.HTTPException):
        return Failed(reason="Target.FailedHealthChecks", description="Health checks failed")
    finally:
        connection.close()
    if status in check.codes:
        return Passed()
    return Failed(
        reason="Target.ResponseCodeMismatch",
        description=f"Health checks failed with these codes: [{status}]",
    )


def record(
    target: Target, *, result: Passed | Failed, check: TargetCheck, counts: bool = True
) -> bool:
    """Take one result into a target's state; return whether the state shown changed.

    A failure between two intervals does not count towards the threshold (``counts``).
    """
    before = (target.state, target.reason, target.description)
    if isinstance(result, Passed):
        target.failures = 0
        target.successes += 1
        if target.state == "initial" or target.successes >= check.healthy_threshold:
            target.state, target.reason, target.description = "healthy", "", ""
    else:
        target.successes = 0
        if counts:
            target.failures += 1
        if target.failures >= check.unhealthy_threshold:
            target.state = "unhealthy"
        if target.state == "unhealthy":
            target.reason, target.description = result.reason, result.description
    if target.state == "initial":
        target.reason = "Elb.InitialHealthChecking"
        target.description = "Initial health checks in progress"
    return before != (target.state, target.reason, target.description)


def wait_before_next_s(target: Target, *, check: TargetCheck) -> float:
    """Return how long to wait before the next check of this target."""
    return EAGER_TARGET_S if target.state == "initial" else check.interval_s
