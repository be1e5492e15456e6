"""The settings of an ECS service that decide whether visitors notice a deployment."""

from __future__ import annotations

from typing import Any


def breaker_cause(service: dict[str, Any]) -> str:
    """Return the setting that keeps a service from rolling back; empty if there is none."""
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    if breaker.get("enable") and breaker.get("rollback"):
        return ""
    return (
        "the deployment circuit breaker of the service, with its rollback, is off: ECS retries a"
        " release whose tasks cannot start for ever"
    )


def downtime_cause(service: dict[str, Any]) -> str:
    """Return the setting that stops old tasks too early; empty if there is none."""
    kept = service.get("deploymentConfiguration", {}).get("minimumHealthyPercent", 100)
    if kept >= 100:
        return ""
    return (
        f"minimumHealthyPercent of the service is too low ({kept}): ECS stops the old tasks before"
        " it knows that new ones start"
    )
