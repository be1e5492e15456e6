"""The running stack: its state, its inputs, its logs, commands in its containers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import runs
from harness.core.components import COMPONENTS, OPTIONAL
from harness.core.errors import NoStack
from harness.core.labels import (
    LABEL_CONTAINER,
    LABEL_FAMILY,
    LABEL_ROLE,
    LABEL_SERVICE,
    LABEL_TASK_ARN,
)
from harness.core.redact import redact
from harness.rehearsal import digests
from harness.stack import logs

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container

    from harness.inputs.production import Production


def find(home: Path, connect: Callable[[], docker.DockerClient]) -> dict[str, Any] | None:
    """Return the record of the stack that is up, if all of its components run."""
    stack = runs.read_current(home)
    if stack is None:
        return None
    running = {
        container.labels.get(LABEL_ROLE)
        for container in logs.containers_of(connect(), stack["run"])
        if container.status == "running"
    }
    return stack if running >= _components(stack) else None


def changed_inputs(current: Mapping[str, Any], production: Production) -> list[str]:
    """Name the files that have changed since the stack was started."""
    before, now = current.get("inputs", {}), digests.digests(production)
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def describe(home: Path, connect: Callable[[], docker.DockerClient]) -> dict[str, Any]:
    """Return the state of the running stack as data."""
    stack = runs.read_current(home)
    if stack is None:
        return {"up": False, "containers": []}
    containers = [
        {
            "name": _short_name(container),
            "status": container.status,
            "image": (container.attrs.get("Config") or {}).get("Image", ""),
        }
        for container in logs.containers_of(connect(), stack["run"])
        if container.labels.get(LABEL_ROLE) != "pause"
    ]
    running = {c["name"] for c in containers if c["status"] == "running"}
    return {
        "up": running >= _components(stack),
        "run": stack["run"],
        "run_dir": stack["run_dir"],
        "public_url": stack["public_url"],
        "addresses": {
            name: stack[name] for name in ("https", "http", "emulator", "control", "ca_file")
        },
        "overlay": stack["overlay"],
        "vendor": stack["vendor"],
        "containers": sorted(containers, key=lambda c: c["name"]),
    }


def as_text(description: Mapping[str, Any]) -> str:
    """Return the state of the running stack as text."""
    if not description["containers"]:
        return "nothing is up; `cutover up` starts the stack"
    state = (
        "up" if description["up"] else "degraded: a component is missing; `cutover up` starts anew"
    )
    lines = [
        f"{description['public_url']}  {state}",
        f"run {description['run']} in {description['run_dir']}",
    ]
    lines += [f"  {name:<11} {value}" for name, value in description["addresses"].items()]
    lines.append(f"  vendor      {description['vendor']}")
    lines += [f"  {c['name']:<44} {c['status']}" for c in description["containers"]]
    return "\n".join(lines)


def containers_named(
    home: Path, client: docker.DockerClient, name: str, *, running: bool
) -> list[Container]:
    """Find containers by a name: components' by name, the app's by service, family or task id.

    ``web`` and ``worker`` also name the services of that purpose. ``web/nginx`` names a container
    of a task; without it, Laravel's come first.

    Raises:
        NoStack: Nothing is up, or nothing in it has that name.
    """
    stack = runs.read_current(home)
    if stack is None:
        raise NoStack("no stack is up", where=str(home), hint="`cutover up` starts one")
    all_of_them = [
        container
        for container in logs.containers_of(client, stack["run"])
        if container.labels.get(LABEL_ROLE) != "pause"
        and (container.status == "running" or not running)
    ]
    task, _, container_name = name.partition("/")
    services = stack.get("services", {})
    # Whatever the configuration calls them, these two are known by their purpose.
    key = stack.get(task, "") if task in ("web", "worker") and task not in services else task
    full_name = services.get(key, task)
    matching = [
        c
        for c in all_of_them
        if full_name in _names(c) and container_name in ("", c.labels.get(LABEL_CONTAINER))
    ]
    if not matching:
        names = sorted({word for c in all_of_them for word in _names(c) if 0 < len(word) < 32})
        raise NoStack(
            f'nothing called "{name}" {"runs" if running else "is there"}',
            hint=f"known here: {', '.join(names)}",
        )
    php = stack.get("php_containers", {})
    return sorted(
        matching,
        key=lambda c: php.get(c.labels.get(LABEL_FAMILY, "")) != c.labels.get(LABEL_CONTAINER),
    )


def show_logs(home: Path, client: docker.DockerClient, name: str, *, follow: bool) -> int:
    """Print the logs of a service's containers, redacted; with ``follow`` those of the newest."""
    matching = containers_named(home, client, name, running=False)
    logs.remember_secrets(matching)
    if follow:
        for line in matching[0].logs(stream=True, follow=True):
            print(redact(line.decode(errors="replace")), end="", flush=True)
        return 0
    for container in matching:
        if len(matching) > 1:
            print(f"== {_short_name(container)} ({container.status})")
        print(redact(container.logs().decode(errors="replace")), end="")
    return 0


def run_in(home: Path, client: docker.DockerClient, name: str, command: list[str]) -> int:
    """Run a command in one container of a service, as root, as ECS Exec does.

    The docker command is used where there is one, because it handles the terminal; else the output
    is shown when the command has ended.
    """
    import shutil
    import sys

    container = containers_named(home, client, name, running=True)[0]
    if shutil.which("docker"):
        terminal = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else []
        call = ["docker", "exec", *terminal, "-u", "0", str(container.id), *command]
        return subprocess.run(call, check=False).returncode
    code, output = container.exec_run(command, user="0")
    print(output.decode(errors="replace") if isinstance(output, bytes) else "", end="")
    return int(code or 0)


def _components(record: Mapping[str, Any]) -> set[str]:
    """Return the components that a stack has: some are only where production has the like."""
    return {name for name in COMPONENTS if name not in OPTIONAL or record[f"{name}_endpoint"]}


def _names(container: Container) -> tuple[str, ...]:
    labels = container.labels
    if LABEL_CONTAINER not in labels:
        return (labels.get(LABEL_ROLE, ""),)
    task = labels.get(LABEL_TASK_ARN, "").rpartition("/")[2]
    return (labels.get(LABEL_FAMILY, ""), task, task[:8], labels.get(LABEL_SERVICE, ""))


def _short_name(container: Container) -> str:
    words = (*_names(container)[:2], container.labels.get(LABEL_CONTAINER, ""))
    return "/".join(word for word in words if word)
