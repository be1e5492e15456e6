"""Everything that AWS or Laravel fills in is left out."""

from __future__ import annotations

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

DEFAULTS = [
    Variant(
        "the target group has AWS's own checks and attributes",
        edit_json(
            TARGET_GROUP,
            lambda found: (
                found.pop("Attributes"),
                [
                    found["TargetGroup"].pop(name)
                    for name in tuple(found["TargetGroup"])
                    if name.startswith(("HealthCheck", "Healthy", "Unhealthy", "Matcher"))
                    and name != "HealthCheckPath"
                ],
            ),
        ),
    ),
    Variant(
        "the load balancer has AWS's own attributes",
        combine(
            edit_json(BALANCER, lambda found: found.pop("Attributes")),
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
            lambda found: found.update(healthCheck={"command": found["healthCheck"]["command"]}),
        ),
    ),
    Variant(
        "the web task has ECS's time to stop",
        edit_container("web", lambda found: found.pop("stopTimeout")),
    ),
]
