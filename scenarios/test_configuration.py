"""Resources that the app's code names exist in production: connections, disks, mailers, queues.

The code is read where it lies in the image, so that it counts whether a scenario runs it or not.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.report import not_covered, proved
from harness.target.resources import queue_worker
from harness.target.resources.ecs import command_line
from harness.target.resources.job_queue import FIFO
from scenarios import reports
from scenarios.jobs import SQS
from scenarios.named_resources import (
    NamedResource,
    development_cause,
    differing_resources,
    missing_cause,
    zone_cause,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.stack.containers import Containers
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.schedule import Run, Scheduler

as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
needs_code = pytest.mark.requires("http", "code")
as_workers = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("its workers' commands cannot be seen from outside")
)
needs_workers = pytest.mark.requires("http", "code", "ecs", "jobs")
WITHOUT_A_WORKER = ("sync", "null", "deferred", "background")
"""Drivers of queue connections that need no queue:work."""
BEGINNING = '{"environment":'
"""How the command's line begins, among others in a task's log."""


class ServedConnection(NamedTuple):
    """A connection and its queues that a queue worker serves."""

    service: str
    name: str
    queues: tuple[str, ...]


@pytest.fixture
def named_resources(app_code: dict[str, Any]) -> list[NamedResource]:
    """The names of resources in the app's code."""
    return [NamedResource(**name) for name in app_code["names"]]


@pytest.fixture
def scheduled_configuration(
    scheduler: Scheduler, containers: Containers, until_stopped: Callable[[str], Run]
) -> dict[str, Any]:
    """The configuration of a task that the rule's task definition starts."""
    task = scheduler.start(command=reports.printing(reports.CONFIGURATION))
    run = until_stopped(task)
    assert run.exit_code == 0, f"the scheduler's task cannot run artisan: {run}"
    lines = containers.log_of(task).splitlines()
    configuration: dict[str, Any] = json.loads(
        next(line for line in lines if line.startswith(BEGINNING))
    )
    return configuration


@pytest.fixture
def workers(
    task_definitions: dict[str, dict[str, Any]],
    configuration: dict[str, Any],
    scheduled_entries: list[dict[str, Any]],
) -> list[ServedConnection]:
    """The connections and queues that workers serve, as far as their commands tell."""
    commands = [
        (service, command_line(container))
        for service, definition in task_definitions.items()
        for container in definition["containerDefinitions"]
    ]
    commands += [("the scheduler", [entry["command"] or ""]) for entry in scheduled_entries]
    return served_connections(commands, configuration)


@pytest.fixture
def served(workers: list[ServedConnection]) -> list[ServedConnection]:
    """The same; a scenario is skipped where the workers' commands do not tell."""
    if not workers:
        pytest.skip("not covered: which queues the workers serve is not in their commands")
    return workers


@as_app
@needs_code
@pytest.mark.read_only
def test_resources_named_in_the_code_are_configured(
    named_resources: list[NamedResource], configuration: dict[str, Any]
) -> None:
    for resource in named_resources:
        cause = missing_cause(resource, configuration["resources"])
        expect(not cause, f"there is no such thing as {resource}", cause=cause, certain=True)


@as_app
@needs_code
@pytest.mark.read_only
def test_resources_named_in_the_code_are_for_production(
    named_resources: list[NamedResource], configuration: dict[str, Any]
) -> None:
    for resource in named_resources:
        cause = development_cause(resource, configuration["resources"])
        expect(not cause, f"{resource} is for development", cause=cause, certain=True)


@as_app
@needs_code
@pytest.mark.read_only
def test_jobs_for_a_fifo_queue_have_a_message_group(
    app_code: dict[str, Any], configuration: dict[str, Any]
) -> None:
    name = configuration["defaults"]["connection"]
    connection = configuration["resources"]["connection"].get(name, {})
    queue = str(connection.get("queue", ""))
    is_fifo = connection.get("driver") == SQS and queue.endswith(FIFO)
    for job in app_code.get("ungrouped", ()):
        place = f"{job['file']} line {job['line']}"
        expect(
            not (is_fifo or job.get("queue")),
            f"the job in {place} has no message group",
            cause=f"{job.get('queue', queue)} is a FIFO queue, and the job in {place} has no"
            " message group, so that SQS refuses its messages: give the job a messageGroup, or"
            " take a standard queue",
            certain=True,
        )


@as_workers
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "jobs")
@pytest.mark.read_only
def test_workers_have_the_web_tasks_time_zone(
    configuration: dict[str, Any],
    probe: ProbeClient,
    worker: EcsService,
    run_in_task: Callable[..., ExecResult],
) -> None:
    task = min(worker.running(), default="")
    printed = run_in_task(reports.printing(reports.CONFIGURATION), task=task)
    # A page's may be another than that of the task: a middleware may set it.
    webs = probe.facts().get("timezone", configuration["timezone"])
    zone = json.loads(printed.stdout)["timezone"]
    expect(
        webs == zone,
        f"the worker's time zone is {zone}",
        cause=zone_cause("worker", zone, webs),
        certain=True,
    )


@as_workers
@needs_workers
@pytest.mark.read_only
def test_queues_named_in_the_code_have_a_worker(
    named_resources: list[NamedResource],
    served: list[ServedConnection],
    configuration: dict[str, Any],
) -> None:
    queues = {queue for connection in served for queue in connection.queues}
    connections = {connection.name for connection in served}
    for resource in named_resources:
        cause = ""
        if resource.type == "queue" and resource.name not in queues:
            cause = f"(they serve {', '.join(sorted(queues))}): name it in --queue of queue:work"
        elif resource.type == "connection" and resource.name not in connections:
            fields = configuration["resources"]["connection"].get(resource.name, {})
            if fields.get("driver") not in (None, *WITHOUT_A_WORKER):
                cause = f"(they serve {', '.join(sorted(connections))}): start one for it"
        expect(
            not cause,
            f"no worker serves {resource}",
            cause=f"the code uses {resource}, and no worker serves it {cause}",
            certain=True,
        )


@as_workers
@needs_workers
@pytest.mark.read_only
def test_queues_of_the_workers_exist(
    served: list[ServedConnection],
    configuration: dict[str, Any],
    aws: Callable[[str], Any],
) -> None:
    sqs = aws("sqs")
    for worker in served:
        fields = configuration["resources"]["connection"].get(worker.name, {})
        for queue in worker.queues if fields.get("driver") == "sqs" else ():
            name = sqs_name(queue, suffix=str(fields.get("suffix", "")))
            # The suffix is the web tasks'; where it is not the workers', another scenario says so.
            names = {name, sqs_name(queue, suffix="")}
            urls = [url for queue_name in names for url in list_queues(sqs, queue_name)]
            expect(
                any(url.rpartition("/")[2] in names for url in urls),
                f"a worker of {worker.service} serves the queue {name}, which SQS does not have",
                cause=f"a worker of {worker.service} serves the queue {name}, and there is none of"
                " that name: create it, or correct --queue of queue:work",
                certain=True,
            )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("the log groups of CloudWatch are not read yet"),
    url=not_covered("its rule and its tasks cannot be seen from outside"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "schedule", "containers")
@pytest.mark.mutates
def test_scheduled_task_has_the_web_tasks_resources(
    named_resources: list[NamedResource],
    configuration: dict[str, Any],
    scheduled_configuration: dict[str, Any],
    workers: list[ServedConnection],
) -> None:
    used = {(resource.type, resource.name) for resource in named_resources}
    for cause in differing_resources(configuration, scheduled_configuration, used=used):
        expect(not cause, cause, cause=cause, certain=True)
    name = scheduled_configuration["defaults"]["connection"]
    queue = scheduled_configuration["resources"]["connection"].get(name, {}).get("queue")
    queues = {queue for worker in workers for queue in worker.queues}
    expect(
        queue in (None, *queues) or not queues,
        f"the scheduled task sends its jobs to the queue {queue}",
        cause=SettingCause(
            "SQS_QUEUE",
            f"the scheduled task sends its jobs to the queue {queue}, and the workers serve"
            f" {', '.join(sorted(queues))}: SQS_QUEUE differs in their task definitions, or one"
            " lacks it",
        ),
        certain=True,
    )


def list_queues(sqs: Any, name: str) -> list[str]:
    """Return the addresses of the queues of a name, and of names that begin with it."""
    return list(sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", []))


def sqs_name(queue: str, *, suffix: str) -> str:
    """Return the name of the SQS queue that Laravel means: as its class SqsQueue makes it."""
    name = queue.rsplit("/", 1)[-1]
    if "://" in queue or not suffix or name.endswith(suffix):
        return name
    if name.endswith(FIFO):
        return f"{name.removesuffix(FIFO)}{suffix}{FIFO}"
    return f"{name}{suffix}"


def served_connections(
    commands: Iterable[tuple[str, list[str]]], configuration: Mapping[str, Any]
) -> list[ServedConnection]:
    """Return the connections and queues that the workers among some commands serve."""
    connections = []
    for service, command in commands:
        if queue_worker.queue_command(command) is None:
            continue
        name = queue_worker.connection(command) or configuration["defaults"]["connection"]
        connection = configuration["resources"]["connection"].get(name, {})
        default = str(connection.get("queue", "default"))
        queues = queue_worker.queue_names(command, default=default)
        connections.append(ServedConnection(service, name, queues))
    return connections
