"""After a restart of control: tasks from the labels of their containers, the rest from the file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from harness.core import codec
from harness.core.labels import LABEL_CONTAINER, LABEL_TASK, LABEL_TASK_ID
from harness.standins.control.agent.engine import ContainerState, Engine
from harness.standins.control.scheduler.targets import Targets
from harness.standins.control.scheduler.tasks import Tasks
from harness.standins.control.state.model import RUNNING, STOPPED, Task
from harness.standins.control.state.state import State

log = logging.getLogger(__name__)


def rebuild(state: State, *, engine: Engine, tasks: Tasks, targets: Targets, network: str) -> None:
    """Read the file, take the tasks from the labels, and watch all of them again."""
    remembered = state.load()
    pauses = engine.containers(role="pause")
    beside = engine.containers(role="task")
    survivors = [
        _task(
            pause,
            remembered=remembered,
            beside={
                item.labels[LABEL_CONTAINER]: item
                for item in beside
                if item.labels.get(LABEL_TASK_ID) == pause.labels[LABEL_TASK_ID]
            },
        )
        for pause in pauses
    ]
    for task in sorted(survivors, key=lambda item: item.created_at):
        if task.pause_id and not task.ip and task.status != STOPPED:
            task.ip = engine.address(task.pause_id, network=network)
        with state.lock():
            state.tasks[task.id] = task
        if task.status != STOPPED:
            _resume(task, tasks=tasks)
    with state.lock():
        _drop_targets_without_task(state)
        for group in state.target_groups.values():
            for target in group.targets.values():
                targets.watch(group, target=target)
        state.changed()
    log.info("rebuilt %d tasks, %d services", len(survivors), len(state.services))


def _drop_targets_without_task(state: State) -> None:
    """Forget targets without a task: it is gone, or it stopped while control was away."""
    addresses = {task.ip for task in state.tasks.values() if task.status != STOPPED}
    for group in state.target_groups.values():
        group.targets = {k: item for k, item in group.targets.items() if item.ip in addresses}


def _task(
    pause: ContainerState, *, remembered: Mapping[str, Task], beside: Mapping[str, ContainerState]
) -> Task:
    task_id = pause.labels[LABEL_TASK_ID]
    task = remembered.get(task_id) or codec.decode(Task, json.loads(pause.labels[LABEL_TASK]))
    task.pause_id = pause.docker_id
    for item in task.containers:
        state = beside.get(item.name)
        if state is None:
            continue
        item.docker_id = state.docker_id
        if state.running:
            item.status = RUNNING
        elif state.started and item.status != STOPPED:
            item.status, item.exit_code = STOPPED, state.exit_code
            if state.oom_killed:
                item.reason = "OutOfMemoryError: Container killed due to memory usage"
    if task.status == STOPPED or pause.running:
        return task
    task.status = "DEPROVISIONING"
    return task


def _resume(task: Task, *, tasks: Tasks) -> None:
    """Go on with a task: running on, or stopping if it never started or has lost a container."""
    never_started = [item for item in task.containers if item.status == "PENDING"]
    ended = [item for item in task.containers if item.essential and item.status == STOPPED]
    if never_started or task.status == "DEPROVISIONING":
        tasks.stop(
            task,
            code="TaskFailedToStart",
            reason="Unexpected EC2 error while attempting to start the task: control restarted",
        )
    elif ended:
        tasks.stop(
            task, code="EssentialContainerExited", reason="Essential container in task exited"
        )
    elif task.desired == RUNNING:
        task.status = RUNNING
        task.started_at = task.started_at or task.created_at
    tasks.resume(task)
