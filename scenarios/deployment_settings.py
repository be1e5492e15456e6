"""The settings of an ECS service that decide whether visitors notice a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.diagnosis.expect import ExpectationError
from harness.target.clients.probe import answer_or_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from harness.target.resources.web_tier import WebTier

WHOLE = 100
GOOD = 200


def breaker_cause(service: dict[str, Any]) -> str:
    """Return the setting that keeps a service from rolling back; empty if there is none."""
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    if breaker.get("enable") and breaker.get("rollback"):
        return ""
    return (
        "the deployment circuit breaker of the service, with its rollback, is off: ECS retries a"
        " release whose tasks cannot start for ever"
    )


def answer_without_downtime(question: Callable[[], Any], web_tier: WebTier) -> Any:
    """Return the app's answer while tasks are replaced; none is a fault of the deployment.

    Raises:
        ExpectationError: The load balancer had no task for the question.
    """
    answer = answer_or_unavailable(question)
    if isinstance(answer, str):
        raise ExpectationError(
            f"a request failed during the deployment: {answer}",
            cause=downtime_cause(web_tier.describe()),
            certain=True,
        )
    return answer[0]


def minimum_healthy(service: dict[str, Any]) -> int:
    """Return the share of its tasks, in percent, that ECS keeps during a deployment."""
    return int(service.get("deploymentConfiguration", {}).get("minimumHealthyPercent", WHOLE))


def downtime_cause(service: dict[str, Any], statuses: Collection[int] = (GOOD,)) -> str:
    """Return the setting that stops old tasks too early; empty if there is none.

    A page that no task ever gave to visitors, by their statuses, fails by itself.
    """
    share = minimum_healthy(service)
    if share >= WHOLE or GOOD not in statuses:
        return ""
    return (
        f"minimumHealthyPercent of the service is too low ({share}): ECS stops the old tasks before"
        " it knows that new ones start"
    )
