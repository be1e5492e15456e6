"""The ELBv2 operations: target groups and their health, and the load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.aws import elb_attributes
from harness.standins.control.api.server import Operations
from harness.standins.control.scheduler import health_checks
from harness.standins.control.state import attributes, names
from harness.standins.control.state.model import LoadBalancer, TargetGroup
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError

_OTHERWISE = ", but with different settings"
_CHECK_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}
_GROUP_DEFAULTS: dict[str, Any] = {
    "ProtocolVersion": "HTTP1",
    "TargetType": "instance",
    "IpAddressType": "ipv4",
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckEnabled": True,
    "HealthCheckPath": "/",
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200"},
}


class Elbv2Api:
    """The operations on target groups and load balancers."""

    def __init__(self, state: State, *, account: names.Account) -> None:
        self._state = state
        self._account = account

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "CreateTargetGroup": self.create_group,
            "DescribeTargetGroups": self.describe_groups,
            "ModifyTargetGroup": self.modify_group,
            "ModifyTargetGroupAttributes": self.modify_group_attributes,
            "DescribeTargetGroupAttributes": self.describe_group_attributes,
            "DescribeTargetHealth": self.describe_health,
            "CreateLoadBalancer": self.create_balancer,
            "DescribeLoadBalancers": self.describe_balancers,
            "ModifyLoadBalancerAttributes": self.modify_balancer_attributes,
            "DescribeLoadBalancerAttributes": self.describe_balancer_attributes,
        }

    def create_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a target group; the same one again is returned as it is."""
        _check_group(request)
        name = request["Name"]
        raw = {key: value for key, value in request.items() if key != "Tags"}
        with self._state.lock():
            group = self._state.target_groups.get(name)
            if group is not None and group.raw != raw:
                message = f"A target group with the same name '{name}' exists{_OTHERWISE}"
                raise ApiError("DuplicateTargetGroupName", message=message)
            if group is None:
                arn = self._account.elb(f"targetgroup/{name}/{names.suffix()}")
                defaults = dict(elb_attributes.GROUP)
                group = TargetGroup(name=name, arn=arn, raw=raw, attributes=defaults)
                self._state.target_groups[name] = group
                self._state.changed()
            return {"TargetGroups": [self._group(group)]}

    def modify_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change a target group's health check."""
        with self._state.lock():
            group = find_group(self._state, request.pop("TargetGroupArn"))
            _check_group({**group.raw, **request})
            group.raw.update(request)
            self._state.changed()
            return {"TargetGroups": [self._group(group)]}

    def describe_groups(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return target groups: all, or those named, or those of a load balancer."""
        with self._state.lock():
            groups = list(self._state.target_groups.values())
            if request.get("TargetGroupArns"):
                groups = [find_group(self._state, arn) for arn in request["TargetGroupArns"]]
            if request.get("Names"):
                groups = [find_group(self._state, name) for name in request["Names"]]
            if request.get("LoadBalancerArn"):
                arn = find_balancer(self._state, request["LoadBalancerArn"]).arn
                groups = [item for item in groups if arn in self._balancers_of(item)]
            return {"TargetGroups": [self._group(item) for item in groups]}

    def describe_health(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the health of a group's targets, or of those asked for."""
        with self._state.lock():
            group = find_group(self._state, request["TargetGroupArn"])
            keys = [
                f"{item['Id']}:{item.get('Port', group.raw.get('Port'))}"
                for item in request.get("Targets") or ()
            ]
            descriptions = [
                {
                    "Target": {"Id": item.ip, "Port": item.port, "AvailabilityZone": "us-east-1a"},
                    "HealthCheckPort": str(
                        health_checks.TargetCheck.of(group.raw).port or item.port
                    ),
                    "TargetHealth": {
                        "State": item.state,
                        "Reason": item.reason or None,
                        "Description": item.description or None,
                    },
                }
                for key, item in group.targets.items()
                if not keys or key in keys
            ]
            descriptions += [_not_registered(key) for key in keys if key not in group.targets]
        return {"TargetHealthDescriptions": descriptions}

    def modify_group_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set attributes of a target group."""
        with self._state.lock():
            group = find_group(self._state, request["TargetGroupArn"])
            attributes.change(
                group.attributes, request=request["Attributes"], known=elb_attributes.GROUP
            )
            self._state.changed()
            return {"Attributes": attributes.to_api(group.attributes)}

    def describe_group_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a target group's attributes."""
        with self._state.lock():
            group = find_group(self._state, request["TargetGroupArn"])
            return {"Attributes": attributes.to_api(group.attributes)}

    def create_balancer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a load balancer; the same one again is returned as it is."""
        name = request["Name"]
        raw = {key: value for key, value in request.items() if key != "Tags"}
        with self._state.lock():
            balancer = self._state.load_balancers.get(name)
            if balancer is not None and balancer.raw != raw:
                message = f"A load balancer with the same name '{name}' exists{_OTHERWISE}"
                raise ApiError("DuplicateLoadBalancerName", message=message)
            if balancer is None:
                balancer = LoadBalancer(
                    name=name,
                    arn=self._account.elb(f"loadbalancer/app/{name}/{names.suffix()}"),
                    raw=raw,
                    attributes=dict(elb_attributes.BALANCER),
                    created_at=self._state.now(),
                )
                self._state.load_balancers[name] = balancer
                self._state.changed()
            return {"LoadBalancers": [self._balancer(balancer)]}

    def describe_balancers(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return load balancers: all, or those named."""
        with self._state.lock():
            balancers = list(self._state.load_balancers.values())
            identifiers = (request.get("LoadBalancerArns") or []) + (request.get("Names") or [])
            if identifiers:
                balancers = [find_balancer(self._state, item) for item in identifiers]
            return {"LoadBalancers": [self._balancer(item) for item in balancers]}

    def modify_balancer_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set attributes of a load balancer; the edge takes over the idle time-out."""
        with self._state.lock():
            balancer = find_balancer(self._state, request["LoadBalancerArn"])
            attributes.change(
                balancer.attributes, request=request["Attributes"], known=elb_attributes.BALANCER
            )
            self._state.changed()
            return {"Attributes": attributes.to_api(balancer.attributes)}

    def describe_balancer_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a load balancer's attributes."""
        with self._state.lock():
            balancer = find_balancer(self._state, request["LoadBalancerArn"])
            return {"Attributes": attributes.to_api(balancer.attributes)}

    def _balancers_of(self, group: TargetGroup) -> list[str]:
        arns = {
            item.load_balancer_arn
            for item in self._state.listeners.values()
            if group.arn in item.forwards_to()
        }
        return sorted(arns)

    def _group(self, group: TargetGroup) -> dict[str, Any]:
        raw = {key: value for key, value in group.raw.items() if key != "Name"}
        return {
            "TargetGroupArn": group.arn,
            "TargetGroupName": group.name,
            **_GROUP_DEFAULTS,
            **raw,
            "LoadBalancerArns": self._balancers_of(group),
        }

    def _balancer(self, balancer: LoadBalancer) -> dict[str, Any]:
        raw = balancer.raw
        return {
            "LoadBalancerArn": balancer.arn,
            "DNSName": f"{balancer.name}-876.{self._account.region}.elb.amazonaws.com",
            "CreatedTime": balancer.created_at,
            "LoadBalancerName": balancer.name,
            "Scheme": raw.get("Scheme", "internet-facing"),
            "State": {"Code": "active"},
            "Type": raw.get("Type", "application"),
            "AvailabilityZones": [{"SubnetId": item} for item in raw.get("Subnets") or ()],
            "SecurityGroups": raw.get("SecurityGroups") or [],
            "IpAddressType": raw.get("IpAddressType", "ipv4"),
        }


def find_group(state: State, arn_or_name: str) -> TargetGroup:
    """Return a target group.

    Raises:
        ApiError: There is none.
    """
    group = state.target_groups.get(names.elb_name(arn_or_name))
    if group is None:
        raise ApiError("TargetGroupNotFound", message="One or more target groups not found")
    return group


def find_balancer(state: State, arn_or_name: str) -> LoadBalancer:
    """Return a load balancer.

    Raises:
        ApiError: There is none.
    """
    balancer = state.load_balancers.get(names.elb_name(arn_or_name))
    if balancer is None:
        raise ApiError("LoadBalancerNotFound", message="One or more load balancers not found")
    return balancer


def _not_registered(key: str) -> dict[str, Any]:
    ip, _, port = key.rpartition(":")
    return {
        "Target": {"Id": ip, "Port": int(port)},
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }


def _check_group(request: Mapping[str, Any]) -> None:
    for key, (least, most) in _CHECK_RANGES.items():
        if key in request and not least <= request[key] <= most:
            raise _invalid(f"{key} must be between {least} and {most}, not {request[key]}")
    timeout_s = request.get("HealthCheckTimeoutSeconds", 5)
    if timeout_s > request.get("HealthCheckIntervalSeconds", 30):
        raise _invalid("Health check timeout must be smaller than or equal to the interval")
    code = (request.get("Matcher") or {}).get("HttpCode", "200")
    try:
        codes = health_checks.matcher_codes(code)
    except ValueError:
        codes = frozenset()
    if not codes or not codes <= set(range(200, 500)):
        raise _invalid(f"Health check matcher HTTP code '{code}' must be within '200-499'")


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationError", message=message)
