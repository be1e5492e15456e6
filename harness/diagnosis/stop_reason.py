"""How a task stopped: whether it failed, and why in ECS's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.target.resources.ecs import INTENDED_STOP_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEVER_STARTED = "TaskFailedToStart"
ENDED_BY_SIGTERM = 143


def stop_reason(task: Mapping[str, Any]) -> str:
    """Return a stopped task's stopCode and stoppedReason, and how each of its containers ended.

    Args:
        task: The task, as DescribeTasks shows it.
    """
    words = f"{task.get('stopCode', 'stopped')}: {task.get('stoppedReason', 'no reason')}"
    return "; ".join((words, *container_ends(task)))


def container_ends(task: Mapping[str, Any]) -> Iterator[str]:
    """Return each container's exit code, and the reason where ECS has one."""
    for container in task.get("containers", []):
        code = container.get("exitCode")
        words = ("" if code is None else f"exit code {code}", container.get("reason") or "")
        if any(words):
            yield f"{container['name']}: {' '.join(filter(None, words))}"


def exit_codes(task: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the exit codes of the containers that have one."""
    codes = (container.get("exitCode") for container in task.get("containers", []))
    return tuple(code for code in codes if code is not None)


def failed(task: Mapping[str, Any]) -> bool:
    """Return whether a stopped task stopped against its owner's will.

    A task of a service never ends by itself; any other may, with exit code 0. ECS and its users
    stop tasks that did not fail, unless it was for their health checks.
    """
    if task.get("stopCode") in INTENDED_STOP_CODES:
        return "failed" in task.get("stoppedReason", "")
    if str(task.get("group", "")).startswith("service:"):
        return True
    # A side-car that the stop signal ended did not fail.
    return set(exit_codes(task)) - {ENDED_BY_SIGTERM} != {0}
