"""Waits until ECS services are steady, and ends early when they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.core.errors import ProvisionError
from harness.core.labels import LABEL_CONTAINER, LABEL_FAMILY, LABEL_TASK_ID
from harness.core.redact import redact
from harness.core.wait import Deadline, DeadlinePassed, GaveUp, NotYet, Ready, wait_until
from harness.diagnosis.causes import explain
from harness.diagnosis.collectors import log_of_task
from harness.diagnosis.deaf_port import deaf_port
from harness.diagnosis.evidence import Line, evidence_of
from harness.diagnosis.facts import (
    ContainerCheck,
    check_path,
    check_patience_s,
    check_tool,
    dropped_command,
    stopped_task,
)
from harness.diagnosis.patterns.pattern import Source
from harness.diagnosis.stop_reason import stop_reason
from harness.diagnosis.task_causes import NOT_HEALTHY_YET
from harness.diagnosis.waiting_start import waiting_start
from harness.stack import engine
from harness.target.resources import secret_references
from harness.target.resources.ecs import address_of, task_id

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

    from harness.diagnosis.facts import DeafPort, StoppedTask, WaitingStart
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.secret_references import NamedSecret

HOPELESS_STOP_CODES = frozenset({"TaskFailedToStart"})


_CONTAINER_CHECK = "failed container health checks"
HOPELESS_REASONS = (_CONTAINER_CHECK, "failed ELB health checks")
_DEPENDENCY = "dependency container '"
"""The stop reason of a task in which a container failed that others wait for. As ECS does, the
service starts another one: where two tasks migrate an empty database, one of them fails once."""


_AT_WORK_WITHIN_S = 60.0
"""Time until the tasks of a service are at work, once all of them run."""
_LOOKS_EVERY_S = 2.0
_LINES_LOOKED_AT = 200
_NO_TABLE = b"SQLSTATE[42S02]"
"""MySQL's words for a table or view that is not there, as PDO has them."""
_SHOWN_EVENTS = 8
_SHOWN_TASKS = 3
_START = timedelta(seconds=3)
"""A start may wait that long for a program of its own."""
EVER = datetime(1970, 1, 2, tzinfo=UTC)
"""Docker takes no zero."""


@dataclass(frozen=True)
class Watch:
    """Watches one service of a cluster come up."""

    service: EcsService
    where: str
    """The run directory, for the error."""
    logs: Callable[[], str]
    """The last log lines of the service's tasks, for the error."""
    containers: Callable[[], Iterable[Any]] = list
    """The containers of the run's tasks, newest first, stopped ones too."""
    healthy_targets: Callable[[], set[str]] = set
    """Addresses that the load balancer has found healthy."""
    since: datetime = EVER
    """Log lines from then on explain a failure; before its first run an app has no tables yet."""
    secrets: SecretsManagerClient | None = None
    """For the name of an invalid secret, which ECS's own words leave out."""
    at_work: Callable[[], set[str]] = set
    """Ids of the tasks that are known to be at work, of whichever service."""
    idle: str = ""
    """The words for tasks that are not; empty where a service need not be known to be at work."""
    cause: str = ""
    """The cause of that, where the configuration alone tells it."""
    is_before_first_run: bool = False
    """Whether commands follow that make the tables, and so may make its tasks healthy."""

    def until_first_healthy(self, deadline: Deadline, *, check: Callable[[], None]) -> str:
        """Wait for one healthy task and return its id.

        Before the first run a task counts that runs and misses a table: a health check of a page
        with sessions in the database, which are Laravel's defaults, passes only with the tables.

        Raises:
            ProvisionError: No task became healthy; its stop reason and logs are in the error.
        """
        healthy: list[str] = []
        looks = Deadline(_LOOKS_EVERY_S, clock=deadline.clock)

        def probe() -> Ready | NotYet:
            nonlocal looks
            if self.is_before_first_run and looks.left_s <= 0:
                healthy.extend(self._without_tables())
                looks = Deadline(_LOOKS_EVERY_S, clock=deadline.clock)
            if healthy:
                return Ready()
            for task in self.service.tasks():
                if task["lastStatus"] == "RUNNING" and self._is_healthy(task):
                    healthy.append(task_id(task["taskArn"]))
                    return Ready()
            self._give_up_if_hopeless()
            return NotYet(self._summary())

        self._wait(probe, deadline, check, what="has no healthy task")
        return healthy[0]

    def until_stable(self, deadline: Deadline, *, check: Callable[[], None]) -> None:
        """Wait until the service runs as many tasks as it should, on one deployment.

        ECS lets a task without a health check settle before it counts; one that is at work counts
        at once. One with a check counts when it is healthy, though it may be at work before.

        Raises:
            ProvisionError: The deployment failed, or did not complete in time, or a task that must
                be at work is not.
        """
        stable_at: list[float] = []

        def probe() -> Ready | NotYet:
            at_work = self._is_at_work()
            if at_work and not self._has_check(self.service.describe()["taskDefinition"]):
                return Ready()
            if self.service.is_stable():
                if at_work or not self.idle:
                    return Ready()
                stable_at.append(deadline.elapsed_s)
                if deadline.elapsed_s - stable_at[0] > _AT_WORK_WITHIN_S:
                    raise GaveUp(f"its tasks run, and {self.idle}")
            self._give_up_if_hopeless()
            return NotYet(self._summary())

        self._wait(probe, deadline, check, what="did not become stable")

    def _without_tables(self) -> Iterator[str]:
        """Go through the ids of the tasks that run, and log that a table is missing."""
        for container in self._own_containers():
            if container.status == "running" and _NO_TABLE in container.logs(tail=_LINES_LOOKED_AT):
                yield container.labels[LABEL_TASK_ID]

    def require_task(self, task: str) -> None:
        """Require that a task of the service has not been stopped.

        Raises:
            ProvisionError: It has; its stop reason and logs are in the error.
        """
        for candidate in self.service.tasks(status="STOPPED"):
            if task_id(candidate["taskArn"]) == task:
                message = "lost a task in the first run"
                raise self.failure(message, state=f"task {task}: {stop_reason(candidate)}")

    def _is_at_work(self) -> bool:
        running, at_work = self.service.running(), self.at_work()
        return running <= at_work and len(running) == self.service.describe()["desiredCount"]

    def _wait(
        self,
        probe: Callable[[], Ready | NotYet],
        deadline: Deadline,
        check: Callable[[], None],
        *,
        what: str,
    ) -> None:
        try:
            wait_until(probe, deadline=deadline, interval_s=0.1, alive=check)
        except (DeadlinePassed, GaveUp) as error:
            reason = getattr(error, "reason", str(error))
            state = f"after {deadline.elapsed_s:.0f} s: {reason}"
            raise self.failure(what, state=state) from error

    def failure(self, message: str, *, state: str, symptom: str = "") -> ProvisionError:
        """Return the error of a service, with the cause that its evidence speaks for.

        Args:
            message: The words after the service's name.
            state: The last state seen.
            symptom: The likely cause where nothing speaks for another.
        """
        logs, events = self.logs(), self._events()
        stopped = [
            stopped_task(task, group=self._group) for task in self.service.tasks(status="STOPPED")
        ]
        own = list(self._own_containers())
        lines = [
            line
            for container in (() if self._fails_its_check_alone(stopped) else own)
            for line in log_of_task(container, group=self._group, since=self.since)
        ]
        running = [container for container in own if container.status == "running"]
        waiting = map(self._waiting, running)
        dropped = [dropped_command(container.attrs, group=self._group) for container in own]
        evidence = evidence_of(
            [
                *self._named_secrets(),
                *stopped,
                *filter(None, dropped),
                *filter(None, waiting),
                *self._deaf_ports(running),
                *self._container_checks(own),
                *(() if stopped else self._not_healthy_yet()),
                *lines,
                *(Line(text, Source.SERVICE_EVENT) for text in events),
            ]
        )
        explanation = f": {self.cause}" if self.cause else explain(evidence, symptom=symptom)
        reasons = "; ".join(task.reason for task in stopped[:_SHOWN_TASKS])
        return ProvisionError(
            f"service {self.service.name} {message}{explanation}",
            state=state + (f"; stopped tasks: {reasons}" if reasons else ""),
            last_answer="\n    ".join(events[:_SHOWN_EVENTS]),
            log_tail=logs,
            where=self.where,
            hint="correct the cause, then run it again; `cutover up` keeps a stack to look into",
        )

    def _waiting(self, container: Any) -> WaitingStart | None:
        began = engine.parse_time(container.attrs.get("State", {}).get("StartedAt", ""))
        if began and datetime.now(UTC) - began < _START:
            return None
        return waiting_start(
            engine.processes(container),
            group=self._group,
            read=lambda path: (engine.file_of(container, path) or b"").decode(errors="replace"),
        )

    def _deaf_ports(self, containers: Iterable[Any]) -> Iterator[DeafPort]:
        """Yield the first port on which a container is not reached: the others say the same."""
        balancers = self.service.describe().get("loadBalancers")
        if not balancers:
            return
        port = balancers[0]["containerPort"]
        for container in containers:
            if fact := deaf_port(engine.sockets(container), group=self._group, port=port):
                yield fact
                return

    def _container_checks(self, containers: Iterable[Any]) -> Iterator[ContainerCheck]:
        """Look for the tool of each health check in its container, where one runs."""
        running = {
            candidate.labels.get(LABEL_CONTAINER): candidate
            for candidate in containers
            if candidate.status == "running"
        }
        definition = self.service.describe()["taskDefinition"]
        described = self.service.definition(definition) if definition else {}
        for container in described.get("containerDefinitions", ()):
            check = container.get("healthCheck") or {}
            match, tool = running.get(container["name"]), check_tool(check)
            has_tool = engine.has_program(match, tool) if match and tool else None
            if tool:
                patience_s, path = check_patience_s(check), check_path(check)
                yield ContainerCheck(
                    self._group, tool, has_tool, patience_s, container["name"], path
                )

    def _fails_its_check_alone(self, stopped: Iterable[StoppedTask]) -> bool:
        """Whether tasks are at work, and stopped for a health check: no log explains that."""
        tasks = self.service.known() & self.at_work()
        return bool(tasks) and any(_CONTAINER_CHECK in task.reason for task in stopped)

    def _not_healthy_yet(self) -> Iterator[Line]:
        for task in self.service.tasks():
            if not self._has_check(task["taskDefinitionArn"]) or task["lastStatus"] != "RUNNING":
                continue
            if task["healthStatus"] != "HEALTHY":
                yield Line(f"task {task_id(task['taskArn'])} {NOT_HEALTHY_YET}")

    def _own_containers(self) -> Iterator[Any]:
        """Go through the containers of this service's own tasks."""
        family = family_of(self.service.describe()["taskDefinition"])
        for container in self.containers():
            if LABEL_CONTAINER in container.labels and container.labels.get(LABEL_FAMILY) == family:
                yield container

    def _is_healthy(self, task: Mapping[str, Any]) -> bool:
        """Return whether a task is healthy, by its container check or else the load balancer."""
        if task["healthStatus"] != "UNKNOWN" or self._has_check(task["taskDefinitionArn"]):
            return bool(task["healthStatus"] == "HEALTHY")
        return address_of(task) in self.healthy_targets()

    def _has_check(self, definition: str) -> bool:
        """Whether ECS can find the task healthy: by the checks of all essential containers."""
        containers = self.service.definition(definition)["containerDefinitions"]
        essential = [container for container in containers if container.get("essential", True)]
        return all(container.get("healthCheck") for container in essential)

    def _give_up_if_hopeless(self) -> None:
        deployments = self.service.describe()["deployments"]
        if any(deployment.get("rolloutState") == "FAILED" for deployment in deployments):
            raise GaveUp("the deployment failed: " + self._summary())
        stopped = self.service.tasks(status="STOPPED")
        lost = [
            candidate for candidate in stopped if _DEPENDENCY in candidate.get("stoppedReason", "")
        ]
        for task in stopped:
            reason = task.get("stoppedReason", "")
            if task in lost and len(lost) <= self.service.describe()["desiredCount"]:
                continue
            if task.get("stopCode") in HOPELESS_STOP_CODES or any(
                words in reason for words in HOPELESS_REASONS
            ):
                raise GaveUp(stop_reason(task))

    @property
    def _group(self) -> str:
        """The service's last word: web, worker."""
        return self.service.name.rpartition("-")[2]

    def _named_secrets(self) -> list[NamedSecret]:
        definition = self.service.describe()["taskDefinition"]
        if self.secrets is None or not definition:
            return []
        described = self.service.definition(definition)
        return list(secret_references.read(described, client=self.secrets, group=self._group))

    def _summary(self) -> str:
        service = self.service.describe()
        return (
            f"{service['runningCount']} of {service['desiredCount']} tasks running,"
            f" {service['pendingCount']} pending"
        )

    def _events(self) -> list[str]:
        return [redact(e["message"]) for e in self.service.describe().get("events", [])]
