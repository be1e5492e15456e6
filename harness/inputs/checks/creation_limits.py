"""Limits of values that AWS applies when it creates a resource, and that its models do not have.

Each table names its source. As with `creation_rules`, a rule judges only what the files say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.files import phase_files
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.inputs.production import Production

_BOOLEAN = ("true", "false")
_ATTRIBUTES: Mapping[str, tuple[int, int] | tuple[str, ...]] = {
    "client_keep_alive.seconds": (60, 604800),
    "deletion_protection.enabled": _BOOLEAN,
    "deregistration_delay.timeout_seconds": (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
    "load_balancing.algorithm.type": (
        *("round_robin", "least_outstanding_requests", "weighted_random"),
    ),
    "routing.http.desync_mitigation_mode": ("monitor", "defensive", "strictest"),
    "routing.http.drop_invalid_header_fields.enabled": _BOOLEAN,
    "routing.http.preserve_host_header.enabled": _BOOLEAN,
    "routing.http.xff_client_port.enabled": _BOOLEAN,
    "routing.http.xff_header_processing.mode": ("append", "preserve", "remove"),
    "routing.http2.enabled": _BOOLEAN,
    "slow_start.duration_seconds": (0, 900),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.enabled": _BOOLEAN,
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
    "stickiness.type": ("lb_cookie", "app_cookie"),
}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
and API_LoadBalancerAttribute.html; the values of an application load balancer."""
_SLOW_START_S = 30
"""The shortest slow start; 0 is none."""
_SLOW_STARTS = ("slow_start.duration_seconds", "load_balancing.algorithm.type", "round_robin")
_RANGES: Mapping[str, Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "database": {
        "CreateDBCluster": {"BackupRetentionPeriod": (1, 35)},
        "CreateDBProxy": {"IdleClientTimeout": (1, 28800)},
        "ModifyDBProxyTargetGroup": {
            "ConnectionPoolConfig.ConnectionBorrowTimeout": (0, 300),
            "ConnectionPoolConfig.MaxConnectionsPercent": (1, 100),
        },
    }
}
"""Key of [phases] -> operation -> field -> least and most:
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html and
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-creating.html"""
_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
_SSL_POLICIES = frozenset(
    {
        *(f"TLS13-{one}-2021-06" for one in ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2")),
        *(f"TLS13-{one}-2021-06" for one in ("1-1", "1-0")),
        *(f"TLS13-{one}-FIPS-2023-04" for one in ("1-3", "1-2", "1-2-Res", "1-1", "1-0")),
        *(f"TLS13-1-2-{one}-FIPS-2023-04" for one in ("Ext0", "Ext1", "Ext2")),
        *("FS-1-2-Res-2020-10", "FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08"),
        *("FS-2018-06", "TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01"),
        *("TLS-1-0-2015-04", "2016-08", "2015-05"),
    }
)
"""Of application load balancers, until the year below:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
_SSL_POLICY = re.compile(r"ELBSecurityPolicy-(?P<rest>(?:[A-Za-z0-9]+-)*(?P<year>20\d\d)-\d\d)")
_SSL_POLICIES_UNTIL = 2024
_SERVERLESS, _SERVERLESS_SCALING = "db.serverless", "ServerlessV2ScalingConfiguration"
_FAMILY = "MYSQL"
_REQUESTS = "ALBRequestCountPerTarget"
_CAPACITIES = ("MinCapacity", "MaxCapacity")
_OF_RECORDS = ("TTL", "ResourceRecords")
"""Fields of a record set that is no alias."""
_CODE = re.compile(r"<code>([\w.]+)</code>")


def attributes(production: Production) -> Iterator[Problem]:
    """Attributes of the load balancer and its target group: names, values, and a pair that fails.

    Slow start goes with round robin only:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
    """
    for name, content, file in (
        ("LoadBalancer", production.load_balancer, "ecs.load_balancer"),
        ("TargetGroup", production.target_group, "ecs.target_group"),
    ):
        place, listed = production.files[file], content.get("Attributes") or []
        values = {str(one.get("Key")): str(one.get("Value")) for one in listed}
        for index, one in enumerate(listed):
            key, value = str(one.get("Key")), str(one.get("Value"))
            for message, hint in _of_attribute(name, key, value):
                yield Problem(f"Attributes[{index}]", f"{key} {message}", hint, file=place)
        start, algorithm, only = _SLOW_STARTS
        chosen = values.get(algorithm, only)
        if values.get(start, "0") != "0" and chosen != only:
            yield Problem(
                f"Attributes[{[one.get('Key') for one in listed].index(start)}]",
                f"{start} is {values[start]}, and {algorithm} {chosen}: ELB refuses the two"
                " together",
                f'write "0", or the algorithm {only}',
                file=place,
            )


def _of_attribute(name: str, key: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for an attribute of another resource, or with a value that fails."""
    other = "TargetGroup" if name == "LoadBalancer" else "LoadBalancer"
    if key not in _attribute_names(name) and key in _attribute_names(other):
        file = "target group's" if other == "TargetGroup" else "load balancer's"
        yield (
            f"is an attribute of the {file}, and ELB refuses it here",
            f"move it to the {file} file",
        )
        return
    known = _ATTRIBUTES.get(key, ())
    if not known:
        return
    if isinstance(known[0], str):
        if value not in known:
            yield f'is "{value}"', f"write one of {', '.join(map(str, known))}"
        return
    least, most = int(known[0]), int(known[1])
    is_short = key == _SLOW_STARTS[0] and value.isdigit() and 0 < int(value) < _SLOW_START_S
    if not value.isdigit() or not least <= int(value) <= most or is_short:
        either = f'"0", or "{_SLOW_START_S}"' if key == _SLOW_STARTS[0] else f'"{least}"'
        yield f'is "{value}"', f'write {either} to "{most}"'


@cache
def _attribute_names(name: str) -> frozenset[str]:
    """Return the attributes of a resource; botocore has them in its documentation only."""
    shape = operation_shapes.input_shape("elbv2", f"Modify{name}Attributes")
    text = str(shape.members["Attributes"].member.members["Key"].documentation)
    return frozenset(name for name in _CODE.findall(text) if "." in name)


def service_types(production: Production) -> Iterator[Problem]:
    """Fargate has no daemons, and only rolling deployments have a circuit breaker.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    """
    for name, service in production.services.items():
        given, file = service.create, production.files[f"services.{name}.service"]
        if given.get("schedulingStrategy") == "DAEMON":
            yield Problem(
                "schedulingStrategy",
                'is "DAEMON": a daemon runs on each instance of a cluster, and Fargate has none',
                'write "REPLICA", or leave it out, and set desiredCount',
                file=file,
            )
        controller = str((given.get("deploymentController") or {}).get("type", "ECS"))
        breaker = (given.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
        if controller != "ECS" and breaker.get("enable"):
            yield Problem(
                "deploymentController.type",
                f'is "{controller}", and deploymentCircuitBreaker is enabled: ECS refuses the two'
                " together",
                'write "ECS", or leave it out: ECS deploys, and rolls back',
                file=file,
            )


def database_values(production: Production) -> Iterator[Problem]:
    """Values of the cluster and its proxy, and the scaling that Serverless v2 requires.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.create.html
    """
    for file, operations in _RANGES.items():
        for one in phase_files.calls(production, file):
            for path, (least, most) in operations.get(one.operation, {}).items():
                value = _value(one.given, path)
                if value is not None and not least <= value <= most:
                    yield Problem(
                        f"{one.key}.{path}",
                        f"is {value}, and RDS takes {least} to {most}",
                        f"write {least} to {most}",
                        file=production.files[f"phases.{file}"],
                    )
    calls = phase_files.calls(production, "database")
    for one in calls:
        family = one.given.get("EngineFamily", _FAMILY)
        if family != _FAMILY:
            yield Problem(
                f"{one.key}.EngineFamily",
                f'is "{family}", and the cluster is Aurora MySQL: RDS refuses it as a target',
                f'write "{_FAMILY}"',
                file=production.files["phases.database"],
            )
    scaled = {
        one.given.get("DBClusterIdentifier")
        for one in calls
        if one.operation == "CreateDBCluster" and _SERVERLESS_SCALING not in one.given
    }
    for one in calls:
        serverless = one.given.get("DBInstanceClass") == _SERVERLESS
        if serverless and one.given.get("DBClusterIdentifier") in scaled:
            yield Problem(
                f"{one.key}.DBInstanceClass",
                f"is {_SERVERLESS}, and the cluster has no {_SERVERLESS_SCALING}: RDS refuses the"
                " instance",
                f'add to CreateDBCluster: "{_SERVERLESS_SCALING}": {{"MinCapacity": ...,'
                ' "MaxCapacity": ...}',
                file=production.files["phases.database"],
            )


def _value(content: Mapping[str, Any], path: str) -> int | None:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) else None


def log_retention(production: Production) -> Iterator[Problem]:
    """CloudWatch Logs keeps a group's events for one of its own numbers of days."""
    for one in phase_files.calls(production, "logs"):
        days = one.given.get("retentionInDays", _RETENTION_DAYS[0])
        if days not in _RETENTION_DAYS:
            yield Problem(
                f"{one.key}.retentionInDays",
                f"is {days}, which CloudWatch Logs does not offer",
                f"write one of {', '.join(map(str, _RETENTION_DAYS))}",
                file=production.files["phases.logs"],
            )


def ssl_policies(production: Production) -> Iterator[Problem]:
    """A listener's security policy is one that ELB has; one of a later year may be new."""
    for index, listener in enumerate(production.load_balancer.get("Listeners") or ()):
        name = str(listener.get("SslPolicy") or "ELBSecurityPolicy-2016-08")
        found = _SSL_POLICY.fullmatch(name)
        if found and (found["rest"] in _SSL_POLICIES or int(found["year"]) > _SSL_POLICIES_UNTIL):
            continue
        yield Problem(
            f"Listeners[{index}].SslPolicy",
            f'is "{name}", which ELB does not have: it would refuse the listener',
            "write ELBSecurityPolicy-TLS13-1-2-2021-06, or another of"
            " `aws elbv2 describe-ssl-policies`",
            file=production.files["ecs.load_balancer"],
        )


def scaling_policies(production: Production) -> Iterator[Problem]:
    """A policy by requests for each target names the load balancer and the target group.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
    """
    balancer = str(production.load_balancer["LoadBalancer"]["Name"])
    group = str(production.target_group["TargetGroup"]["Name"])
    for one in phase_files.calls(production, "scaling"):
        tracking = one.given.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = tracking.get("PredefinedMetricSpecification") or {}
        name, label = metric.get("PredefinedMetricType"), str(metric.get("ResourceLabel") or "")
        own = re.fullmatch(rf"app/{balancer}/\w+/targetgroup/{group}/\w+", label)
        if name is None or (own if name == _REQUESTS else not label):
            continue
        wanted = f"app/{balancer}/ID/targetgroup/{group}/ID"
        yield Problem(
            f"{one.key}.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification",
            f"has the metric {name} and "
            + (f'the ResourceLabel "{label}"' if label else "no ResourceLabel")
            + ": the service would never scale",
            f"write the ResourceLabel {wanted}, with the ends of the two ARNs"
            if name == _REQUESTS
            else f"leave ResourceLabel out: only {_REQUESTS} has one",
            file=production.files["phases.scaling"],
        )


def records(production: Production) -> Iterator[Problem]:
    """A record set has a TTL and records, or is an alias and has neither.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
    """
    for call in phase_files.calls(production, "dns"):
        changes = (call.given.get("ChangeBatch") or {}).get("Changes") or ()
        for number, change in enumerate(changes):
            record, where = change.get("ResourceRecordSet") or {}, f"Changes[{number}]"
            is_alias = "AliasTarget" in record
            for name in _OF_RECORDS:
                if (name in record) == is_alias:
                    yield Problem(
                        f"{call.key}.ChangeBatch.{where}.ResourceRecordSet.{name}",
                        "is set, and Route 53 takes none beside AliasTarget"
                        if is_alias
                        else "is missing, and Route 53 takes no record without it but an alias",
                        "leave it out" if is_alias else f"add {name}; an alias has AliasTarget",
                        file=production.files["phases.dns"],
                    )


def scaling(production: Production) -> Iterator[Problem]:
    """A scalable target has a least and a most number of tasks, in this order.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    """
    for one in phase_files.calls(production, "scaling"):
        least, most = one.given.get("MinCapacity"), one.given.get("MaxCapacity")
        for name in _CAPACITIES if one.operation == "RegisterScalableTarget" else ():
            if name not in one.given:
                yield Problem(
                    f"{one.key}.{name}",
                    "is missing, and AWS registers no new scalable target without it",
                    f"add {name}, a number of tasks",
                    file=production.files["phases.scaling"],
                )
        if least is not None and most is not None and least > most:
            yield Problem(
                f"{one.key}.MinCapacity",
                f"is {least}, and MaxCapacity {most}: AWS refuses the two together",
                "write MaxCapacity as high as MinCapacity, or higher",
                file=production.files["phases.scaling"],
            )
    yield from _scaled_below_wanted(production)


def _scaled_below_wanted(production: Production) -> Iterator[Problem]:
    """A service starts with no more tasks than its scaling lets it have."""
    wanted = {
        f"service/{production.config.cluster}/{service.name}": service.create
        for service in production.services.values()
    }
    for one in phase_files.calls(production, "scaling"):
        tasks = int(wanted.get(str(one.given.get("ResourceId")), {}).get("desiredCount", 0))
        most = one.given.get("MaxCapacity")
        if most is not None and most < tasks:
            yield Problem(
                f"{one.key}.MaxCapacity",
                f"is {most}, and the service's desiredCount {tasks}: Application Auto Scaling"
                f" stops tasks until {most} run",
                f"write {tasks} or more, or a lower desiredCount",
                file=production.files["phases.scaling"],
            )


RULES: tuple[Callable[[Production], Iterator[Problem]], ...] = (
    attributes,
    service_types,
    database_values,
    log_retention,
    ssl_policies,
    scaling_policies,
    scaling,
    records,
)
