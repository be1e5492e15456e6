"""Notes on parts of production that are taken from the files, and not rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.aws import elb_attributes, listener_rules
from harness.aws.iam_conditions import SOURCE_IP
from harness.aws.iam_policy import condition_keys, statements
from harness.inputs.checks import balancer_attributes
from harness.inputs.files import bucket as bucket_files
from harness.inputs.files import listeners
from harness.inputs.files.ecs_services import rehearsed_groups, target_group_of
from harness.inputs.files.schedule import LARAVELS

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import CallFile
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.security_groups import SecurityGroups
    from harness.inputs.production import Production

_ROLLING = "ROLLING"
_LONG_DRAIN_S = 120
_AWS_DOMAIN = "amazonaws.com"


def of_production(production: Production, *, services: Mapping[str, Service]) -> Iterator[str]:
    """Yield every note.

    Args:
        production: All the files.
        services: The services as their files have them.
    """
    balancer, groups = production.load_balancer, production.network.groups
    target_groups = rehearsed_groups(balancer, production.target_group)
    yield from of_schedule(production)
    yield from of_slow_drains(production)
    yield from of_listeners(production)
    yield from balancer_attributes.unknown(production)
    yield from of_closed_ports(balancer, groups)
    yield from of_groups(groups)
    yield from of_outbound_proxies(production)
    yield from of_services(services, behind=production.services, target_groups=target_groups)
    if "bucket" in production.resources:
        yield from of_unknown_addresses(production.resources["bucket"])
        yield from of_further_buckets(production)


def of_schedule(production: Production) -> Iterator[str]:
    """Name a rule that runs nothing yet, as a team has it until the day of the cutover."""
    for key, schedule in production.schedules.items():
        if schedule.content.get("State") == "DISABLED":
            harm = "its task on AWS"
            if key == LARAVELS:
                harm = "Laravel's scheduler, and the scenario about its ticks is red"
            yield (
                f"{key}: {schedule.name} is DISABLED: nothing runs {harm} until State is ENABLED"
            )


def of_slow_drains(production: Production) -> Iterator[str]:
    """Name a long deregistration delay, for which each deployment of a rehearsal waits."""
    name = elb_attributes.DEREGISTRATION_DELAY
    attributes = {
        attribute["Key"]: attribute["Value"]
        for attribute in production.target_group.get("Attributes") or ()
    }
    seconds = str(attributes.get(name, elb_attributes.GROUP[name]))
    if seconds.isdigit() and int(seconds) >= _LONG_DRAIN_S:
        kind = "" if name in attributes else ", ELB's default"
        yield (
            f"ecs.target_group: a task that leaves drains for {seconds} s ({name}{kind}), as on"
            " AWS: each deployment in a rehearsal waits for it; production's Attributes may say"
            " less, where no request takes so long"
        )


def of_outbound_proxies(production: Production) -> Iterator[str]:
    """Name a proxy that AWS's APIs are asked through: the emulator is asked over plain HTTP."""
    for definition in production.definitions:
        values = {name.upper(): value for _, name, value in definition.variables}
        # Its value may hold a password, and is not shown.
        proxy = next((name for name in ("HTTPS_PROXY", "ALL_PROXY") if values.get(name)), "")
        if proxy and _AWS_DOMAIN not in values.get("NO_PROXY", ""):
            yield (
                f"{definition.family}: its calls of S3, SQS and SES go through {proxy} on AWS, past"
                f" the VPC's endpoints, and not in a rehearsal: take {proxy} out, or add"
                f" .{_AWS_DOMAIN} to NO_PROXY"
            )


def of_unknown_addresses(bucket: CallFile) -> Iterator[str]:
    """Name the denials of a bucket's policy for addresses that tasks have on AWS alone."""
    for request in bucket.inputs_of("PutBucketPolicy"):
        for number, statement in enumerate(statements(bucket_files.policy_of(request))):
            if statement.get("Effect") == "Deny" and SOURCE_IP in condition_keys(statement):
                yield (
                    f"resources.bucket: Statement[{number}] of its policy denies by {SOURCE_IP},"
                    " and the tasks' addresses on AWS are not known here: it is not judged"
                )


def of_further_buckets(production: Production) -> Iterator[str]:
    """Name the buckets of variables that are not made."""
    file = production.resources.get("bucket")
    buckets = bucket_files.names(file) if file else []
    variables = {
        value: name
        for definition in production.definitions
        for _, name, value in definition.variables
        if name.endswith("_BUCKET") and value and value not in buckets
    }
    for name, variable in variables.items():
        yield (
            f"resources.bucket: {variable} names {name}, which is not made here: add it to the file"
            " (CreateBucket takes a list), or what the app does with it is not covered"
        )


def of_listeners(production: Production) -> Iterator[str]:
    """Name assumptions about listeners, and the parts of rules that are not rehearsed."""
    name, host = production.target_group["TargetGroup"]["Name"], production.config.public_host
    for listener in listeners.of_production(production):
        if production.load_balancer.get("Listeners") and listeners.is_without_rules(
            production, listener
        ):
            action: Mapping[str, Any] = next(iter(listener.create.get("DefaultActions") or ()), {})
            groups = ", ".join(listener_rules.weights(action))
            leads = f"leads to {groups}" if groups else f"is {action.get('Type')}"
            yield (
                f"ecs.load_balancer: the default action of the listener on port {listener.port}"
                f" {leads}, and the file has no Rules: one that leads {host} to {name} is assumed;"
                " put there what `aws elbv2 describe-rules` prints"
            )
        for rule in listener.rules:
            yield from _not_rehearsed(rule, port=listener.port)
    for group in listeners.left_out(production):
        yield (
            f"ecs.load_balancer: {group} has a share of the visitors, and no service here is behind"
            " it: the others get all"
        )
    if listeners.has_unknown_listeners(production.load_balancer):
        yield (
            "ecs.load_balancer: Rules name several listeners, and no ListenerArn stands in"
            " Listeners: no rule is judged or rehearsed; put there what `aws elbv2"
            " describe-listeners` prints"
        )
    own = {
        name,
        *(
            target_group["Name"]
            for target_group in production.target_group.get("TargetGroups") or ()
        ),
    }
    reached = {
        group
        for listener in listeners.of_production(production)
        for action in listener.actions
        for group, weight in listener_rules.weights(action).items()
        if weight
    }
    for group in sorted(reached - own):
        yield (
            f"ecs.load_balancer: it forwards to {group}, which no file here describes: the load"
            " balancer answers 503 for it"
        )


def _not_rehearsed(rule: Mapping[str, Any], *, port: int) -> Iterator[str]:
    place = f"ecs.load_balancer: the rule of priority {rule.get('Priority')} on port {port}"
    for action in rule.get("Actions") or ():
        if action.get("Type") not in listener_rules.ROUTING:
            yield f"{place} has {action.get('Type')}, which is not rehearsed: each visitor passes"
    if any(
        condition.get("Field") == listener_rules.SOURCE_IP
        for condition in rule.get("Conditions") or ()
    ):
        yield f"{place} asks for source addresses: visitors have {listener_rules.VISITOR} here"


def of_closed_ports(balancer: Mapping[str, Any], groups: SecurityGroups) -> Iterator[str]:
    """Name the listeners on ports that no security group of the load balancer admits."""
    ids = balancer["LoadBalancer"].get("SecurityGroups") or ()
    rules = [
        rule for group_id in ids if group_id in groups.groups for rule in groups[group_id].ingress
    ]
    for listener in balancer.get("Listeners") or ():
        if ids and not any(rule.covers("tcp", int(listener["Port"])) for rule in rules):
            yield (
                f"ecs.load_balancer: it has a listener on port {listener['Port']}, and its security"
                " groups admit nobody there: a visitor waits in vain"
            )


def of_groups(groups: SecurityGroups) -> Iterator[str]:
    """Name the groups that rules admit and the file lacks."""
    for group, names in groups.elsewhere.items():
        yield (
            f"network.security_groups: rules of {', '.join(names)} name {group}, which is not in"
            " the file: nothing has it here"
        )


def of_services(
    services: Mapping[str, Service], *, behind: Mapping[str, Service], target_groups: Sequence[str]
) -> Iterator[str]:
    """Name the services with load balancers that are left out, or with Service Connect.

    Args:
        services: The services as their files have them.
        behind: The same, each behind one target group.
        target_groups: Those of a rehearsal: the app's own, and then further ones.
    """
    for name, service in services.items():
        if (service.create.get("serviceConnectConfiguration") or {}).get("enabled"):
            yield (
                f"services.{name}: Service Connect is not rehearsed: no task has the names of the"
                " namespace"
            )
        deployment = service.create.get("deploymentConfiguration") or {}
        if deployment.get("strategy", _ROLLING) != _ROLLING:
            yield (
                f"services.{name}: its strategy is {deployment['strategy']}, and a rehearsal"
                f" replaces tasks by {_ROLLING}"
            )
        controller = (service.create.get("deploymentController") or {}).get("type", "ECS")
        if controller != "ECS":
            yield (
                f"services.{name}: {controller} makes its releases, and a rehearsal replaces tasks"
                f" by {_ROLLING}: that a release is rolled back is not rehearsed"
            )
        if behind[name] is service:
            continue
        names = [
            target_group_of(balancer) for balancer in service.create.get("loadBalancers") or ()
        ]
        group = target_group_of(behind[name].reached)
        if group and set(names) <= set(target_groups):
            yield (
                f"services.{name}: it is behind {', '.join(names)}, and is rehearsed behind {group}"
                " alone: here the load balancer answers 503 for the others"
            )
        else:
            yield (
                f"services.{name}: visitors reach it by another target group than"
                f" {target_groups[0]}, and are not rehearsed there; TargetGroups in the file of"
                " ecs.target_group, and the rule that leads there, would have it rehearsed"
            )
