"""Further files of [phases], as AWS takes them: scaling, log groups, DNS records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING, Any

from harness.inputs.files import phase_files
from harness.inputs.files.api_calls import document_in
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
_SHORT_LIFE_DAYS = 60
"""Days that an app may go without a release."""
_REQUESTS = "ALBRequestCountPerTarget"
_METRIC = "PredefinedMetricType"
_CAPACITIES = ("MinCapacity", "MaxCapacity")
BALANCER = re.compile(
    r"(?:dualstack\.)?(?P<internal>internal-)?(?P<name>[\w.-]+)-\d+"
    r"\.(?:(?P<region>[a-z0-9-]+)\.elb|elb\.[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\.?",
    flags=re.ASCII | re.IGNORECASE,
)
"""The name that ELB gives a load balancer; that of a network load balancer has elb first."""
_HOST = re.compile(r"(?=.{1,254}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?", flags=re.ASCII)
_OF_RECORDS = ("TTL", "ResourceRecords")
"""Fields of a record set that is no alias."""


def scaling_policies(production: Production) -> Iterator[Problem]:
    """A policy by requests for each target names the load balancer and the target group.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
    """
    balancer = str(production.load_balancer["LoadBalancer"]["Name"])
    group = str(production.target_group["TargetGroup"]["Name"])
    for call in phase_files.calls(production, "scaling"):
        tracking = call.input.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = tracking.get("PredefinedMetricSpecification") or {}
        name, label = metric.get(_METRIC), str(metric.get("ResourceLabel") or "")
        own = re.fullmatch(rf"app/{balancer}/\w+/targetgroup/{group}/\w+", label)
        if name is None or (own if name == _REQUESTS else not label):
            continue
        example = f"app/{balancer}/ID/targetgroup/{group}/ID"
        yield Problem(
            f"{call.key}.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification",
            f"has the metric {name} and "
            + (f'the ResourceLabel "{label}"' if label else "no ResourceLabel")
            + ": the service would never scale",
            f"write the ResourceLabel {example}, with the ends of the two ARNs"
            if name == _REQUESTS
            else f"leave ResourceLabel out: only {_REQUESTS} has one",
            file=production.files["phases.scaling"],
        )


def scaling_targets(production: Production) -> Iterator[Problem]:
    """A share of a service's processor or memory is no more than all of it."""
    for call in phase_files.calls(production, "scaling"):
        tracking = call.input.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = str((tracking.get("PredefinedMetricSpecification") or {}).get(_METRIC) or "")
        target = tracking.get("TargetValue")
        if metric.endswith("Utilization") and target is not None and not 0 < target <= 100:
            yield Problem(
                f"{call.key}.TargetTrackingScalingPolicyConfiguration.TargetValue",
                f"is {target}, and {metric} is in percent: the service would never scale",
                "write 1 to 100",
                file=production.files["phases.scaling"],
            )


def scaling(production: Production) -> Iterator[Problem]:
    """A scalable target has a least and a most number of tasks, in this order.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    """
    for call in phase_files.calls(production, "scaling"):
        least, most = call.input.get("MinCapacity"), call.input.get("MaxCapacity")
        for name in _CAPACITIES if call.operation == "RegisterScalableTarget" else ():
            if name not in call.input:
                yield Problem(
                    f"{call.key}.{name}",
                    "is missing, and AWS registers no new scalable target without it",
                    f"add {name}, a number of tasks",
                    file=production.files["phases.scaling"],
                )
        if least is not None and most is not None and least > most:
            yield Problem(
                f"{call.key}.MinCapacity",
                f"is {least}, and MaxCapacity {most}: AWS refuses the two together",
                "write MaxCapacity as high as MinCapacity, or higher",
                file=production.files["phases.scaling"],
            )
    yield from _scaled_below_wanted(production)


def _scaled_below_wanted(production: Production) -> Iterator[Problem]:
    """A service starts with no more tasks than its scaling lets it have."""
    services = {
        phase_files.scalable_id(production, service): service.create
        for service in production.services.values()
    }
    for call in phase_files.calls(production, "scaling"):
        tasks = int(services.get(str(call.input.get("ResourceId")), {}).get("desiredCount", 0))
        most = call.input.get("MaxCapacity")
        if most is not None and most < tasks:
            yield Problem(
                f"{call.key}.MaxCapacity",
                f"is {most}, and the service's desiredCount {tasks}: Application Auto Scaling"
                f" stops tasks until {most} run",
                f"write {tasks} or more, or a lower desiredCount",
                file=production.files["phases.scaling"],
            )


def records(production: Production) -> Iterator[Problem]:
    """A record set has a TTL and records, or is an alias and has neither.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
    """
    for call in phase_files.calls(production, "dns"):
        changes = (call.input.get("ChangeBatch") or {}).get("Changes") or ()
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


def record_values(production: Production) -> Iterator[Problem]:
    """A record's values are of its type, and an alias leads to a host.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
    """
    for call in phase_files.calls(production, "dns"):
        changes = (call.input.get("ChangeBatch") or {}).get("Changes") or ()
        for number, change in enumerate(changes):
            record = change.get("ResourceRecordSet") or {}
            for field, value in _targets(record):
                is_alias = field.startswith("AliasTarget")
                record_type = "CNAME" if is_alias else str(record.get("Type"))
                if noun := _lacking(value, record_type=record_type):
                    owner = "an alias" if is_alias else f"a record of the type {record_type}"
                    yield Problem(
                        f"{call.key}.ChangeBatch.Changes[{number}].ResourceRecordSet.{field}",
                        f'is "{value}", and {owner} has {noun}: Route 53 refuses it',
                        f"write {noun}, or correct the Type",
                        file=production.files["phases.dns"],
                    )


def _lacking(value: str, *, record_type: str) -> str:
    """Return a noun for the values of a type; empty where the value is one."""
    version = {"A": 4, "AAAA": 6}.get(record_type)
    if version:
        return "" if _version(value) == version else f"an IPv{version} address"
    is_host = _HOST.fullmatch(value) and not _version(value)
    return "" if record_type != "CNAME" or is_host else "a host name alone"


def _version(text: str) -> int:
    """Return the version of an IP address; 0 where the text is none."""
    try:
        return ip_address(text).version
    except ValueError:
        return 0


def switch(production: Production) -> Iterator[Problem]:
    """The first change of the file, which is the switch, leads to a load balancer of the region.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """
    calls = phase_files.calls(production, "dns")
    changes = (calls[0].input.get("ChangeBatch") or {}).get("Changes") or () if calls else ()
    region = production.config.region
    for number, change in enumerate(changes):
        record = change.get("ResourceRecordSet") or {}
        if str(record.get("Name", "")).rstrip(".") != production.config.public_host:
            continue
        for field, text in _targets(record):
            match = BALANCER.fullmatch(text.lower())
            regions = (None, region, *production.config.foreign)
            if match and match["region"] not in regions:
                yield Problem(
                    f"{calls[0].key}.ChangeBatch.Changes[{number}].ResourceRecordSet.{field}",
                    f'is "{text}", a load balancer of {match["region"]}, and aws.region is'
                    f" {region}: the switch would lead visitors elsewhere",
                    "write the DNSName that `aws elbv2 describe-load-balancers` prints",
                    file=production.files["phases.dns"],
                )


def _targets(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, entry in enumerate(record.get("ResourceRecords") or ()):
        yield f"ResourceRecords[{number}].Value", str(entry.get("Value", ""))
    if alias := (record.get("AliasTarget") or {}).get("DNSName"):
        yield "AliasTarget.DNSName", str(alias)


def subnets(production: Production) -> Iterator[Problem]:
    """Subnets lie in the region's zones, and share no address.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
    """
    calls, file = phase_files.calls(production, "network"), production.files.get("phases.network")
    networks: list[tuple[str, IPv4Network]] = []
    for subnet in (call for call in calls if call.operation == "CreateSubnet"):
        text, vpc = str(subnet.input.get("CidrBlock", "")), str(subnet.input.get("VpcId", ""))
        network, zone = _network(text), str(subnet.input.get("AvailabilityZone") or "")
        faults: list[tuple[str, str, str]] = []
        if zone and not zone.startswith(production.config.region):
            message = f'is "{zone}", and aws.region is {production.config.region}'
            faults.append(("AvailabilityZone", message, "name a zone of the region"))
        if network is None and text:
            message = f'is "{text}", which is no block of addresses'
            faults.append(("CidrBlock", message, 'write one, as "10.40.0.0/20"'))
        elif network is not None:
            other = next((b for a, b in networks if a == vpc and b.overlaps(network)), None)
            if other is not None:
                message = f"is {text}, and {other} of another subnet overlaps it: EC2 refuses it"
                faults.append(("CidrBlock", message, "give each subnet a range of its own"))
            networks.append((vpc, network))
        for field, message, hint in faults:
            yield Problem(f"{subnet.key}.{field}", message, hint, file=file or "")


def endpoints(production: Production) -> Iterator[Problem]:
    """Endpoints are for the APIs of the region, in which alone their names lead to them.

    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """
    for call in phase_files.calls(production, "network"):
        name = str(call.input.get("ServiceName") or "")
        match = re.match(r"(?:cn\.)?com\.amazonaws\.(?P<region>[a-z]+(?:-[a-z]+)+-\d)\.", name)
        regions = (production.config.region, *production.config.foreign)
        if match and match["region"] not in regions and not call.input.get("ServiceRegion"):
            yield Problem(
                f"{call.key}.ServiceName",
                f'is "{name}", of another region than aws.region, {production.config.region}',
                f"write {name.replace(match['region'], production.config.region)}",
                file=production.files["phases.network"],
            )


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def log_retention(production: Production) -> Iterator[Problem]:
    """CloudWatch Logs keeps a group's events for one of its own numbers of days."""
    for call in phase_files.calls(production, "logs"):
        days = call.input.get("retentionInDays", _RETENTION_DAYS[0])
        if days not in _RETENTION_DAYS:
            yield Problem(
                f"{call.key}.retentionInDays",
                f"is {days}, which CloudWatch Logs does not offer",
                f"write one of {', '.join(map(str, _RETENTION_DAYS))}",
                file=production.files["phases.logs"],
            )


def kept_images(production: Production) -> Iterator[Problem]:
    """A repository keeps the image of the way back beside the new one.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    for call in phase_files.calls(production, "registry"):
        policy = document_in(call.input.get("lifecyclePolicyText"))
        for number, rule in enumerate(policy.get("rules") or ()):
            chosen = rule.get("selection") or {}
            # Tags of releases differ: a rule without prefixes of its own takes them all.
            of_all = chosen.get("tagStatus") == "any" or "*" in (chosen.get("tagPatternList") or ())
            count, kind = chosen.get("countNumber"), chosen.get("countType")
            if not of_all or not isinstance(count, int):
                continue
            when = ""
            if kind == "imageCountMoreThan" and count == 1:
                when = "when the next one is pushed"
            elif kind == "sinceImagePushed" and count <= _SHORT_LIFE_DAYS:
                when = f"{count} days after its push"
            if when:
                yield Problem(
                    f"{call.key}.lifecyclePolicyText.rules[{number}].selection.countNumber",
                    f"is {count}: ECR removes the image that the tasks run {when}, and ECS could"
                    " start it no more, nor go back to it",
                    'write "imageCountMoreThan" with 10, or as many as releases that you may go'
                    " back to",
                    file=production.files["phases.registry"],
                )


CHECKS = (
    scaling_policies,
    scaling_targets,
    scaling,
    records,
    record_values,
    switch,
    subnets,
    endpoints,
    log_retention,
    kept_images,
)
