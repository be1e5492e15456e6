"""What Fargate refuses of one container of a task definition, found before it is registered.

Limits: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STOP_TIMEOUT_S = (2, 120)
HEALTH_CHECK = {
    "interval": (5, 300),
    "timeout": (2, 60),
    "retries": (1, 10),
    "startPeriod": (0, 300),
}
"""Field -> least and most; seconds, but for the number of retries."""
AWSLOGS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
"""Options without which Fargate takes no awslogs driver."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a container: the key within it, a sentence's end, and the remedy."""

    key: str
    said: str
    hint: str


def problems(container: Mapping[str, Any]) -> Iterator[Problem]:
    """Go through what Fargate refuses of a container definition."""
    yield from _number(container, "stopTimeout", STOP_TIMEOUT_S, key="stopTimeout")
    yield from _health_check(container.get("healthCheck"))
    yield from _ports(container.get("portMappings") or [])
    yield from _logs(container.get("logConfiguration"))


def _number(
    given: Mapping[str, Any], name: str, limits: tuple[int, int], *, key: str
) -> Iterator[Problem]:
    least, most = limits
    value = given.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        yield Problem(
            key, f"is {json.dumps(value)}", f"Fargate takes a number from {least} to {most}"
        )


def _health_check(check: Any) -> Iterator[Problem]:
    if check is None:
        return
    command = check.get("command") if isinstance(check, dict) else None
    if not isinstance(command, list) or len(command) < 2 or command[0] not in ("CMD", "CMD-SHELL"):
        yield Problem(
            "healthCheck.command",
            f"is {json.dumps(command)}",
            'write ["CMD-SHELL", "curl -f http://localhost:8080/healthz || exit 1"], or "CMD" and'
            " the words of a command",
        )
        return
    for name, limits in HEALTH_CHECK.items():
        yield from _number(check, name, limits, key=f"healthCheck.{name}")


def _ports(mappings: list[Any]) -> Iterator[Problem]:
    for index, one in enumerate(mappings):
        here, there = one.get("containerPort"), one.get("hostPort")
        if there not in (None, 0, here):
            yield Problem(
                f"portMappings[{index}].hostPort",
                f"is {json.dumps(there)}, and containerPort {json.dumps(here)}",
                "with awsvpc both are the same: leave hostPort out",
            )


def _logs(logs: Any) -> Iterator[Problem]:
    if not isinstance(logs, dict) or logs.get("logDriver") != "awslogs":
        return
    options = logs.get("options") or {}
    for name in AWSLOGS:
        if not isinstance(options.get(name), str) or not options[name]:
            yield Problem(
                f"logConfiguration.options.{name}",
                "is missing" if name not in options else f"is {json.dumps(options[name])}",
                f"the awslogs driver needs {', '.join(AWSLOGS)} on Fargate, as text",
            )
