"""Checks of the containers of a Fargate task definition, as AWS makes them.

Each check takes what has the types that AWS's models give it, and yields its problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from harness.aws import image_name
from harness.inputs.files import variables
from harness.inputs.problem import Problem, nearest

if TYPE_CHECKING:
    pass

NAME = re.compile(r"[\w-]{1,255}", flags=re.ASCII)
"""Names of containers, services and families:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html, name"""
OF_NAMES = "write up to 255 letters, digits, - and _: ECS takes no other name"
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
"""The required options of Fargate's awslogs, with an example each."""
_SPLUNK: Mapping[str, str] = {
    "splunk-url": "https://HOST:8088",
    "splunk-token": "TOKEN",
}
"""The required options of splunk, of which the token may be a secret:
https://docs.docker.com/engine/logging/drivers/splunk/"""
_LINE_STARTS = ("awslogs-datetime-format", "awslogs-multiline-pattern")
"""Options that awslogs takes one of:
https://docs.docker.com/engine/logging/drivers/awslogs/#awslogs-multiline-pattern"""
_OPTIONAL_AWSLOGS = (
    *("awslogs-create-group", "awslogs-datetime-format", "awslogs-multiline-pattern"),
    *("mode", "max-buffer-size"),
)
"""Further options of Fargate's awslogs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html"""
_OPTIONS_OF_DOCKER = (
    *("awslogs-endpoint", "awslogs-credentials-endpoint", "awslogs-stream", "awslogs-format"),
    *("awslogs-create-stream", "awslogs-force-flush-interval-seconds"),
    *("awslogs-max-buffered-events", "tag", "labels", "env"),
)
"""Options of Docker's awslogs; no source says whether Fargate takes them, so none is judged."""
_OPTION_FORMS: Mapping[str, tuple[str, str]] = {
    "awslogs-group": (r"[\w./#-]{1,512}", "letters, digits and . - _ / #, 512 at the most"),
    "awslogs-stream-prefix": (r"(?=.*\S)[^:*]+", "a text without : and *"),
    "mode": (r"blocking|non-blocking", '"blocking" or "non-blocking"'),
    "max-buffer-size": (r"\d+[kKmMgG]?[bB]?", 'a size, such as "25m"'),
    "awslogs-create-group": (r"true", '"true", or leave it out'),
}
"""Option -> a pattern of its values, and the words for it."""
_ENDS = ("COMPLETE", "SUCCESS")
_CONDITIONS = ("START", *_ENDS, "HEALTHY")


def of_container(container: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    """Find faults in a container's stop, health check, ports and log."""
    hint = (
        "Fargate waits 2 to 120 seconds between the stop signal and SIGKILL, 30 when it is not set:"
        " write a number among these"
    )
    if (name := str(container.get("name") or "")) and not NAME.fullmatch(name):
        yield Problem(f"{key}.name", f'is "{name}"', OF_NAMES)
    for message, remedy in image_name.faults(str(container.get("image") or "")):
        yield Problem(f"{key}.image", message, remedy)
    stop = container.get("stopTimeout")
    yield from _range(stop, key=f"{key}.stopTimeout", within=_STOP_TIMEOUT_S, hint=hint)
    yield from _health_check(container.get("healthCheck"), key=f"{key}.healthCheck")
    for index, mapping in enumerate(container.get("portMappings") or ()):
        yield from _port_mapping(mapping, key=f"{key}.portMappings[{index}]")
    directory = str(container.get("workingDirectory") or "/")
    if not directory.startswith("/"):
        message = f'is "{directory}", and must be absolute: the container would not start'
        yield Problem(f"{key}.workingDirectory", message, f'write "/{directory}", or the like')
    for field in ("entryPoint", "command"):
        if next(iter(container.get(field) or ("-",))) == "":
            message = "begins with an empty word: the container would not start"
            yield Problem(f"{key}.{field}", message, "write the program, or leave it out")
    yield from _log(container.get("logConfiguration"), key=f"{key}.logConfiguration")
    for index, variable in enumerate(container.get("environment") or ()):
        name, value = str(variable.get("name") or ""), str(variable.get("value") or "")
        place = f"{key}.environment[{index}]"
        for message, hint in variables.of_value(name, value):
            yield Problem(f"{place}.value", f"{message} ({name})", hint)


def _range(value: int | None, *, key: str, within: tuple[int, int], hint: str) -> Iterator[Problem]:
    least, most = within
    if value is not None and not least <= value <= most:
        yield Problem(key, f"is {value}, and must be from {least} to {most}", hint)


_OF_SHELLS = {"||", "&&", "|", ";", ">", "2>&1"}


def _health_check(check: Mapping[str, Any] | None, *, key: str) -> Iterator[Problem]:
    if check is None:
        return
    command = [*(check.get("command") or ())] or [""]
    words = [word for word in command[1:] if str(word).strip()]
    if not words or command[0] not in ("CMD", "CMD-SHELL"):
        example = '["CMD-SHELL", "curl -f http://localhost:8080/healthz || exit 1"]'
        yield Problem(
            f"{key}.command",
            "is not a list of strings that begins with CMD or CMD-SHELL and goes on with a command",
            f'write "command": {example}',
        )
    elif command[0] == "CMD" and (" " in str(command[1]).strip() or _OF_SHELLS & {*command}):
        yield Problem(
            f"{key}.command",
            "is in the exec form (CMD) and written for a shell: no shell takes the line apart, so"
            " that the check always fails",
            "write CMD-SHELL in the place of CMD, and the whole line as one text after it",
        )
    for name, (least, most) in _HEALTH.items():
        hint = f"ECS takes {least} to {most} here; leave it out for the default"
        yield from _range(check.get(name), key=f"{key}.{name}", within=(least, most), hint=hint)


def _port_mapping(mapping: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    port, host = mapping.get("containerPort"), mapping.get("hostPort")
    hint = "name the port that the container listens on, as a number"
    if port is None and "containerPortRange" not in mapping:
        yield Problem(f"{key}.containerPort", "is missing", hint)
    faults = list(_range(port, key=f"{key}.containerPort", within=_PORTS, hint=hint))
    yield from faults
    # 0 is how some tools write that it is not set.
    if port and not faults and host not in (None, 0, port):
        yield Problem(
            f"{key}.hostPort",
            f"is {host}, and the containerPort {port}: with awsvpc a task has an address of its own"
            " and no host whose port could differ",
            "leave hostPort out",
        )


def _log(settings: Mapping[str, Any] | None, *, key: str) -> Iterator[Problem]:
    if settings is None:
        return
    driver, options = settings.get("logDriver"), settings.get("options") or {}
    if driver not in _DRIVERS:
        state = f'is "{driver}"' if driver else "is missing"
        hint = 'write "logDriver": "awslogs", with its options'
        yield Problem(f"{key}.logDriver", f"{state}; Fargate knows {', '.join(_DRIVERS)}", hint)
    secret = [option.get("name") for option in settings.get("secretOptions") or ()]
    for name, example in {"awslogs": _AWSLOGS, "splunk": _SPLUNK}.get(str(driver), {}).items():
        if not options.get(name) and name not in secret:
            yield Problem(
                f"{key}.options.{name}",
                f"is missing, and on Fargate {driver} cannot do without",
                f'add "{name}": "{example}", with the name that is yours',
            )
    yield from _awslogs_options(options, key=f"{key}.options") if driver == "awslogs" else ()


def _awslogs_options(options: Mapping[str, str], *, key: str) -> Iterator[Problem]:
    """Find options that ECS, or the log driver when a task starts, refuses."""
    names = (*_AWSLOGS, *_OPTIONAL_AWSLOGS)
    for name, value in options.items():
        pattern, words = _OPTION_FORMS.get(name, ("", ""))
        if name not in (*names, *_OPTIONS_OF_DOCKER):
            message = "is no option of awslogs: ECS refuses the task definition"
            yield Problem(f"{key}.{name}", message, nearest(name, names))
        elif pattern and not re.fullmatch(pattern, value):
            message = f'is "{value}", which ECS, or the log driver, refuses'
            yield Problem(f"{key}.{name}", message, f"write {words}")
    if all(options.get(name) for name in _LINE_STARTS):
        message = f"is set, and {_LINE_STARTS[0]}, too: the log driver refuses the two together"
        yield Problem(f"{key}.{_LINE_STARTS[1]}", message, "leave one of the two out")


def of_dependencies(containers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Find dependencies between containers that name none, or can never be met."""
    by_name = {container.get("name", ""): container for container in containers}
    problems = [
        problem
        for index, container in enumerate(containers)
        for number, dependency in enumerate(container.get("dependsOn") or ())
        for problem in _dependency(
            dependency, key=f"containerDefinitions[{index}].dependsOn[{number}]", by_name=by_name
        )
    ]
    yield from problems or _cycle(by_name)


def _cycle(by_name: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    sorter = TopologicalSorter(
        {
            name: [
                str(dependency.get("containerName"))
                for dependency in container.get("dependsOn") or ()
            ]
            for name, container in by_name.items()
        }
    )
    try:
        sorter.prepare()
    except CycleError as error:
        yield Problem(
            "containerDefinitions",
            f"wait for each other in dependsOn: {' -> '.join(error.args[1])}",
            "remove one of these dependencies: ECS could start none of the containers",
        )


def of_volumes(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Find mounts of volumes, and of other containers' volumes, that the task does not have."""
    containers = raw.get("containerDefinitions") or ()
    names = [str(definition.get("name")) for definition in containers]
    volumes = [str(volume.get("name")) for volume in raw.get("volumes") or ()]
    for index, container in enumerate(containers):
        for field, source, choices in (
            ("mountPoints", "sourceVolume", volumes),
            ("volumesFrom", "sourceContainer", names),
        ):
            for number, mount in enumerate(container.get(field) or ()):
                name = str(mount.get(source))
                if name not in choices:
                    noun = "volume" if field == "mountPoints" else "container"
                    yield Problem(
                        f"containerDefinitions[{index}].{field}[{number}].{source}",
                        f'is "{name}", and the task has no such {noun}',
                        f"name one of {', '.join(choices)}"
                        if choices
                        else f'add {{"name": "{name}"}} to volumes',
                    )
            for number, mount in enumerate(container.get(field) or ()):
                path = str(mount.get("containerPath") or "/")
                if not path.startswith("/"):
                    yield Problem(
                        f"containerDefinitions[{index}].{field}[{number}].containerPath",
                        f'is "{path}", and must be absolute: the container would not start',
                        f'write "/{path}", or the like',
                    )


def _dependency(
    dependency: Mapping[str, Any], *, key: str, by_name: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    name, condition = str(dependency.get("containerName")), dependency.get("condition")
    if name not in by_name:
        yield Problem(
            f"{key}.containerName",
            f'is "{name}", and no container has this name',
            f"name one of {', '.join(by_name)}",
        )
        return
    key, other = f"{key}.condition", by_name[name]
    if condition not in _CONDITIONS:
        hint = f"write one of {', '.join(_CONDITIONS)}"
        yield Problem(key, f'is "{condition}", which ECS does not know', hint)
    elif condition == "HEALTHY" and not other.get("healthCheck"):
        hint = f'give "{name}" a healthCheck, or wait for START'
        yield Problem(key, f'is HEALTHY, and the container "{name}" has no healthCheck', hint)
    elif condition in _ENDS and other.get("essential") is not False:
        hint = f'set "essential": false on "{name}": the task stops when an essential one ends'
        yield Problem(key, f'is {condition}, and the container "{name}" is essential', hint)
