"""Everything that AWS or Laravel fills in is left out."""

from __future__ import annotations

from typing import Any

from tests.mistakes.edits import (
    BALANCER,
    TARGET_GROUP,
    WEB_SERVICE,
    combine,
    edit_container,
    edit_json,
)
from tests.variants.edits import update
from tests.variants.variant import Variant

DELAY = "deregistration_delay.timeout_seconds"
"""AWS's own are 300 s, for which every deployment of a rehearsal would wait."""


def leave_out(found: dict[str, Any]) -> None:
    """Leave out the fields that a target group has by default."""
    found["Attributes"] = [
        attribute for attribute in found["Attributes"] if attribute["Key"] == DELAY
    ]
    checks = ("HealthCheck", "Healthy", "Unhealthy", "Matcher")
    found["TargetGroup"] = {
        name: value
        for name, value in found["TargetGroup"].items()
        if name == "HealthCheckPath" or not name.startswith(checks)
    }


DEFAULTS = [
    Variant(
        "the target group has AWS's own checks and attributes",
        edit_json(TARGET_GROUP, leave_out),
    ),
    Variant(
        "the load balancer has AWS's own attributes",
        combine(
            edit_json(BALANCER, lambda document: document.pop("Attributes")),
            update(BALANCER, "LoadBalancer", Scheme=None, Type=None, IpAddressType=None),
        ),
    ),
    Variant(
        "the web service has no grace period",
        update(WEB_SERVICE, healthCheckGracePeriodSeconds=None),
    ),
    Variant(
        "the container's health check has a command only",
        edit_container(
            "web",
            lambda container: container.update(
                healthCheck={"command": container["healthCheck"]["command"]}
            ),
        ),
    ),
    Variant(
        "the web task has ECS's time to stop",
        edit_container("web", lambda container: container.pop("stopTimeout")),
    ),
]
