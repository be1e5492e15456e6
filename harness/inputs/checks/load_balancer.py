"""The load balancer and its target group, as ELB takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.inputs.files import listeners
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_SSL_POLICIES = frozenset(
    {
        *(
            f"TLS13-{version}-2021-06"
            for version in ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2")
        ),
        *(f"TLS13-{version}-2021-06" for version in ("1-1", "1-0")),
        *(f"TLS13-{version}-FIPS-2023-04" for version in ("1-3", "1-2", "1-2-Res", "1-1", "1-0")),
        *(f"TLS13-1-2-{suffix}-FIPS-2023-04" for suffix in ("Ext0", "Ext1", "Ext2")),
        *("FS-1-2-Res-2020-10", "FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08"),
        *("FS-2018-06", "TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01"),
        *("TLS-1-0-2015-04", "2016-08", "2015-05"),
    }
)
"""Of application load balancers, until the year below:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
_SSL_POLICY = re.compile(r"ELBSecurityPolicy-(?P<rest>(?:[A-Za-z0-9]+-)*(?P<year>20\d\d)-\d\d)")
_SSL_POLICIES_UNTIL = 2024
_ELB_NAME = re.compile(r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_CHECK_DEFAULTS = {"HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5}
_MATCHER = re.compile(r"\d+(?:[-,]\d+)*")
_STATUSES = range(200, 500)
"""Status codes that an application load balancer may take for healthy."""
_TRAFFIC = "traffic-port"


def resources(production: Production) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Go through the load balancer and its target group: name, content, and key of the file."""
    yield "LoadBalancer", production.load_balancer, "ecs.load_balancer"
    yield "TargetGroup", production.target_group, "ecs.target_group"


def subnets(production: Production) -> Iterator[Problem]:
    """An application load balancer has subnets of two zones or more.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    """
    balancer = production.load_balancer["LoadBalancer"]
    mapped = [str(subnet.get("SubnetId")) for subnet in balancer.get("SubnetMappings") or ()]
    subnets = [*map(str, balancer.get("Subnets") or ()), *mapped]
    if len(set(subnets)) < 2:
        state = f"has one subnet, {subnets[0]}" if subnets else "has none"
        yield Problem(
            "LoadBalancer.Subnets",
            f"{state}: an application load balancer needs two, in different Availability Zones",
            "name a public subnet of each of two zones",
            file=production.files["ecs.load_balancer"],
        )


def names(production: Production) -> Iterator[Problem]:
    """Names of load balancers and target groups: 32 characters, letters, digits and hyphens.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    for key, content, file in resources(production):
        name = str(content[key]["Name"])
        if not _ELB_NAME.fullmatch(name):
            yield Problem(
                f"{key}.Name",
                f'is "{name}"',
                "write 1 to 32 letters, digits and hyphens; no hyphen at either end, and not"
                ' "internal-" at the start',
                file=production.files[file],
            )


def health_check(production: Production) -> Iterator[Problem]:
    """A target's health check has a path and a status, and ends before the next begins.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    group = production.target_group["TargetGroup"]
    file = production.files["ecs.target_group"]
    path = str(group.get("HealthCheckPath", "/"))
    if not path.startswith("/"):
        hint = f'write "/{path}": a path begins with a slash'
        yield Problem("TargetGroup.HealthCheckPath", f'is "{path}"', hint, file=file)
    port = str(group.get("HealthCheckPort", _TRAFFIC))
    if port != _TRAFFIC and not (port.isdecimal() and 1 <= int(port) <= 65535):
        hint = f'write "{_TRAFFIC}", or a port'
        yield Problem("TargetGroup.HealthCheckPort", f'is "{port}"', hint, file=file)
    if group.get("HealthCheckEnabled") is False:
        message = "is false, and ELB refuses it for targets of type ip"
        yield Problem("TargetGroup.HealthCheckEnabled", message, "leave it out", file=file)
    if "GrpcCode" in (group.get("Matcher") or {}):
        message = "is for gRPC, and the app answers HTTP1"
        yield Problem("TargetGroup.Matcher.GrpcCode", message, "write HttpCode", file=file)
    codes = str((group.get("Matcher") or {}).get("HttpCode", "200"))
    if not _MATCHER.fullmatch(codes) or not all(
        int(code) in _STATUSES for code in re.findall(r"\d+", codes)
    ):
        hint = 'write "200", a list as "200,204" or a range as "200-299", of 200 to 499'
        yield Problem("TargetGroup.Matcher.HttpCode", f'is "{codes}"', hint, file=file)
    interval, timeout = (int(group.get(key, value)) for key, value in _CHECK_DEFAULTS.items())
    if timeout >= interval:
        yield Problem(
            "TargetGroup.HealthCheckTimeoutSeconds",
            f"is {timeout}, and HealthCheckIntervalSeconds {interval}: the time-out must be"
            " smaller than the interval",
            "shorten the time-out, or lengthen the interval",
            file=file,
        )


def security_policies(production: Production) -> Iterator[Problem]:
    """A listener's security policy is one that ELB has; one of a later year may be new."""
    for index, listener in enumerate(production.load_balancer.get("Listeners") or ()):
        name = str(listener.get("SslPolicy") or "ELBSecurityPolicy-2016-08")
        match = _SSL_POLICY.fullmatch(name)
        if match and (match["rest"] in _SSL_POLICIES or int(match["year"]) > _SSL_POLICIES_UNTIL):
            continue
        yield Problem(
            f"Listeners[{index}].SslPolicy",
            f'is "{name}", which ELB does not have: it would refuse the listener',
            "write ELBSecurityPolicy-TLS13-1-2-2021-06, or another of"
            " `aws elbv2 describe-ssl-policies`",
            file=production.files["ecs.load_balancer"],
        )


def priorities(production: Production) -> Iterator[Problem]:
    """Each rule of a listener has a priority of its own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
    """
    places: set[tuple[str, str]] = set()
    for number, rule in enumerate(production.load_balancer.get(listeners.RULES) or ()):
        place = (str(rule.get("ListenerArn")), str(rule.get("Priority")))
        if place in places:
            yield Problem(
                f"{listeners.RULES}[{number}].Priority",
                f"is {place[1]}, as that of another rule of the listener: ELB refuses it",
                "write a number that no other rule of the listener has",
                file=production.files["ecs.load_balancer"],
            )
        places.add(place)


CHECKS = (
    subnets,
    names,
    health_check,
    security_policies,
    priorities,
)
