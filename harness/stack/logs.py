"""Logs and inspect data of a run's containers, saved before removal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from harness.core.labels import (
    LABEL_CONTAINER,
    LABEL_FAMILY,
    LABEL_ROLE,
    LABEL_RUN,
    LABEL_SECRET_NAMES,
    LABEL_TASK_ARN,
)
from harness.core.redact import redact, remember_variable
from harness.core.runs import Run

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container


_WORKERS = 8
_OOM_EXIT_CODE = 137


def containers_of(client: docker.DockerClient, run_id: str) -> list[Container]:
    """List every container of a run, stopped ones too."""
    containers: list[Container] = client.containers.list(
        all=True, filters={"label": f"{LABEL_RUN}={run_id}"}, ignore_removed=True
    )
    return containers


def was_oom_killed(container: Container) -> bool:
    """Return whether a process in the container met its memory limit.

    Docker 20.10 on cgroup v1 sets OOMKilled for any process in the container; a SIGKILL that nobody
    sent shows only as the exit code.
    """
    return bool(container.attrs["State"]["ExitCode"] == _OOM_EXIT_CODE)


def save(run: Run, containers: Iterable[Container]) -> None:
    """Save logs and inspect data of containers into the run directory."""
    batch = list(containers)
    remember_secrets(batch)
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda container: _save_one(run, container), batch))


def _save_one(run: Run, container: Container) -> None:
    import docker.errors

    labels = container.labels
    if labels.get(LABEL_ROLE) == "pause":
        return
    place = _place(labels)
    # One that is gone, dead or stuck has no logs to give; that must not keep it from being removed.
    with contextlib.suppress(docker.errors.APIError):
        stdout = container.logs(stdout=True, stderr=False, timestamps=True)
        stderr = container.logs(stdout=False, stderr=True, timestamps=True)
        run.write_text(f"{place}/stdout.log", stdout.decode(errors="replace"))
        run.write_text(f"{place}/stderr.log", stderr.decode(errors="replace"))
        run.write_json(f"{place}/inspect.json", _without_values(container.attrs))


def _place(labels: dict[str, str]) -> str:
    if LABEL_CONTAINER not in labels:
        return f"services/{labels.get(LABEL_ROLE, 'unknown')}"
    task = labels.get(LABEL_TASK_ARN, "unknown").rpartition("/")[2]
    return f"tasks/{labels.get(LABEL_FAMILY, 'task')}-{task}/{labels[LABEL_CONTAINER]}"


def _without_values(attrs: dict[str, Any]) -> dict[str, Any]:
    """Keep the names of environment variables and drop their values: some are secrets."""
    config = dict(attrs.get("Config") or {})
    config["Env"] = [entry.partition("=")[0] for entry in config.get("Env") or []]
    return {**attrs, "Config": config}


def remember_secrets(containers: Iterable[Container]) -> None:
    """Blank the secrets that control injected, in a process that did not make them itself."""
    for container in containers:
        names = set(container.labels.get(LABEL_SECRET_NAMES, "").split(","))
        for entry in container.attrs.get("Config", {}).get("Env") or []:
            name, _, value = entry.partition("=")
            if name in names:
                remember_variable(name, value)


def task_log_tail(client: docker.DockerClient, run_id: str, *, family: str, lines: int = 20) -> str:
    """Return the last log lines of each container of a family, newest task last, redacted."""
    containers = [
        container
        for container in containers_of(client, run_id)
        if LABEL_CONTAINER in container.labels and container.labels.get(LABEL_FAMILY) == family
    ]
    remember_secrets(containers)
    tails = [
        f"[{_place(c.labels)}]\n{c.logs(tail=lines).decode(errors='replace')}"
        for c in reversed(containers[:4])
    ]
    return redact("\n".join(tails))
