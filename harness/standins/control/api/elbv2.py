"""The ELBv2 operations: target groups and their health, the load balancer, listeners, rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.standins.control.api.server import Operations
from harness.standins.control.scheduler import health_checks
from harness.standins.control.state import attributes, names
from harness.standins.control.state.model import Listener, LoadBalancer, TargetGroup
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
            "CreateListener": self.create_listener,
            "DescribeListeners": self.describe_listeners,
            "CreateRule": self.create_rule,
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
                group = TargetGroup(name=name, arn=arn, raw=raw, attributes=dict(attributes.GROUP))
                self._state.target_groups[name] = group
                self._state.changed()
            return {"TargetGroups": [self._group(group)]}

    def modify_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change a target group's health check."""
        with self._state.lock():
            group = self._find_group(request.pop("TargetGroupArn"))
            _check_group({**group.raw, **request})
            group.raw.update(request)
            self._state.changed()
            return {"TargetGroups": [self._group(group)]}

    def describe_groups(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return target groups: all, or those named, or those of a load balancer."""
        with self._state.lock():
            found = list(self._state.target_groups.values())
            if request.get("TargetGroupArns"):
                found = [self._find_group(arn) for arn in request["TargetGroupArns"]]
            if request.get("Names"):
                found = [self._find_group(name) for name in request["Names"]]
            if request.get("LoadBalancerArn"):
                arn = self._find_balancer(request["LoadBalancerArn"]).arn
                found = [item for item in found if arn in self._balancers_of(item)]
            return {"TargetGroups": [self._group(item) for item in found]}

    def describe_health(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the health of a group's targets, or of those asked for."""
        with self._state.lock():
            group = self._find_group(request["TargetGroupArn"])
            wanted = [
                f"{item['Id']}:{item.get('Port', group.raw.get('Port'))}"
                for item in request.get("Targets") or ()
            ]
            shown = [
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
                if not wanted or key in wanted
            ]
            shown += [_not_registered(key) for key in wanted if key not in group.targets]
        return {"TargetHealthDescriptions": shown}

    def modify_group_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set attributes of a target group."""
        with self._state.lock():
            group = self._find_group(request["TargetGroupArn"])
            attributes.change(
                group.attributes, request=request["Attributes"], known=attributes.GROUP
            )
            self._state.changed()
            return {"Attributes": attributes.to_api(group.attributes)}

    def describe_group_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a target group's attributes."""
        with self._state.lock():
            group = self._find_group(request["TargetGroupArn"])
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
                    attributes=dict(attributes.BALANCER),
                    created_at=self._state.now(),
                )
                self._state.load_balancers[name] = balancer
                self._state.changed()
            return {"LoadBalancers": [self._balancer(balancer)]}

    def describe_balancers(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return load balancers: all, or those named."""
        with self._state.lock():
            found = list(self._state.load_balancers.values())
            wanted = (request.get("LoadBalancerArns") or []) + (request.get("Names") or [])
            if wanted:
                found = [self._find_balancer(item) for item in wanted]
            return {"LoadBalancers": [self._balancer(item) for item in found]}

    def modify_balancer_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set attributes of a load balancer; the edge takes over the idle time-out."""
        with self._state.lock():
            balancer = self._find_balancer(request["LoadBalancerArn"])
            attributes.change(
                balancer.attributes, request=request["Attributes"], known=attributes.BALANCER
            )
            self._state.changed()
            return {"Attributes": attributes.to_api(balancer.attributes)}

    def describe_balancer_attributes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a load balancer's attributes."""
        with self._state.lock():
            balancer = self._find_balancer(request["LoadBalancerArn"])
            return {"Attributes": attributes.to_api(balancer.attributes)}

    def create_listener(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a listener; a group that it forwards to is then in use."""
        raw = {key: value for key, value in request.items() if key != "Tags"}
        with self._state.lock():
            balancer = self._find_balancer(request["LoadBalancerArn"])
            raw["DefaultActions"] = self._resolved(request["DefaultActions"])
            raw["LoadBalancerArn"] = balancer.arn
            for item in self._state.listeners.values():
                if (item.load_balancer_arn, item.raw.get("Port")) == (
                    balancer.arn,
                    raw.get("Port"),
                ):
                    if item.raw == raw:
                        return {"Listeners": [_listener(item)]}
                    message = "A listener already exists on this port for this load balancer"
                    raise ApiError("DuplicateListener", message=message)
            base = balancer.arn.replace(":loadbalancer/", ":listener/")
            listener = Listener(
                arn=f"{base}/{names.suffix()}", load_balancer_arn=balancer.arn, raw=raw
            )
            self._state.listeners[listener.arn] = listener
            self._state.changed()
            return {"Listeners": [_listener(listener)]}

    def describe_listeners(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the listeners of a load balancer, or those named."""
        with self._state.lock():
            wanted = request.get("ListenerArns")
            arn = request.get("LoadBalancerArn")
            balancer = self._find_balancer(arn).arn if arn else ""
            found = [
                _listener(item)
                for item in self._state.listeners.values()
                if (not wanted or item.arn in wanted)
                and (not balancer or item.load_balancer_arn == balancer)
            ]
        return {"Listeners": found}

    def create_rule(self, request: dict[str, Any]) -> dict[str, Any]:
        """Add a rule to a listener."""
        with self._state.lock():
            listener = self._state.listeners.get(request["ListenerArn"])
            if listener is None:
                raise ApiError("ListenerNotFound", message="One or more listeners not found")
            rule = {
                "RuleArn": listener.arn.replace(":listener/", ":listener-rule/")
                + f"/{names.suffix()}",
                "Priority": str(request["Priority"]),
                "Conditions": request["Conditions"],
                "Actions": self._resolved(request["Actions"]),
                "IsDefault": False,
            }
            listener.rules.append(rule)
            self._state.changed()
            return {"Rules": [rule]}

    def _resolved(self, actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return actions with this stack's target group ARNs."""
        resolved = []
        for action in actions:
            copy = dict(action)
            if copy.get("TargetGroupArn"):
                copy["TargetGroupArn"] = self._find_group(copy["TargetGroupArn"]).arn
            if copy.get("ForwardConfig"):
                groups = copy["ForwardConfig"].get("TargetGroups") or []
                copy["ForwardConfig"] = {
                    **copy["ForwardConfig"],
                    "TargetGroups": [
                        {**item, "TargetGroupArn": self._find_group(item["TargetGroupArn"]).arn}
                        for item in groups
                    ],
                }
            resolved.append(copy)
        return resolved

    def _find_group(self, arn_or_name: str) -> TargetGroup:
        group = self._state.target_groups.get(names.elb_name(arn_or_name))
        if group is None:
            raise ApiError("TargetGroupNotFound", message="One or more target groups not found")
        return group

    def _find_balancer(self, arn_or_name: str) -> LoadBalancer:
        balancer = self._state.load_balancers.get(names.elb_name(arn_or_name))
        if balancer is None:
            raise ApiError("LoadBalancerNotFound", message="One or more load balancers not found")
        return balancer

    def _balancers_of(self, group: TargetGroup) -> list[str]:
        found = {
            item.load_balancer_arn
            for item in self._state.listeners.values()
            if group.arn in item.forwards_to()
        }
        return sorted(found)

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


def _listener(listener: Listener) -> dict[str, Any]:
    shown = {"Port", "Protocol", "Certificates", "SslPolicy", "DefaultActions", "AlpnPolicy"}
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer_arn,
        **{key: value for key, value in listener.raw.items() if key in shown},
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
