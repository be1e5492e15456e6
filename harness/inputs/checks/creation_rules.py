"""Rules that AWS applies when it creates a resource, and that its models do not have.

Names, and what must fit together; limits of values are in `creation_limits`. Each rule names its
source. A rule judges only what the files say; it never asks AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.inputs.checks import creation_limits, refused_pairs, secrets
from harness.inputs.files import phase_files
from harness.inputs.files.api_calls import dead_letter_queue, redrive_allow_policy, redrive_policy
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.inputs.production import Production

_ELB_NAME = re.compile(r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_QUEUE_NAME = re.compile(r"[\w-]{1,80}|[\w-]{1,75}\.fifo", flags=re.ASCII)
_BUCKET_NAME = re.compile(r"(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_QUEUE_RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}
_QUEUE_VALUES: Mapping[str, tuple[str, ...]] = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
_CHECK_DEFAULTS = {"HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5}
_MATCHER = re.compile(r"\d+(?:[-,]\d+)*")
_STATUSES = range(200, 500)
"""Status codes that an application load balancer may take for healthy."""
_RECEIVE_COUNT = (1, 1000)
_UNWRITTEN_REGION = "us-east-1"
_RELEASE = re.compile(r"\d+\.\d+")


def problems(production: Production) -> Iterator[Problem]:
    """Report everything that AWS would refuse to create."""
    for rule in RULES:
        yield from rule(production)


def load_balancer_subnets(production: Production) -> Iterator[Problem]:
    """An application load balancer has subnets of two zones or more.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    """
    given = production.load_balancer["LoadBalancer"]
    mapped = [str(subnet.get("SubnetId")) for subnet in given.get("SubnetMappings") or ()]
    subnets = [*map(str, given.get("Subnets") or ()), *mapped]
    if len(set(subnets)) < 2:
        found = f"has one subnet, {subnets[0]}" if subnets else "has none"
        yield Problem(
            "LoadBalancer.Subnets",
            f"{found}: an application load balancer needs two, in different Availability Zones",
            "name a public subnet of each of two zones",
            file=production.files["ecs.load_balancer"],
        )


def load_balancer_names(production: Production) -> Iterator[Problem]:
    """Names of load balancers and target groups: 32 characters, letters, digits and hyphens.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    for key, content, file in (
        ("LoadBalancer", production.load_balancer, "ecs.load_balancer"),
        ("TargetGroup", production.target_group, "ecs.target_group"),
    ):
        name = str(content[key]["Name"])
        if not _ELB_NAME.fullmatch(name):
            yield Problem(
                f"{key}.Name",
                f'is "{name}"',
                "write 1 to 32 letters, digits and hyphens; no hyphen at either end, and not"
                ' "internal-" at the start',
                file=production.files[file],
            )


def target_checks(production: Production) -> Iterator[Problem]:
    """A target's health check has a path and a status, and ends before the next begins.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    given = production.target_group["TargetGroup"]
    file = production.files["ecs.target_group"]
    path = str(given.get("HealthCheckPath", "/"))
    if not path.startswith("/"):
        hint = f'write "/{path}": a path begins with a slash'
        yield Problem("TargetGroup.HealthCheckPath", f'is "{path}"', hint, file=file)
    codes = str((given.get("Matcher") or {}).get("HttpCode", "200"))
    if not _MATCHER.fullmatch(codes) or not all(
        int(code) in _STATUSES for code in re.findall(r"\d+", codes)
    ):
        hint = 'write "200", a list as "200,204" or a range as "200-299", of 200 to 499'
        yield Problem("TargetGroup.Matcher.HttpCode", f'is "{codes}"', hint, file=file)
    interval, timeout = (int(given.get(key, value)) for key, value in _CHECK_DEFAULTS.items())
    if timeout >= interval:
        yield Problem(
            "TargetGroup.HealthCheckTimeoutSeconds",
            f"is {timeout}, and HealthCheckIntervalSeconds {interval}: the time-out must be"
            " smaller than the interval",
            "shorten the time-out, or lengthen the interval",
            file=file,
        )


def deployments(production: Production) -> Iterator[Problem]:
    """A rolling deployment can start or stop a task.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    """
    tables: dict[str, str] = {}
    for name, service in production.services.items():
        file = production.files[f"services.{name}.service"]
        other = tables.setdefault(service.name, name)
        if other != name:
            yield Problem(
                f"services.{name}.service",
                f'is the service "{service.name}", and so is services.{other}',
                "remove one of the two tables, or name another file",
                file=str(production.config.file),
            )
        given = service.create.get("deploymentConfiguration") or {}
        minimum = int(given.get("minimumHealthyPercent", 100))
        maximum = int(given.get("maximumPercent", 200))
        tasks = int(service.create.get("desiredCount", 1))
        # ECS rounds the upper limit down and the lower one up.
        can_start = tasks * maximum // 100 > tasks
        can_stop = -(-tasks * minimum // 100) < tasks
        if tasks and not can_start and not can_stop:
            yield Problem(
                "deploymentConfiguration.maximumPercent",
                f"is {maximum}, with minimumHealthyPercent {minimum} and {tasks} tasks: a"
                " deployment could neither start a task nor stop one",
                "write maximumPercent 200 and minimumHealthyPercent 100, ECS's defaults",
                file=file,
            )
        if "healthCheckGracePeriodSeconds" in service.create and not service.create.get(
            "loadBalancers"
        ):
            yield Problem(
                "healthCheckGracePeriodSeconds",
                "is set, and the service has no load balancer: ECS refuses it",
                "remove it, or add loadBalancers",
                file=file,
            )


def zone_rebalancing(production: Production) -> Iterator[Problem]:
    """Zone rebalancing needs a maximumPercent that lets it start one task more.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    """
    for name, service in production.services.items():
        given = service.create.get("deploymentConfiguration") or {}
        maximum = int(given.get("maximumPercent", 200))
        if service.create.get("availabilityZoneRebalancing") == "ENABLED" and maximum <= 100:
            yield Problem(
                "availabilityZoneRebalancing",
                f'is "ENABLED", and deploymentConfiguration.maximumPercent {maximum}: ECS refuses'
                " the two together",
                'write "DISABLED", or a maximumPercent above 100',
                file=production.files[f"services.{name}.service"],
            )


def queues(production: Production) -> Iterator[Problem]:
    """Names and attributes of SQS queues.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    file = production.resources.get("queues")
    if file is None:
        return
    kinds: dict[str, bool] = {}
    inputs = file.inputs_of("CreateQueue")
    sources: dict[str, list[str]] = {}
    for given in inputs:
        sources.setdefault(dead_letter_queue(given), []).append(str(given["QueueName"]))
    for number, given in enumerate(inputs):
        name, attributes = str(given["QueueName"]), given.get("Attributes") or {}
        fifo = str(attributes.get("FifoQueue", "false")).lower() == "true"
        kinds[name] = fifo
        faults = (
            *_of_attributes(name, attributes, fifo=fifo),
            *_of_redrive_policy(given, fifo=fifo, kinds=kinds),
            *_of_redrive_permission(given, sources=sources.get(name, ())),
        )
        for key, message, hint in faults:
            place = production.files["resources.queues"]
            yield Problem(f"CreateQueue[{number}]{key}", message, hint, file=place)


def _of_attributes(
    name: str, attributes: Mapping[str, Any], *, fifo: bool
) -> Iterator[tuple[str, str, str]]:
    if not _QUEUE_NAME.fullmatch(name) or name.endswith(".fifo") != fifo:
        yield (
            ".QueueName",
            f'is "{name}"' + (", and FifoQueue is true" if fifo else ""),
            "write up to 80 letters, digits, hyphens and underscores; .fifo at the end of a FIFO"
            " queue's name, and of no other",
        )
    for key, (least, most) in _QUEUE_RANGES.items():
        value = str(attributes.get(key, least))
        if not value.isdigit() or not least <= int(value) <= most:
            yield f".Attributes.{key}", f'is "{value}"', f'write "{least}" to "{most}"'
    for key, known in _QUEUE_VALUES.items():
        value = str(attributes.get(key, known[0]))
        if value.lower() not in map(str.lower, known):
            yield (
                f".Attributes.{key}",
                f'is "{value}"',
                "write " + " or ".join(f'"{one}"' for one in known),
            )


def _of_redrive_policy(
    queue: Mapping[str, Any], *, fifo: bool, kinds: Mapping[str, bool]
) -> Iterator[tuple[str, str, str]]:
    policy = redrive_policy(queue)
    if not policy:
        return
    count = str(policy.get("maxReceiveCount", ""))
    least, most = _RECEIVE_COUNT
    if not count.isdigit() or not least <= int(count) <= most:
        yield (
            ".Attributes.RedrivePolicy.maxReceiveCount",
            f'is "{count}"',
            f"write {least} to {most}",
        )
    dead = dead_letter_queue(queue)
    if dead in kinds and kinds[dead] != fifo:
        yield (
            ".Attributes.RedrivePolicy.deadLetterTargetArn",
            f"names {dead}: the dead-letter queue of a {'FIFO' if fifo else 'standard'} queue"
            " must be one too",
            "name a queue of the same type",
        )


def _of_redrive_permission(
    queue: Mapping[str, Any], *, sources: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the reasons for which this queue takes no dead letters of those that name it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    given = redrive_allow_policy(queue)
    permission = given.get("redrivePermission", "allowAll")
    named = {str(arn).rpartition(":")[2] for arn in given.get("sourceQueueArns") or ()}
    for source in sources:
        if permission == "denyAll" or (permission == "byQueue" and source not in named):
            yield (
                ".Attributes.RedriveAllowPolicy",
                f"says {permission}, and is the dead-letter queue of {source}: SQS refuses the"
                " RedrivePolicy of that queue",
                f"allow it: redrivePermission byQueue, and the ARN of {source} in sourceQueueArns",
            )


def parameter_groups(production: Production) -> Iterator[Problem]:
    """A cluster's parameter group is of the family of its engine's version.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithParamGroups.html
    """
    calls = phase_files.calls(production, "database")
    families = {
        str(one.given["DBClusterParameterGroupName"]): str(one.given["DBParameterGroupFamily"])
        for one in calls
        if one.operation == "CreateDBClusterParameterGroup"
    }
    for one in calls:
        version = _RELEASE.match(str(one.given.get("EngineVersion", "")))
        family = families.get(str(one.given.get("DBClusterParameterGroupName", "")), "")
        if one.operation == "CreateDBCluster" and version and family:
            wanted = f"{one.given['Engine']}{version[0]}"
            if family != wanted:
                yield Problem(
                    "CreateDBClusterParameterGroup.DBParameterGroupFamily",
                    f'is "{family}", and the cluster of that group has the engine'
                    f" {one.given['Engine']} {one.given['EngineVersion']}: RDS refuses it",
                    f'write "{wanted}"',
                    file=production.files["phases.database"],
                )


def buckets(production: Production) -> Iterator[Problem]:
    """Names of S3 buckets, and their place: us-east-1 is the one Region that is not written.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    file = production.resources.get("bucket")
    for given in file.inputs_of("CreateBucket") if file else ():
        name = str(given["Bucket"])
        if not _BUCKET_NAME.fullmatch(name) or ".." in name:
            yield Problem(
                "CreateBucket.Bucket",
                f'is "{name}"',
                "write 3 to 63 lower-case letters, digits, hyphens and dots; a letter or digit at"
                " both ends",
                file=production.files["resources.bucket"],
            )
        place = given.get("CreateBucketConfiguration") or {}
        if place.get("LocationConstraint") == _UNWRITTEN_REGION:
            yield Problem(
                "CreateBucket.CreateBucketConfiguration.LocationConstraint",
                f'is "{_UNWRITTEN_REGION}", which S3 refuses: a bucket without one is there',
                "leave CreateBucketConfiguration out",
                file=production.files["resources.bucket"],
            )


RULES: tuple[Callable[[Production], Iterator[Problem]], ...] = (
    load_balancer_subnets,
    load_balancer_names,
    target_checks,
    deployments,
    zone_rebalancing,
    queues,
    parameter_groups,
    buckets,
    *creation_limits.RULES,
    *refused_pairs.RULES,
    *secrets.RULES,
)
