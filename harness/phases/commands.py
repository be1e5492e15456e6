"""Commands of the AWS CLI and Docker that no input file holds, made from production's names."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from harness.inputs.files.api_calls import Call
from harness.inputs.files.phase_files import scalable_id
from harness.phases.calls import ROLLBACK, calls_of
from harness.phases.shell import line
from harness.target.resources.ecs import SERVICES_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.inputs.files.ecs_services import Service
    from harness.inputs.production import Production


def region(production: Production) -> str:
    """Return the command that sets the Region of all that follow; CLI 1 reads the second name."""
    name = production.config.region
    return f"export AWS_REGION={name} AWS_DEFAULT_REGION={name}"


def cluster(production: Production) -> list[str]:
    """Return the command that makes the ECS cluster, with the capacity of its tasks."""
    strategies = [
        strategy
        for service in production.services.values()
        for strategy in service.create.get("capacityProviderStrategy") or ()
    ]
    if production.schedule is not None:
        target = production.schedule.target.get("EcsParameters") or {}
        strategies += target.get("CapacityProviderStrategy") or ()
    providers = dict.fromkeys(str(strategy.get("capacityProvider")) for strategy in strategies)
    return [
        line(
            *("aws", "ecs", "create-cluster", "--cluster-name", production.config.cluster),
            *(("--capacity-providers", *providers) if providers else ()),
        )
    ]


def connection(production: Production) -> list[str]:
    """Return the command that lets a task of its own connect to the database with TLS.

    The command in it is the probe's; an app without the probe has none.
    """
    if production.config.probe is None:
        return []
    return [_run_task(production, ("php", "artisan", "cutover-probe:connect"))]


def _run_task(production: Production, command: Sequence[str]) -> str:
    """Return the command that runs another one in a web task of its own."""
    service = production.services[production.web]
    network = service.create.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    container = production.php_containers[service.definition.family]
    overrides = {"containerOverrides": [{"name": container, "command": list(command)}]}
    return line(
        *("aws", "ecs", "run-task", "--cluster", production.config.cluster),
        *("--task-definition", service.definition.family, "--launch-type", "FARGATE"),
        *("--network-configuration", f"awsvpcConfiguration={_shorthand(network)}"),
        *("--overrides", json.dumps(overrides)),
    )


def _shorthand(network: dict[str, object]) -> str:
    texts = (
        f"{name}=[{','.join(map(str, value))}]" if isinstance(value, list) else f"{name}={value}"
        for name, value in network.items()
    )
    return "{" + ",".join(texts) + "}"


def first_run(production: Production) -> list[str]:
    """Return the commands of the first run, each by ECS Exec in a healthy web task.

    Where the service does not enable ECS Exec, each runs in a task of its own.
    """
    service = production.services[production.web]
    container = production.php_containers[service.definition.family]
    runs = [run.command for run in production.config.first_run]
    if not service.create.get("enableExecuteCommand"):
        return [_run_task(production, command) for command in runs]
    return [
        line(
            *("aws", "ecs", "execute-command", "--cluster", production.config.cluster),
            *("--task", "<web task>", "--container", container, "--interactive"),
            *("--command", shlex.join(command)),
        )
        for command in runs
    ]


def wait_for_web(production: Production) -> list[str]:
    """Return the command that waits until the web service is steady."""
    return _steady(production, [production.services[production.web]])


def wait_for_others(production: Production) -> list[str]:
    """Return the commands that wait until the services beside it are steady."""
    services = [service for key, service in production.services.items() if key != production.web]
    return _steady(production, services)


def _is_rolling(service: Service) -> bool:
    """Whether ECS deploys a service itself: CodeDeploy's have task sets, and no deployments."""
    controller = service.create.get("deploymentController") or {}
    return bool(controller.get("type", "ECS") == "ECS")


def _steady(production: Production, services: Sequence[Service]) -> list[str]:
    names = [service.name for service in services if _is_rolling(service)]
    words = ("aws", "ecs", "wait", "services-stable", "--cluster", production.config.cluster)
    return [
        line(*words, "--services", *names[first : first + SERVICES_AT_ONCE])
        for first in range(0, len(names), SERVICES_AT_ONCE)
    ]


def keep_unused(production: Production) -> list[str]:
    """Return no command: nothing leads visitors to the things of this phase."""
    del production
    return []


def former_revision(production: Production) -> list[str]:
    """Return the commands that lead visitors back to the former revision of the web service."""
    service = production.services[production.web]
    cluster_name, family = production.config.cluster, service.definition.family
    if not _is_rolling(service):
        stop = ("aws", "deploy", "stop-deployment", "--deployment-id", "<running deployment>")
        return [
            line(*stop, "--auto-rollback-enabled"),
            "# without a running deployment: begin one with the former revision",
        ]
    return [
        line("aws", "ecs", "list-task-definitions", "--family-prefix", family)
        + " --status ACTIVE --sort DESC",
        line("aws", "ecs", "update-service", "--cluster", cluster_name, "--service", service.name)
        + f" --task-definition {family}:'<former revision>' --force-new-deployment",
        *_steady(production, [service]),
    ]


def background_off(production: Production) -> list[str]:
    """Return the commands that stop workers and the scheduler; jobs stay in the queue.

    A service that scales would be started again: by the jobs that wait, say.
    """
    stopped: list[str] = []
    for service in _background(production):
        stopped += _scaling(production, service, suspended=True)
        stopped.append(_scaled(production, service, count=0))
    return [*stopped, *_scheduler(production, state="DISABLED")]


def background_on(production: Production) -> list[str]:
    """Return the commands that start workers and the scheduler again."""
    started: list[str] = []
    for service in _background(production):
        count = service.create.get("desiredCount", 1)
        started.append(_scaled(production, service, count=count))
        started += _scaling(production, service, suspended=False)
    return [*started, *_scheduler(production, state="ENABLED")]


def _scaling(production: Production, service: Service, *, suspended: bool) -> Iterator[str]:
    """Suspend the scaling of a service, or resume it, where a file of [phases] has any."""
    resource = scalable_id(production, service)
    fields = ("DynamicScalingIn", "DynamicScalingOut", "ScheduledScaling")
    state = ",".join(f"{field}Suspended={str(suspended).lower()}" for field in fields)
    for call in calls_of(production):
        request = call.input
        if call.operation == "RegisterScalableTarget" and request.get("ResourceId") == resource:
            yield line(
                *("aws", "application-autoscaling", "register-scalable-target"),
                *("--service-namespace", "ecs", "--resource-id", resource),
                *("--scalable-dimension", request["ScalableDimension"]),
                *("--suspended-state", state),
            )


def _scaled(production: Production, service: Service, *, count: int) -> str:
    words = ("aws", "ecs", "update-service", "--cluster", production.config.cluster)
    return line(*words, "--service", service.name, "--desired-count", str(count))


def _background(production: Production) -> list[Service]:
    """Return the services that work by themselves.

    They take jobs, or run the app where no visitor reaches it, such as ``schedule:work``.
    """
    return [
        service
        for key, service in production.services.items()
        if key != production.web and (service.takes_jobs or _is_apart(key, production))
    ]


def _is_apart(key: str, production: Production) -> bool:
    images = [container.image for container in production.services[key].definition.containers]
    # The service itself has lost load balancers of other target groups.
    file = production.documents.get(f"services.{key}.service")
    return not (file and file.data.get("loadBalancers")) and production.app_image in images


def _scheduler(production: Production, *, state: str) -> list[str]:
    """Return the command that sets the state of the rule, or of the schedule; none without one."""
    schedule = production.schedule
    if schedule is None:
        return []
    if schedule.is_of_scheduler:
        # UpdateSchedule replaces the whole schedule.
        content = Call("UpdateSchedule", {**schedule.content, "State": state}).sent
        words = ("--cli-input-json", json.dumps(content))
        return [line("aws", "scheduler", "update-schedule", *words)]
    verb = f"{state.lower().removesuffix('d')}-rule"
    return [line("aws", "events", verb, "--name", schedule.name)]


def watch(production: Production) -> list[str]:
    """Return the commands that follow the switch, and check the site after it."""
    return [line("cutover", word, production.config.public_url) for word in ("watch", "smoke")]


def old_host(production: Production) -> list[str]:
    """Return the commands that lead the public host back, and stop the background work."""
    changes = [call for call in calls_of(production) if call.aside == ROLLBACK]
    unknown = f"# no file has the old record of {production.config.public_host}: set phases.dns"
    back = [change.command(production) for change in changes] or [unknown]
    return [*back, *background_off(production)]
