"""The listeners and their rules, as the edge's JavaScript reads them.

What the team wrote is data in JSON here, never text of nginx's configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.aws import listener_rules as rules
from harness.core import codec
from harness.standins.control.state.model import Listener

_STICKY_S = 86_400
"""A day, the console's own choice."""


def render(listeners: Iterable[Listener]) -> str:
    """Render the listeners by their ports."""
    by_port = {str(listener.raw["Port"]): _listener(listener) for listener in listeners}
    return json.dumps(by_port, sort_keys=True) + "\n"


def _listener(listener: Listener) -> dict[str, Any]:
    read = [rules.rule(rule) for rule in listener.rules]
    last = rules.default(listener.raw.get("DefaultActions"))
    return {
        "protocol": str(listener.raw.get("Protocol")),
        "rules": [_rule(rule) for rule in [*rules.in_order(read), last]],
    }


def _rule(rule: rules.Rule) -> dict[str, Any]:
    return {
        "priority": rule.priority,
        "conditions": [codec.encode(condition) for condition in rule.conditions],
        "action": _action(rule.action),
        "transforms": [codec.encode(transform) for transform in rule.transforms],
    }


def _action(action: Mapping[str, Any]) -> dict[str, Any]:
    if action.get("Type") == rules.REDIRECT:
        config = action["RedirectConfig"]
        parts = rules.redirect_parts(config)
        return {"type": "redirect", "status": _status(config["StatusCode"]), **parts}
    if action.get("Type") == rules.FIXED:
        config = action["FixedResponseConfig"]
        return {
            "type": "fixed-response",
            "status": _status(config["StatusCode"]),
            "content_type": str(config.get("ContentType") or ""),
            "body": str(config.get("MessageBody") or ""),
        }
    sticky = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {}
    sticky_s = int(sticky.get("DurationSeconds") or _STICKY_S) if sticky.get("Enabled") else 0
    return {"type": "forward", "groups": rules.weights(action), "sticky_s": sticky_s}


def _status(code: Any) -> int:
    """Read ``HTTP_301``, or ``503``."""
    return int(str(code).removeprefix("HTTP_"))
