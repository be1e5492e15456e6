"""What ECS refuses of a task definition's containers and of its service, found before it is asked.

Limits: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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
DRIVERS = ("awslogs", "splunk", "awsfirelens")
"""All that Fargate has."""
AWSLOGS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
"""Options without which Fargate takes no awslogs driver."""


LISTS = {
    "portMappings": '{"containerPort": 8080}',
    "dependsOn": '{"containerName": "...", "condition": "START"}',
}
"""Field that is a list of objects -> an example of one."""
ENDS = ("COMPLETE", "SUCCESS")
CONDITIONS = ("START", *ENDS, "HEALTHY")


@dataclass(frozen=True)
class Problem:
    """What is wrong: the key, within what was looked at, a sentence's end, and the remedy."""

    key: str
    said: str
    hint: str


def problems(container: Mapping[str, Any]) -> Iterator[Problem]:
    """Go through what Fargate refuses of a container definition."""
    yield from _number(container, "stopTimeout", STOP_TIMEOUT_S, key="stopTimeout")
    yield from _health_check(container.get("healthCheck"))
    for field, example in LISTS.items():
        yield from _form(container.get(field), field=field, example=example)
    yield from _ports(container)
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


def _form(given: Any, *, field: str, example: str) -> Iterator[Problem]:
    if given is not None and not isinstance(given, list):
        yield Problem(field, "is no list", f"write [{example}]")
        return
    for index, one in enumerate(given or ()):
        if not isinstance(one, dict):
            yield Problem(f"{field}[{index}]", f"is {json.dumps(one)}", f"write {example}")


def _objects(container: Mapping[str, Any], field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through a list of objects, each with its key; what has another form was told of."""
    for index, one in enumerate(container.get(field) or ()):
        if isinstance(one, dict):
            yield f"{field}[{index}]", one


def _ports(container: Mapping[str, Any]) -> Iterator[Problem]:
    for key, one in _objects(container, "portMappings"):
        here, there = one.get("containerPort"), one.get("hostPort")
        if there not in (None, 0, here):
            yield Problem(
                f"{key}.hostPort",
                f"is {json.dumps(there)}, and containerPort {json.dumps(here)}",
                "with awsvpc both are the same: leave hostPort out",
            )


def _logs(logs: Any) -> Iterator[Problem]:
    if logs is None:
        return
    driver = logs.get("logDriver") if isinstance(logs, dict) else None
    if driver not in DRIVERS:
        hint = f"Fargate has {', '.join(DRIVERS)}"
        yield Problem("logConfiguration.logDriver", f"is {json.dumps(driver)}", hint)
        return
    options = logs.get("options") or {}
    for name, value in options.items():
        if not isinstance(value, str):
            hint = f'ECS takes options as text: write "{json.dumps(value)}"'
            yield Problem(f"logConfiguration.options.{name}", f"is {json.dumps(value)}", hint)
    for name in AWSLOGS if driver == "awslogs" else ():
        if not options.get(name):
            yield Problem(
                f"logConfiguration.options.{name}",
                "is missing",
                f"the awslogs driver needs {', '.join(AWSLOGS)} on Fargate, as text",
            )


def dependencies(containers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Go through what a container waits for and no other container can give it."""
    by_name = {str(one["name"]): one for one in containers}
    for index, container in enumerate(containers):
        for where, given in _objects(container, "dependsOn"):
            key = f"containerDefinitions[{index}].{where}"
            name, condition = str(given.get("containerName")), given.get("condition")
            if name not in by_name:
                said = f'is "{name}", which is not there'
                yield Problem(f"{key}.containerName", said, f"there are {', '.join(by_name)}")
            else:
                yield from _condition(condition, f"{key}.condition", of=by_name[name])


def _condition(condition: Any, key: str, *, of: Mapping[str, Any]) -> Iterator[Problem]:
    name = of["name"]
    if condition not in CONDITIONS:
        yield Problem(key, f"is {json.dumps(condition)}", f"ECS knows {', '.join(CONDITIONS)}")
    elif condition == "HEALTHY" and not of.get("healthCheck"):
        hint = f'give "{name}" a healthCheck, or wait for START'
        yield Problem(key, f'is HEALTHY, and the container "{name}" has no healthCheck', hint)
    elif condition in ENDS and of.get("essential") is not False:
        hint = f'set "essential": false on "{name}": the task stops when an essential one ends'
        yield Problem(key, f'is {condition}, and the container "{name}" is essential', hint)


def load_balancers(
    service: Mapping[str, Any], *, containers: Sequence[Mapping[str, Any]], source: str
) -> Iterator[Problem]:
    """Go through a service's load balancers whose container or port its tasks do not have."""
    ports = {
        str(one["name"]): [
            mapping.get("containerPort") for _, mapping in _objects(one, "portMappings")
        ]
        for one in containers
    }
    for key, entry in _objects(service, "loadBalancers"):
        name, port = str(entry.get("containerName")), entry.get("containerPort")
        if name not in ports:
            said = f'is "{name}", which {source} does not have'
            yield Problem(f"{key}.containerName", said, f"there are {', '.join(ports)}")
        elif port not in ports[name]:
            yield Problem(
                f"{key}.containerPort",
                f'is {json.dumps(port)}, which is no port of the container "{name}" in {source}',
                f"its portMappings have {', '.join(map(str, ports[name])) or 'none'}",
            )
