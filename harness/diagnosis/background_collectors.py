"""Collectors of evidence about the tasks behind the web tier, their queue and their rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.diagnosis import control_events
from harness.diagnosis.evidence import BEFORE, Collector, Line
from harness.diagnosis.facts import (
    UNSET,
    JobPath,
    MissingRight,
    QueueDelay,
    StoppedTask,
    stopped_task,
)
from harness.diagnosis.patterns.pattern import Source
from harness.diagnosis.stop_reason import NEVER_STARTED, failed
from harness.standins.contract import TickEvent, time_of
from harness.target.clients import emulator
from harness.target.resources import secret_references
from harness.target.resources.ecs import (
    BY_SCENARIOS,
    command_line,
    describe_tasks,
    find_tasks,
    services_of,
    stopped_at,
    task_id,
)
from harness.target.resources.queue_worker import (
    QueueCommand,
    connection,
    queue_command,
    queue_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.diagnosis.evidence import EvidenceSources
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.secret_references import NamedSecret

_SQS, _REDIS = "sqs", "redis"


def _stopped(sources: EvidenceSources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the tasks in scope, but for those of web, that stopped since the scenario began."""
    if sources.web is None:
        return
    access = sources.access
    chosen = {
        "worker" if group == access.worker else group: {"serviceName": name}
        for group, name in access.services.items()
        if group != access.web
    }
    if "scheduler" in access.resources:
        chosen["scheduler"] = {"family": access.resources["scheduler"]}
    for group, which in chosen.items():
        if not sources.scope.has_group(group):
            continue
        for task in find_tasks(
            sources.web.ecs, cluster=access.cluster, statuses=("STOPPED",), **which
        ):
            if sources.scope.has_time(stopped_at(task)):
                yield group, task


def stopped_tasks(sources: EvidenceSources) -> Iterator[StoppedTask]:
    """Read the tasks of worker and scheduler that failed; a scenario's own are meant to."""
    for group, task in _stopped(sources):
        if task.get("startedBy") not in BY_SCENARIOS and failed(task):
            yield stopped_task(task, group=group)


def secrets(sources: EvidenceSources) -> Iterator[NamedSecret]:
    """Read the secrets of a worker or scheduler after a failed start."""
    client = sources.clients.get("secretsmanager")
    if client is None or sources.web is None:
        return
    refused = {
        (group, task["taskDefinitionArn"])
        for group, task in _stopped(sources)
        if task.get("stopCode") == NEVER_STARTED
    }
    for group, name in sorted(refused):
        definition = sources.web.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        yield from secret_references.read(definition, client=client, group=group)


def _worker_service(sources: EvidenceSources) -> EcsService | None:
    if sources.web is None:
        return None
    return services_of(sources.access, ecs=sources.web.ecs).get(sources.access.worker)


def worker(sources: EvidenceSources) -> Iterator[QueueCommand]:
    """Read the worker's command."""
    service = _worker_service(sources)
    if service is not None:
        command = queue_command(command_line(service.container()))
        if command is not None:
            yield replace(command, jobs_on=sources.access.jobs_on or _SQS)


def job_path(sources: EvidenceSources) -> Iterator[JobPath]:
    """Read where the web task writes its jobs, and where the running workers read them."""
    service = _worker_service(sources)
    if sources.web is None or service is None or not sources.scope.has_group("worker"):
        return
    overlay: Mapping[str, str] = sources.access.overlay.get("environment", {})
    dispatcher, container = sources.web.container(), service.container()
    web = _QueueSettings.of(dispatcher, overlay=overlay)
    worker = _QueueSettings.of(container, overlay=overlay)
    command = command_line(container)
    reads = replace(worker, connection=connection(command) or worker.connection)
    yield JobPath(
        written=web.address(web.queue),
        read=tuple(map(reads.address, queue_names(command, default=worker.queue))),
        workers=len(service.running()),
        **({"variables": "REDIS_HOST, REDIS_DB and REDIS_QUEUE"} if web.is_on_redis else {}),
    )


@dataclass(frozen=True)
class _QueueSettings:
    """The variables that lead to a queue."""

    connection: str
    prefix: str
    """On Redis, the host, the database and the prefix of keys."""
    queue: str

    @property
    def is_on_redis(self) -> bool:
        """Whether jobs are in the cache."""
        return self.connection == _REDIS

    @classmethod
    def of(cls, container: Mapping[str, Any], *, overlay: Mapping[str, str]) -> _QueueSettings:
        own = {variable["name"]: variable["value"] for variable in container.get("environment", ())}
        variables = {**own, **overlay}
        if variables.get("QUEUE_CONNECTION") == _REDIS:
            place = (variables.get("REDIS_HOST", UNSET), variables.get("REDIS_DB", "0"))
            prefix = f"{'/'.join(place)} {variables.get('REDIS_PREFIX', '')}"
            return cls(_REDIS, prefix, variables.get("REDIS_QUEUE", "default"))
        names = ("QUEUE_CONNECTION", "SQS_PREFIX", "SQS_QUEUE")
        return cls(*(variables.get(name, UNSET) for name in names))

    def address(self, name: str) -> str:
        if self.is_on_redis:
            return f"{self.connection}: {self.prefix}{name}"
        if self.connection != _SQS or "://" in name:
            return f"{self.connection}: {name}"
        return f"{self.connection}: {self.prefix.rstrip('/')}/{name}"


def queue(sources: EvidenceSources) -> Iterator[QueueDelay]:
    """Read the delay that the queue gives each message."""
    sqs = sources.clients["sqs"]
    url = sqs.get_queue_url(QueueName=sources.access.resources["queue"])["QueueUrl"]
    response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    seconds = int(response.get("Attributes", {}).get("DelaySeconds", 0))
    if seconds:
        yield QueueDelay(seconds)


def ticks(sources: EvidenceSources) -> Iterator[Line]:
    """Read the fate of the rule's ticks."""
    if sources.containers is None:
        return
    for event in control_events.read(sources.containers, since=sources.since - BEFORE):
        if isinstance(event, TickEvent):
            scope = sources.scope
            explains = event.outcome == "refused" and scope.has_group("scheduler")
            yield Line(
                event.reason,
                Source.TICK if explains and time_of(event) >= scope.since else None,
                subject=event.rule,
                whole=f"{time_of(event):%H:%M:%S} {event}",
            )


def missing_rights(sources: EvidenceSources) -> Iterator[MissingRight]:
    """Read the calls of tasks in scope that their roles had no right to."""
    scope = sources.scope
    calls = [
        refusal
        for refusal in emulator.refused_calls(sources.access.emulator)
        if scope.has_time(datetime.fromisoformat(refusal.at))
    ]
    if sources.web is None or not calls:
        return
    ids = sorted({refusal.task for refusal in calls})
    tasks = {
        task_id(description["taskArn"]): description
        for description in describe_tasks(sources.web.ecs, ids, cluster=sources.access.cluster)
        if description.get("startedBy") not in BY_SCENARIOS
    }
    for call in calls:
        task = tasks.get(call.task)
        group = sources.families.get(family_of(task["taskDefinitionArn"]), "") if task else ""
        if group and scope.has_group(group):
            yield MissingRight(
                group=group,
                task=call.task,
                role=call.role,
                action=call.action,
                resource=call.resource,
                at=datetime.fromisoformat(call.at),
                denied_by=call.denied_by,
                unmet=call.unmet,
            )


COLLECTORS = (
    Collector("stopped tasks of worker and scheduler", stopped_tasks, needs="web"),
    Collector("secrets of worker and scheduler", secrets, needs="web"),
    Collector("worker", worker, needs="web"),
    Collector("queue", queue, needs="sqs"),
    Collector("the way of a job", job_path, needs="web"),
    Collector("ticks", ticks, needs="containers"),
    Collector("rights that tasks lacked", missing_rights, needs="containers"),
)
