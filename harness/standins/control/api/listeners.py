"""The ELBv2 operations on listeners and their rules; the edge answers by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.aws.listener_rules import DEFAULT
from harness.standins.control.api.elbv2 import find_balancer, find_group
from harness.standins.control.api.server import Operations
from harness.standins.control.state import names
from harness.standins.control.state.model import Listener
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError

_SHOWN = {"Port", "Protocol", "Certificates", "SslPolicy", "DefaultActions", "AlpnPolicy"}


class ListenerApi:
    """The operations on listeners and rules."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "CreateListener": self.create_listener,
            "DescribeListeners": self.describe_listeners,
            "CreateRule": self.create_rule,
            "DescribeRules": self.describe_rules,
        }

    def create_listener(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a listener; a group that it forwards to is then in use."""
        raw = {key: value for key, value in request.items() if key != "Tags"}
        with self._state.lock():
            balancer = find_balancer(self._state, request["LoadBalancerArn"])
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
            listener_arns = request.get("ListenerArns")
            arn = request.get("LoadBalancerArn")
            balancer = find_balancer(self._state, arn).arn if arn else ""
            listeners = [
                _listener(item)
                for item in self._state.listeners.values()
                if (not listener_arns or item.arn in listener_arns)
                and (not balancer or item.load_balancer_arn == balancer)
            ]
        return {"Listeners": listeners}

    def create_rule(self, request: dict[str, Any]) -> dict[str, Any]:
        """Add a rule to a listener."""
        with self._state.lock():
            listener = self._find(request["ListenerArn"])
            priority = str(request["Priority"])
            if any(entry["Priority"] == priority for entry in listener.rules):
                message = f"Priority '{priority}' is currently in use"
                raise ApiError("PriorityInUse", message=message)
            rule = {
                "RuleArn": f"{_rule_arn(listener)}/{names.suffix()}",
                "Priority": priority,
                "Conditions": request["Conditions"],
                "Actions": self._resolved(request["Actions"]),
                "Transforms": request.get("Transforms") or [],
                "IsDefault": False,
            }
            listener.rules.append(rule)
            self._state.changed()
            return {"Rules": [rule]}

    def describe_rules(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a listener's rules, the default one at the end, or those named."""
        rule_arns = request.get("RuleArns")
        with self._state.lock():
            listener_arn = request.get("ListenerArn")
            listeners = (
                [self._find(listener_arn)] if listener_arn else list(self._state.listeners.values())
            )
            rules = [rule for item in listeners for rule in (*item.rules, _default(item))]
        return {"Rules": [rule for rule in rules if not rule_arns or rule["RuleArn"] in rule_arns]}

    def _find(self, arn: str) -> Listener:
        listener = self._state.listeners.get(arn)
        if listener is None:
            raise ApiError("ListenerNotFound", message="One or more listeners not found")
        return listener

    def _resolved(self, actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return actions with this stack's target group ARNs."""
        resolved = []
        for action in actions:
            copy = dict(action)
            if copy.get("TargetGroupArn"):
                copy["TargetGroupArn"] = find_group(self._state, copy["TargetGroupArn"]).arn
            if copy.get("ForwardConfig"):
                groups = copy["ForwardConfig"].get("TargetGroups") or []
                copy["ForwardConfig"] = {
                    **copy["ForwardConfig"],
                    "TargetGroups": [
                        {
                            **item,
                            "TargetGroupArn": find_group(self._state, item["TargetGroupArn"]).arn,
                        }
                        for item in groups
                    ],
                }
            resolved.append(copy)
        return resolved


def _listener(listener: Listener) -> dict[str, Any]:
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer_arn,
        **{key: value for key, value in listener.raw.items() if key in _SHOWN},
    }


def _default(listener: Listener) -> dict[str, Any]:
    return {
        "RuleArn": f"{_rule_arn(listener)}/{names.elb_name(listener.arn)}",
        "Priority": DEFAULT,
        "Conditions": [],
        "Actions": listener.raw["DefaultActions"],
        "IsDefault": True,
    }


def _rule_arn(listener: Listener) -> str:
    return listener.arn.replace(":listener/", ":listener-rule/")
