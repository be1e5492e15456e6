"""References between files: each names something that another file, or the account, has.

AWS keeps each file apart and takes a name that fits nothing. The mistake shows when the deployment
begins: no worker starts, or a service runs in another cluster.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.aws import environment_file
from harness.aws.eventbridge import run_task_input
from harness.aws.task_definition import family_of
from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
from harness.inputs import operation_shapes
from harness.inputs.files import phase_files
from harness.inputs.files.ecs_services import rehearsed_groups, target_group_of
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.aws.task_definition import TaskDefinition
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production


def secret_suffixes(production: Production) -> Iterator[Problem]:
    """One secret has one ARN: two suffixes for a name mean that one of them does not exist."""
    places: dict[tuple[str, str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for definition in production.definitions:
        for number, container in enumerate(definition.containers):
            for index, value_from in enumerate(container.secrets.values()):
                try:
                    reference = parse_value_from(value_from)
                except ValueFromError:
                    continue
                if not isinstance(reference, SecretReference):
                    continue
                secret = (reference.account, reference.region, reference.name)
                key = f"containerDefinitions[{number}].secrets[{index}].valueFrom"
                places[secret].setdefault(reference.arn, (definition.source, key))
    for key, arn in _of_proxies(production):
        with suppress(ValueFromError):
            proxy_secret = parse_value_from(arn)
            if isinstance(proxy_secret, SecretReference):
                where = (production.files["phases.database"], key)
                secret = (proxy_secret.account, proxy_secret.region, proxy_secret.name)
                places[secret].setdefault(proxy_secret.arn, where)
    for (_, _, name), by_arn in places.items():
        full = {arn: place for arn, place in by_arn.items() if not arn.endswith(f":{name}")}
        if len(full) < 2:
            continue
        first, *rest = full
        for arn in rest:
            file, key = full[arn]
            yield Problem(
                key,
                f'names the secret "{name}" as {arn}, and {full[first][0]} as {first}: a secret'
                " has one ARN, so one of the two does not exist",
                "copy the ARN that `aws secretsmanager describe-secret` prints into both files",
                file=file,
            )


def _of_proxies(production: Production) -> Iterator[tuple[str, str]]:
    """Yield key and ARN of each secret with which RDS Proxy signs in to the database."""
    for call in phase_files.calls(production, "database"):
        for index, auth in enumerate(call.input.get("Auth") or ()):
            if arn := str(auth.get("SecretArn") or ""):
                yield f"{call.key}.Auth[{index}].SecretArn", arn


def secrets_with(production: Production, variable: str) -> Iterator[str]:
    """Yield the names of the secrets from which containers take a variable."""
    for definition in production.definitions:
        for container in definition.containers:
            try:
                reference = parse_value_from(container.secrets.get(variable, ""))
            except ValueFromError:
                continue
            if isinstance(reference, SecretReference):
                yield reference.name


def clusters(production: Production) -> Iterator[Problem]:
    """Services and the rule's target are in the cluster of the configuration."""
    cluster = production.config.cluster
    for name, service in production.services.items():
        # The command line may name the cluster instead: a file without one is not judged.
        reference = str(service.create.get("cluster") or cluster)
        if reference.rpartition("/")[2] != cluster:
            yield Problem(
                "cluster",
                f'is "{reference}", and ecs.cluster in the configuration is "{cluster}"',
                f'write "cluster": "{cluster}", or correct ecs.cluster',
                file=production.files[f"services.{name}.service"],
            )
    for key, schedule in production.schedules.items():
        reference = str(schedule.target["Arn"])
        if reference.rpartition("/")[2] != cluster:
            yield Problem(
                f"{schedule.target_key}.Arn",
                f'is "{reference}", and ecs.cluster in the configuration is "{cluster}"',
                "write the ARN of that cluster, or correct ecs.cluster",
                file=production.files[key],
            )


def families(production: Production) -> Iterator[Problem]:
    """Each service, and the rule, runs the task definition that stands beside it."""
    for name, service in production.services.items():
        reference = str(service.create.get("taskDefinition") or "")
        if reference and family_of(reference) != service.definition.family:
            yield Problem(
                "taskDefinition",
                f'is "{reference}", and the family of {service.definition.source} is'
                f' "{service.definition.family}"',
                f"name that family, or correct services.{name}.task_definition",
                file=production.files[f"services.{name}.service"],
            )
    for key, schedule in production.schedules.items():
        reference = str(schedule.target["EcsParameters"].get("TaskDefinitionArn") or "")
        family = schedule.definition.family
        if reference and family_of(reference) != family:
            yield Problem(
                f"{schedule.target_key}.EcsParameters.TaskDefinitionArn",
                f'is "{reference}", and the family of {schedule.definition.source} is "{family}"',
                f"name that family, or correct {key.removesuffix('rule')}task_definition",
                file=production.files[key],
            )


def target_groups(production: Production) -> Iterator[Problem]:
    """A service's load balancer names the target group that the configuration has."""
    name, *further = rehearsed_groups(production.load_balancer, production.target_group)
    for service, content in production.services.items():
        for number, balancer in enumerate(content.create.get("loadBalancers") or ()):
            group = target_group_of(balancer)
            if group not in ("", name, *further):
                yield Problem(
                    f"loadBalancers[{number}].targetGroupArn",
                    f'names the target group "{group}", and ecs.target_group has "{name}": no'
                    " visitor would reach the tasks",
                    "name the target group of the load balancer's listener",
                    file=production.files[f"services.{service}.service"],
                )


def missing_environment_files(
    definitions: Iterable[TaskDefinition], *, texts: Collection[str]
) -> Iterator[Problem]:
    """The text of each environment file that a container names is here.

    Args:
        definitions: Those that can be read; no other file is needed.
        texts: ARNs of the files that the configuration names.
    """
    for definition in definitions:
        for number, container in enumerate(definition.containers):
            for index, reference in enumerate(environment_file.references(container.raw)):
                if reference not in texts:
                    yield Problem(
                        f"containerDefinitions[{number}].environmentFiles[{index}].value",
                        f'is "{reference}", and its text is not here',
                        f'add to the configuration: [environment_files] "{reference}" = "web.env"',
                        file=definition.source,
                    )


def unused_environment_files(production: Production) -> Iterator[Problem]:
    """Each environment file that is here is named by a container."""
    containers = (container for task in production.definitions for container in task.containers)
    used = {arn for container in containers for arn in environment_file.references(container.raw)}
    for reference in production.environment_files:
        if reference not in used:
            yield Problem(
                f"environment_files.{reference}",
                "is no environment file of a container",
                "remove it, or name it in a task definition",
                file=str(production.config.file),
            )


def vpcs(production: Production) -> Iterator[Problem]:
    """The target group is in the VPC of the tasks' security groups."""
    vpc = production.target_group["TargetGroup"].get("VpcId")
    groups = production.network.groups
    for name, service in production.services.items():
        for group_id in service.network.security_groups:
            group = groups.groups.get(group_id)
            if vpc and group is not None and group.vpc and group.vpc != vpc:
                yield Problem(
                    "TargetGroup.VpcId",
                    f"is {vpc}, and {group.name}, a security group of {name}, is in {group.vpc}:"
                    " ECS cannot register the tasks",
                    "name the VPC of the tasks",
                    file=production.files["ecs.target_group"],
                )


def subnets(production: Production) -> Iterator[Problem]:
    """Visitors reach the load balancer's subnets, and tasks reach the AWS APIs from theirs.

    A public subnet sends what leaves the VPC to the internet gateway, which serves public addresses
    alone: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html.
    Only the file of the VPC has the routes.
    """
    public, private = _subnets_by_route(production)
    for index, subnet in enumerate(production.load_balancer["LoadBalancer"].get("Subnets") or ()):
        if subnet in private:
            yield Problem(
                f"LoadBalancer.Subnets[{index}]",
                f'is "{subnet}", which has no route to the internet gateway: no visitor reaches the'
                " load balancer there",
                "name the public subnets",
                file=production.files["ecs.load_balancer"],
            )
    for key, task in production.tasks.items():
        network = task.network
        for index, subnet in enumerate(network.subnets):
            if subnet in public and not network.has_public_address:
                yield Problem(
                    f"{network.key_of('subnets')}[{index}]",
                    f'is "{subnet}", whose route leads to the internet gateway, and the tasks have'
                    " no public address: they would reach no image, secret or queue",
                    "name the private subnets, or set"
                    f" {network.field('assignPublicIp')} to ENABLED",
                    file=production.files[key],
                )


def _subnets_by_route(production: Production) -> tuple[set[str], set[str]]:
    """Return the subnets with a route to an internet gateway, and those with another table."""
    calls = phase_files.calls(production, "network")
    tables = {
        call.input.get("RouteTableId")
        for call in calls
        if call.operation == "CreateRoute" and str(call.input.get("GatewayId")).startswith("igw-")
    }
    places = [call.input for call in calls if call.operation == "AssociateRouteTable"]
    by_subnet = {
        str(place["SubnetId"]): place.get("RouteTableId") for place in places if "SubnetId" in place
    }
    public = {subnet for subnet, table in by_subnet.items() if table in tables}
    return public, by_subnet.keys() - public if public else set()


def overrides(production: Production) -> Iterator[Problem]:
    """The rule's overrides name containers that its task definition has.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html
    """
    for key, schedule in production.schedules.items():
        yield from _overrides(schedule, file=production.files[key])


def rule_names(production: Production) -> Iterator[Problem]:
    """Each rule has a name of its own, and each schedule within its group.

    PutRule replaces the one that has the name.
    """
    first: dict[tuple[bool, str], str] = {}
    for key, schedule in production.schedules.items():
        other = first.setdefault((schedule.is_of_scheduler, schedule.full_name), key)
        if other != key:
            yield Problem(
                schedule.name_key,
                f'is "{schedule.name}", as that of {other}: the second would replace the first',
                "give each a name of its own",
                file=production.files[key],
            )


def _overrides(schedule: Schedule, *, file: str) -> Iterator[Problem]:
    names = [container.name for container in schedule.definition.containers]
    key = f"{schedule.target_key}.Input"
    task_override = run_task_input(schedule.target).get("overrides", {})
    shape = operation_shapes.input_shape("ecs", "RunTask").members["overrides"]
    for problem in operation_shapes.type_problems(task_override, shape=shape, key=key):
        yield replace(problem, file=file)
    entries = task_override.get("containerOverrides")
    objects = (
        [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    memory = str(task_override.get("memory") or schedule.definition.raw.get("memory") or "")
    for index, override in enumerate(objects):
        name, most = override.get("name"), override.get("memory")
        if isinstance(most, int) and memory.isdigit() and most > int(memory):
            yield Problem(
                f"{key}.containerOverrides[{index}].memory",
                f"is {most} MiB, and the task has {memory}: ECS refuses to run it",
                'write less, or override the task\'s, too: "memory" beside containerOverrides',
                file=file,
            )
        if name not in names:
            yield Problem(
                f"{schedule.target_key}.Input.containerOverrides[{index}].name",
                f'is "{name}", which is no container in {schedule.definition.source}: ECS refuses'
                " to run the task",
                f"name one of {', '.join(names)}",
                file=file,
            )


CHECKS = (
    secret_suffixes,
    clusters,
    families,
    target_groups,
    unused_environment_files,
    vpcs,
    subnets,
    overrides,
    rule_names,
)
