"""The names that production's files give to everything a scenario uses, on every target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.aws import efs, eventbridge, ses_smtp
from harness.inputs.checks import cluster_parameters
from harness.inputs.files import iam_roles, listeners, phase_files
from harness.inputs.files.ecs_services import is_balanced, target_group_of
from harness.inputs.files.schedule import LARAVELS
from harness.inputs.toml.schema import Probe
from harness.target.access import Access
from harness.target.pages import pages_from
from harness.target.resources.queue_worker import queue_command

if TYPE_CHECKING:
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production


_SQS, _REDIS, _DATABASE = "sqs", "redis", "database"


def names_in(production: Production) -> Access:
    """Return the names, without an address."""
    config, reached = production.config, production.services[production.web].reached
    probe = config.probe or Probe()
    return Access(
        public_url=config.public_url,
        account_id=config.account_id,
        region=config.region,
        cluster=config.cluster,
        proxy_endpoint=config.database.proxy_endpoint or "",
        cluster_endpoint=config.database.cluster_endpoint,
        cache_endpoint=config.cache.endpoint if config.cache else "",
        cache_port=production.cache.port if production.cache else 0,
        cache_is_cluster=bool(production.cache and production.cache.is_cluster),
        database=config.database.name,
        max_connections=cluster_parameters.connections_allowed(production),
        max_capacities=_max_capacities(production),
        services={name: service.name for name, service in production.services.items()},
        hosts=_hosts(production),
        web=production.web,
        worker=production.worker,
        jobs_on=_jobs_on(production),
        php_containers=production.php_containers,
        web_container=str(reached["containerName"]),
        web_port=int(reached["containerPort"]),
        without_exec=tuple(
            service.name
            for service in production.services.values()
            if not service.create.get("enableExecuteCommand")
        ),
        target_group=str(production.target_group["TargetGroup"]["Name"]),
        load_balancer=str(production.load_balancer["LoadBalancer"]["Name"]),
        session_cookie=production.session_cookie,
        secrets={
            purpose: name
            for purpose, name in (("probe", probe.secret), ("db", config.database.secret))
            if name
        },
        secret_names=tuple(config.secrets),
        probe_key_name=probe.key or "",
        probe_parameter=probe.parameter or "",
        probe_path=(probe.path or "").rstrip("/"),
        database_user=production.laravel.environment.get("DB_USERNAME", ""),
        smtp_host=smtp_host(production),
        injected=production.laravel.secrets,
        resources=_resources(production),
        schedule=_schedule(production.schedule),
        further_schedules=_further_schedules(production),
        pages=pages_from(config.pages),
        writable_paths=config.writable_paths,
        declares_writable=config.declares_writable,
        shared_paths=_shared_paths(production),
        upload_folder=_upload_folder(production),
        mail_receipt=production.mail_receipt,
        roles=_roles(production),
    )


def _hosts(production: Production) -> dict[str, tuple[str, ...]]:
    by_group = listeners.hosts_by_group(production)
    groups = {
        name: target_group_of(service.reached) if is_balanced(service.create) else ""
        for name, service in production.services.items()
    }
    return {name: tuple(sorted(by_group.get(group, ()))) for name, group in groups.items()}


def _max_capacities(production: Production) -> dict[str, int]:
    targets = {
        str(call.input.get("ResourceId")): int(call.input["MaxCapacity"])
        for call in phase_files.calls(production, "scaling")
        if "MaxCapacity" in call.input
    }
    return {
        service.name: targets[key]
        for service in production.services.values()
        if (key := phase_files.scalable_id(production, service)) in targets
    }


def _roles(production: Production) -> tuple[str, ...]:
    arns = [
        str(definition.raw[key])
        for definition in production.definitions
        for key in ("taskRoleArn", "executionRoleArn")
        if key in definition.raw
    ]
    return tuple(dict.fromkeys(arns))


def _shared_paths(production: Production) -> tuple[str, ...]:
    definition = production.services[production.web].definition.raw
    return tuple(efs.mounts_in(definition, production.laravel.raw.get("mountPoints") or ()))


def _upload_folder(production: Production) -> str:
    return iam_roles.writable_folder(
        production.roles,
        role=str(production.services[production.web].definition.raw.get("taskRoleArn", "")),
        bucket=production.resource_names.get("bucket", ""),
        region=production.config.region,
    )


def _resources(production: Production) -> dict[str, str]:
    events = production.config.mail_events_queue
    return production.resource_names | ({"mail_events": events} if events else {})


def smtp_host(production: Production) -> str:
    """Return the endpoint to which the app sends its mail by SMTP; empty where it uses the API."""
    names = production.php_containers
    containers = (
        definition.container(names[definition.family]) for definition in production.definitions
    )
    return next(
        filter(None, (ses_smtp.endpoint(container.environment) for container in containers)), ""
    )


def _jobs_on(production: Production) -> str:
    """Return the connection from which the worker takes jobs, where its queue is configured."""
    on_sqs = _SQS if "queue" in production.resource_names else ""
    services = production.services
    for name in (production.worker, production.web):
        for container in services[name].definition.containers if name in services else ():
            command = queue_command(container.words)
            option = command.connection if command else ""
            connection = option or container.environment.get("QUEUE_CONNECTION")
            if connection == _REDIS and production.cache:
                return _REDIS
            if connection == _DATABASE and not on_sqs:
                return _DATABASE
    return on_sqs


def _further_schedules(production: Production) -> dict[str, Any]:
    return {
        schedule.full_name: eventbridge.run_task_input(schedule.target)
        for key, schedule in production.schedules.items()
        if key != LARAVELS
    }


def _schedule(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    return {
        "run_task": eventbridge.run_task_input(schedule.target),
        "group": schedule.group,
        "role": schedule.target.get("RoleArn", ""),
    }
