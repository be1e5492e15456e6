"""What to show of the tasks behind the web tier: how they ended, and what became of ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.diagnosis import control_events
from harness.standins.contract import TickEvent, time_of
from harness.target.resources import queue_worker, secret_references
from harness.target.resources.ecs import EcsService, ends, find_tasks, stopped_at, task_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from harness.stack.containers import Containers
    from harness.target.access import Access
from harness.target.resources.ecs import INTENDED_STOP_CODES, STARTED_BY_HARNESS


def stopped_lines(access: Access, *, ecs: Any, since: datetime) -> Iterator[str]:
    """Say of each worker and scheduler task that failed why it did, in ECS's words."""
    for kind, chosen in _kinds(access):
        for one in find_tasks(ecs, cluster=access.cluster, statuses=("STOPPED",), **chosen):
            at = stopped_at(one)
            if (
                at is None
                or at < since
                or one.get("startedBy") == STARTED_BY_HARNESS
                or _is_good(kind, one)
            ):
                continue
            words = f"{one.get('stopCode', 'stopped')}: {one.get('stoppedReason', 'no reason')}"
            yield "; ".join((f"{kind} task {task_id(one['taskArn'])} {words}", *ends(one)))


def secret_lines(access: Access, *, ecs: Any, client: Any, since: datetime) -> Iterator[str]:
    """Say what is wrong with the secrets of a worker or scheduler whose task did not start.

    Args:
        access: The target.
        ecs: A client of ECS.
        client: A client of Secrets Manager; without one nothing is said.
        since: What stopped before is left out.
    """
    for kind, chosen in _kinds(access) if client is not None else ():
        tasks = find_tasks(ecs, cluster=access.cluster, statuses=("STOPPED",), **chosen)
        refused = {
            one["taskDefinitionArn"]
            for one in tasks
            if one.get("stopCode") == "TaskFailedToStart" and (stopped_at(one) or since) > since
        }
        for name in sorted(refused):
            definition = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
            yield from secret_references.lines(definition, client=client, kind=f"the {kind}")


def command_lines(access: Access, *, ecs: Any) -> Iterator[str]:
    """Say what of the worker's command keeps jobs waiting, if anything does."""
    if "worker" in access.services:
        worker = EcsService(ecs, cluster=access.cluster, name=access.services["worker"])
        yield from queue_worker.remarks(worker.container().get("command", ()))


def queue_lines(access: Access, *, sqs: Any) -> Iterator[str]:
    """Say what makes every job of the queue late, if anything does."""
    url = sqs.get_queue_url(QueueName=access.resources["queue"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    delay_s = int(found.get("Attributes", {}).get("DelaySeconds", 0))
    if delay_s:
        yield f"the queue delays each message by {delay_s} s"


def tick_lines(containers: Containers, *, since: datetime) -> Iterator[str]:
    """Return each tick of the rule with its outcome."""
    for event in control_events.read(containers, since=since):
        if isinstance(event, TickEvent):
            yield f"{time_of(event):%H:%M:%S} {event}"


def _kinds(access: Access) -> Iterator[tuple[str, dict[str, str]]]:
    for kind, name in access.services.items():
        if kind != "web":
            yield kind, {"serviceName": name}
    if "scheduler" in access.resources:
        yield "scheduler", {"family": access.resources["scheduler"]}


def _is_good(kind: str, task: dict[str, Any]) -> bool:
    """Whether a task ended as it was meant to; a service's never ends by itself."""
    if task.get("stopCode") in INTENDED_STOP_CODES:
        return True
    if kind != "scheduler":
        return False
    codes = [one.get("exitCode") for one in task["containers"]]
    return bool(codes) and all(code == 0 for code in codes)
