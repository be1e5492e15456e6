"""What AWS refuses in the containers of a Fargate task definition, and in its service.

Each check yields what is wrong with the key and the remedy; who calls it says which file it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass
from harness.inputs.problem import Wrong, kind_of

_STOP_TIMEOUT_S = (2, 120)


_HEALTH: Mapping[str, tuple[int, int]] = {
    "interval": (5, 300),
    "timeout": (2, 60),
    "retries": (1, 10),
    "startPeriod": (0, 300),
}


_PORTS = (1, 65535)


_DRIVERS = ("awslogs", "splunk", "awsfirelens")


_AWSLOGS: Mapping[str, str] = {
    "awslogs-group": "/ecs/NAME",
    "awslogs-region": "us-east-1",
    "awslogs-stream-prefix": "app",
}
"""What Fargate's awslogs cannot do without, with an example each."""


_LISTS: Mapping[str, str] = {
    "portMappings": '{"containerPort": 8080}',
    "dependsOn": '{"containerName": "...", "condition": "START"}',
}


_PLATFORMS = ("1.4.0", "LATEST")


_SERVICE = ("launchType", "capacityProviderStrategy", "platformVersion")


RULE = ("LaunchType", "CapacityProviderStrategy", "PlatformVersion")
"""How EventBridge spells what CreateService and RunTask call launchType and so on."""


_ENDS = ("COMPLETE", "SUCCESS")


_CONDITIONS = ("START", *_ENDS, "HEALTHY")


def of_container(container: Mapping[str, Any], *, key: str) -> Iterator[Wrong]:
    """Say what is wrong with how a container is stopped, checked, reached and logged."""
    if "stopTimeout" in container:
        yield from _number(
            container["stopTimeout"],
            key=f"{key}.stopTimeout",
            within=_STOP_TIMEOUT_S,
            hint="Fargate waits 2 to 120 seconds between the stop signal and SIGKILL, 30 when it is"
            " not set: write a number among these",
        )
    yield from _health_check(container.get("healthCheck"), key=f"{key}.healthCheck")
    for field, example in _LISTS.items():
        yield from _form(container.get(field), key=f"{key}.{field}", example=example)
    for where, mapping in _objects(container, field="portMappings", key=key):
        yield from _port_mapping(mapping, key=where)
    yield from _log(container.get("logConfiguration"), key=f"{key}.logConfiguration")


def _form(given: object, *, key: str, example: str) -> Iterator[Wrong]:
    """Say what is no list of objects."""
    if given is not None and not isinstance(given, list):
        yield Wrong(key, f"is {kind_of(given)}, not a list", f"write [{example}]")
        return
    for index, item in enumerate(given or ()):
        if not isinstance(item, dict):
            yield Wrong(f"{key}[{index}]", f"is {kind_of(item)}, not an object", f"write {example}")


def _objects(
    container: Mapping[str, Any], *, field: str, key: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through a list of objects; what has another form was told of."""
    for index, item in enumerate(container.get(field) or ()):
        if isinstance(item, dict):
            yield f"{key}.{field}[{index}]", item


def _number(value: object, *, key: str, within: tuple[int, int], hint: str) -> Iterator[Wrong]:
    least, most = within
    if isinstance(value, bool) or not isinstance(value, int):
        yield Wrong(key, f"is {kind_of(value)}, not a whole number", hint)
    elif not least <= value <= most:
        yield Wrong(key, f"is {value}, and must be from {least} to {most}", hint)


def _health_check(check: object, *, key: str) -> Iterator[Wrong]:
    if check is None:
        return
    example = '["CMD-SHELL", "curl -f http://localhost:8080/healthz || exit 1"]'
    hint = f'write "command": {example}'
    if not isinstance(check, dict):
        yield Wrong(key, f"is {kind_of(check)}, not an object", hint)
        return
    command = check.get("command")
    words = isinstance(command, list) and all(isinstance(word, str) for word in command)
    if not words or len(command or ()) < 2 or (command or ("",))[0] not in ("CMD", "CMD-SHELL"):
        yield Wrong(
            f"{key}.command",
            "is not a list of strings that begins with CMD or CMD-SHELL and goes on with a command",
            hint,
        )
    for name, (least, most) in _HEALTH.items():
        if name in check:
            told = f"ECS takes {least} to {most} here; leave it out for the default"
            yield from _number(check[name], key=f"{key}.{name}", within=(least, most), hint=told)


def _port_mapping(mapping: Mapping[str, Any], *, key: str) -> Iterator[Wrong]:
    port, host = mapping.get("containerPort"), mapping.get("hostPort")
    if port is not None or "containerPortRange" not in mapping:
        hint = "name the port that the container listens on, as a number"
        yield from _number(port, key=f"{key}.containerPort", within=_PORTS, hint=hint)
    if host not in (None, 0, port):  # 0 is how some tools write that it is not set
        yield Wrong(
            f"{key}.hostPort",
            f"is {host}, and the containerPort {port}: with awsvpc a task has an address of its own"
            " and no host whose port could differ",
            "leave hostPort out",
        )


def _log(given: object, *, key: str) -> Iterator[Wrong]:
    if given is None:
        return
    hint = 'write "logDriver": "awslogs", with its options'
    if not isinstance(given, dict):
        yield Wrong(key, f"is {kind_of(given)}, not an object", hint)
        return
    driver, options = given.get("logDriver"), given.get("options") or {}
    if driver not in _DRIVERS:
        said = f'is "{driver}"' if driver else "is missing"
        yield Wrong(f"{key}.logDriver", f"{said}; Fargate knows {', '.join(_DRIVERS)}", hint)
    if not isinstance(options, dict):
        yield Wrong(f"{key}.options", f"is {kind_of(options)}, not an object", hint)
        return
    for name, value in options.items():
        if not isinstance(value, str):
            yield Wrong(
                f"{key}.options.{name}",
                f"is {kind_of(value)}, not a string",
                "ECS takes options as strings only: put it in quotes",
            )
    for name, example in _AWSLOGS.items():
        if driver == "awslogs" and not options.get(name):
            yield Wrong(
                f"{key}.options.{name}",
                "is missing, and on Fargate awslogs cannot do without",
                f'add "{name}": "{example}", with the name that is yours',
            )


def of_dependencies(containers: Sequence[Mapping[str, Any]]) -> Iterator[Wrong]:
    """Say which dependency between containers names none, or can never be met."""
    by_name = {one["name"]: one for one in containers}
    for index, container in enumerate(containers):
        key = f"containerDefinitions[{index}]"
        for where, given in _objects(container, field="dependsOn", key=key):
            yield from _dependency(given, key=where, by_name=by_name)


def _dependency(
    given: Mapping[str, Any], *, key: str, by_name: Mapping[str, Mapping[str, Any]]
) -> Iterator[Wrong]:
    name, condition = str(given.get("containerName")), given.get("condition")
    if name not in by_name:
        yield Wrong(
            f"{key}.containerName",
            f'is "{name}", and no container has this name',
            f"name one of {', '.join(by_name)}",
        )
        return
    key, other = f"{key}.condition", by_name[name]
    if condition not in _CONDITIONS:
        hint = f"write one of {', '.join(_CONDITIONS)}"
        yield Wrong(key, f'is "{condition}", which ECS does not know', hint)
    elif condition == "HEALTHY" and not other.get("healthCheck"):
        hint = f'give "{name}" a healthCheck, or wait for START'
        yield Wrong(key, f'is HEALTHY, and the container "{name}" has no healthCheck', hint)
    elif condition in _ENDS and other.get("essential") is not False:
        hint = f'set "essential": false on "{name}": the task stops when an essential one ends'
        yield Wrong(key, f'is {condition}, and the container "{name}" is essential', hint)


def of_launch(given: Mapping[str, Any], *, names: Sequence[str] = _SERVICE) -> Iterator[Wrong]:
    """Say what starts tasks elsewhere than on Fargate, or on a Fargate that lacks what they need.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    (without launchType and capacity provider, EC2) and
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    (JSON keys of secrets from platform version 1.4.0 on).

    Args:
        given: A service, or a rule's EcsParameters.
        names: How it spells launch type, capacity provider strategy and platform version.
    """
    launch, providers, version = names
    if given.get(launch) != "FARGATE" and not given.get(providers):
        said = f'is "{given[launch]}"' if given.get(launch) else "is missing, so that ECS takes EC2"
        hint = (
            f'write "{launch}": "FARGATE": a task definition of Fargate has no instance to run on'
        )
        yield Wrong(launch, said, hint)
    if given.get(version, "LATEST") not in _PLATFORMS:
        hint = "write 1.4.0: an earlier one cannot take a key out of a secret's JSON"
        yield Wrong(version, f'is "{given[version]}"', hint)


def of_count(service: Mapping[str, Any]) -> Iterator[Wrong]:
    """Say that a service runs no task."""
    if service.get("desiredCount") == 0:
        hint = "write how many tasks run after the cutover, 1 at the least"
        yield Wrong("desiredCount", "is 0: nobody does its work", hint)


def of_load_balancers(
    service: Mapping[str, Any], *, containers: Sequence[Mapping[str, Any]], source: str
) -> Iterator[Wrong]:
    """Say which load balancer of a service names a container or port that its tasks lack."""
    ports = {
        one["name"]: [
            mapping.get("containerPort")
            for _, mapping in _objects(one, field="portMappings", key="")
        ]
        for one in containers
    }
    for index, entry in enumerate(service.get("loadBalancers") or ()):
        key = f"loadBalancers[{index}]"
        name, port = entry.get("containerName"), entry.get("containerPort")
        if name not in ports:
            hint = f"name one of {', '.join(ports)}"
            yield Wrong(f"{key}.containerName", f'is "{name}", which {source} does not have', hint)
        elif port not in ports[name]:
            yield Wrong(
                f"{key}.containerPort",
                f'is {port}, which is no portMapping of the container "{name}" in {source}',
                f"name one of {', '.join(map(str, ports[name])) or 'its ports'}, or add it there",
            )
