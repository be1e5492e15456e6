"""The containers of a run, found by their labels, and commands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.errors import TargetError
from harness.core.labels import (
    LABEL_CONTAINER,
    LABEL_FAMILY,
    LABEL_HOME,
    LABEL_OWNER,
    LABEL_ROLE,
    LABEL_RUN,
    LABEL_TASK_ARN,
)
from harness.stack import container_command, engine
from harness.target.resources.ecs_exec import COLUMNS, ExecResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import docker

    from harness.target.access import Access

_LOOK_BYTES = 16 * 1024**2


class Containers:
    """The containers of one run, found by their labels."""

    def __init__(self, access: Access, *, client: docker.DockerClient | None = None) -> None:
        self._run = access.run
        self._php = access.php_containers
        self._client = client or engine.connect()

    def of_role(self, role: str, *, also_stopped: bool = False) -> list[Any]:
        """Return the run's containers with this role, newest first."""
        labels = [f"{LABEL_RUN}={self._run}", f"{LABEL_ROLE}={role}"]
        containers: list[Any] = self._client.containers.list(
            all=also_stopped, filters={"label": labels}, ignore_removed=True
        )
        return containers

    def of_task(self, task: str, *, container: str = "") -> Any:
        """Return one container of a running task, by the last part of the task's ARN.

        Without a name it is the one in which Laravel runs.

        Raises:
            TargetError: There is none.
        """

        def is_wanted(labels: Mapping[str, str]) -> bool:
            name = container or self._php.get(labels.get(LABEL_FAMILY, ""), "")
            return name in ("", labels.get(LABEL_CONTAINER))

        containers = [candidate for candidate in self._all_of(task) if is_wanted(candidate.labels)]
        if not containers:
            suffix = f' "{container}"' if container else ""
            raise TargetError(
                f"Task {task} has no running container{suffix}.",
                hint="cutover status lists the tasks that run.",
            )
        return containers[-1]

    def logs(self) -> Iterator[tuple[str, str]]:
        """Go through the containers of all tasks, running or stopped: name and log."""
        for container in self.of_role("task", also_stopped=True):
            yield str(container.name), engine.log_of(container)

    def log_of(self, task: str) -> str:
        """Return the logs of the containers of a task, running or stopped."""
        return "".join(map(engine.log_of, self._all_of(task, also_stopped=True)))

    def _all_of(self, task: str, *, also_stopped: bool = False) -> list[Any]:
        return [
            container
            for container in self.of_role("task", also_stopped=also_stopped)
            if container.labels.get(LABEL_TASK_ARN, "").endswith(f"/{task}")
        ]

    def image_of(self, task: str, *, container: str = "") -> Any:
        """Return the image of a running task's container; without a name, of Laravel's."""
        task_container = self.of_task(task, container=container)
        return self._client.images.get(task_container.attrs["Image"])

    def file_of_image(self, image: str, path: str) -> bytes | None:
        """Return a file of an image as it was built, or None where it has none.

        A container is created for it and never started: nothing is put over its files.
        """
        (control,) = self.of_role("control")
        owned = {label: control.labels[label] for label in (LABEL_RUN, LABEL_HOME, LABEL_OWNER)}
        container = self._client.containers.create(
            image,
            command=["true"],
            labels={**owned, LABEL_ROLE: "prober"},
            mem_limit=_LOOK_BYTES,
            memswap_limit=_LOOK_BYTES,
            pids_limit=1,
            network_mode="none",
        )
        try:
            return engine.file_of(container, path)
        finally:
            container.remove(force=True)

    def run(self, task: str, command: Sequence[str], *, container: str = "") -> ExecResult:
        """Run a command in a task's container as root, as ECS Exec does; by default Laravel's."""
        code, stdout, stderr = container_command.run(
            self.of_task(task, container=container),
            command,
            user="0",
            environment={"COLUMNS": COLUMNS},
        )
        return ExecResult(code, _text(stdout), _text(stderr))

    def sql(self, statements: str) -> None:
        """Run SQL as the database's administrator, from inside its container.

        Raises:
            TargetError: The server refuses it.
        """
        (container,) = self.of_role("mysql")
        code, output = container.exec_run(
            ["sh", "-c", 'printf %s "$SQL" | mysql --user=root'],
            user="0",
            environment={"SQL": statements},
        )
        if code:
            raise TargetError("The database refuses SQL.", last_answer=_text(output).strip())

    def addresses(self, role: str) -> dict[str, tuple[str, str]]:
        """Return network name -> (address, gateway) of the one container with this role."""
        (container,) = self.of_role(role)
        networks = container.attrs["NetworkSettings"]["Networks"]
        return {
            name: (network["IPAddress"], network["Gateway"]) for name, network in networks.items()
        }


def exec_in_task(access: Access, task_id: str, command: Sequence[str]) -> ExecResult:
    """Run a command as root in a task's container of the local stack."""
    return Containers(access).run(task_id, command)


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
