"""The life of a task: created, started, watched and ended, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from harness.aws.task_definition import TaskDefinition
from harness.core.labels import LABEL_ROLE, LABEL_TASK_ID
from harness.core.redact import redact, remember_variable
from harness.standins.contract import ControlSettings
from harness.standins.control.agent.containers import TaskContainers, pull_error
from harness.standins.control.agent.engine import ContainerState, Engine, EngineError
from harness.standins.control.agent.environment_files import EnvironmentFileError, EnvironmentFiles
from harness.standins.control.agent.gate import Closed
from harness.standins.control.agent.parameters import SecretError
from harness.standins.control.agent.secrets import Secrets
from harness.standins.control.agent.volumes import TaskVolumes
from harness.standins.control.scheduler import dependency_order
from harness.standins.control.scheduler.health_checks import CheckLoop, ContainerCheck
from harness.standins.control.state import model, names
from harness.standins.control.state.model import RUNNING, STOPPED, Container, Definition, Task
from harness.standins.control.state.state import State

log = logging.getLogger(__name__)


class StartError(Exception):
    """The task cannot start; the text is its stoppedReason."""


class _StoppedError(Exception):
    """The task is to stop before it has started."""


@dataclass(frozen=True)
class Hooks:
    """Services of the rest of control for a task, by its id or with the task."""

    open_socket: Callable[[str], object]
    """Before it starts: serve its credentials and metadata."""
    close_socket: Callable[[str], None]
    leave: Callable[[Task], None]
    """Before its containers stop: take it out of traffic; returns when they may stop."""
    start_refusal: Callable[[Task, Definition], str] = lambda _task, _definition: ""
    """Before anything is created: the right that its roles lack, in ECS's words."""
    follow_log: Callable[[Task, Definition, str], None] = lambda _task, _definition, _id: None
    """After one of its containers has started: ship its lines, as its log driver does."""
    may_exec: Callable[[Task, Definition], bool] = lambda _task, _definition: True
    """Whether its role has the rights that the agent of ECS Exec needs."""


class Tasks:
    """Starts and stops tasks."""

    def __init__(
        self,
        state: State,
        *,
        settings: ControlSettings,
        engine: Engine,
        secrets: Secrets,
        environment_files: EnvironmentFiles,
        hooks: Hooks,
    ) -> None:
        self._state = state
        self._settings = settings
        self._engine = engine
        self._secrets = secrets
        self._environment_files = environment_files
        self._hooks = hooks
        self._cidr = ""

    def create(self, definition: Definition, *, cluster: str, **fields: Any) -> Task:
        """Add the record of a new task; ``begin`` brings it to life."""
        task = self._new(definition, cluster=cluster, **fields)
        with self._state.lock():
            self._state.tasks[task.id] = task
            self._state.changed()
        return task

    def refusal(self, definition: Definition, *, cluster: str, **fields: Any) -> str:
        """Return why a task would not start, in ECS's words; nothing if it would.

        That is known without containers, and nothing is started for it.
        """
        task = self._new(definition, cluster=cluster, **fields)
        try:
            self._plan(task, definition)
            for item in task.containers:
                self._secrets.resolve(definition.parsed.container(item.name))
        except (StartError, SecretError) as error:
            return redact(str(error))
        return ""

    def _new(self, definition: Definition, *, cluster: str, **fields: Any) -> Task:
        task_id = names.task_id()
        overrides = fields.get("overrides") or {}
        role = overrides.get("taskRoleArn") or definition.raw.get("taskRoleArn")
        account = definition.arn.split(":task-definition/")[0]
        return Task(
            id=task_id,
            arn=f"{account}:task/{cluster}/{task_id}",
            definition_arn=definition.arn,
            created_at=self._state.now(),
            credentials_id=names.credentials_id() if role else "",
            containers=[
                Container(
                    name=item.name,
                    runtime_id=names.runtime_id(task_id),
                    image=item.image,
                    essential=item.essential,
                    has_check=item.health_check is not None,
                )
                for item in definition.parsed.containers
            ],
            **fields,
        )

    def begin(self, task: Task) -> None:
        """Start the task's thread."""
        self._thread(lambda: self._live(task), name=f"task-{task.id[:8]}")

    def resume(self, task: Task) -> None:
        """Watch a task that an earlier control started."""
        self._hooks.open_socket(task.id)
        for item in task.containers:
            if item.has_check and item.status == RUNNING:
                self._check(task, item=item)
        self._thread(lambda: self._watch_and_end(task), name=f"task-{task.id[:8]}")

    def stop(self, task: Task, *, code: str, reason: str) -> None:
        """Ask a task to stop; the first reason given stays."""
        with self._state.lock():
            if task.desired == STOPPED:
                return
            task.desired, task.stop_code, task.stopped_reason = STOPPED, code, reason
            task.stopping_at = self._state.now()
            self._state.changed()

    def died(self, docker_id: str) -> None:
        """Take note that a container stopped; it may be none of a task's, or known already."""
        with self._state.lock():
            pairs = [
                (task, item)
                for task in self._state.tasks.values()
                for item in task.containers
                if item.docker_id == docker_id and item.status != STOPPED
            ]
        for task, item in pairs:
            state = self._engine.state(docker_id)
            if not state.running:
                self._container_stopped(task, item=item, state=state)

    def _container_stopped(self, task: Task, *, item: Container, state: ContainerState) -> None:
        with self._state.lock():
            item.status, item.exit_code = STOPPED, state.exit_code
            if state.oom_killed:
                item.reason = "OutOfMemoryError: Container killed due to memory usage"
            self._state.changed()
            if item.essential and task.desired == RUNNING:
                self.stop(
                    task,
                    code="EssentialContainerExited",
                    reason="Essential container in task exited",
                )

    def _thread(self, work: Callable[[], None], *, name: str) -> None:
        threading.Thread(target=work, name=name, daemon=True).start()

    def _live(self, task: Task) -> None:
        try:
            self._start(task)
        except _StoppedError:
            pass
        except Closed:
            return
        except StartError as error:
            self.stop(task, code="TaskFailedToStart", reason=redact(str(error)))
        except EngineError as error:
            reason = f"CannotStartContainerError: Error response from daemon: {error}"
            self.stop(task, code="TaskFailedToStart", reason=redact(reason))
        except Exception:
            log.exception("task %s", task.id)
            self.stop(task, code="TaskFailedToStart", reason="InternalError: see control's log")
        self._watch_and_end(task)

    def _watch_and_end(self, task: Task) -> None:
        self._state.wait_for(lambda: task.desired == STOPPED, timeout_s=None)
        try:
            self._end(task)
        except Exception:
            log.exception("task %s: end", task.id)
        with self._state.lock():
            for item in task.containers:
                item.status = STOPPED
            task.status, task.stopped_at = STOPPED, self._state.now()
            self._state.changed()

    def _start(self, task: Task) -> None:
        with self._state.lock():
            definition = self._state.definition(task.definition_arn)
            task.pull_at = self._state.now()
        planned, pause = self._plan(task, definition)
        task.exec_refused = not self._hooks.may_exec(task, definition)
        self._hooks.open_socket(task.id)
        task.pause_id = self._engine.create(**pause)
        self._set(task, status="PENDING")
        with ThreadPoolExecutor(max_workers=1) as pool:
            namespace = pool.submit(self._engine.start, task.pause_id)
            try:
                for item in dependency_order.of_creation(task, raw=definition.raw):
                    self._create(item, planned=planned)
            except (SecretError, EnvironmentFileError) as error:
                raise StartError(str(error)) from error
            namespace.result()
        network = next(iter(self._settings.task_networks.values()))
        ip = self._engine.address(task.pause_id, network=network)
        with self._state.lock():
            task.ip = ip
        self._start_containers(task, definition=definition)
        with self._state.lock():
            task.started_at = self._state.now()
            if task.desired == RUNNING:
                task.status = RUNNING
            self._state.changed()

    def _plan(self, task: Task, definition: Definition) -> tuple[TaskContainers, dict[str, Any]]:
        """Return a task's containers, and the options of its pause container."""
        if refusal := self._hooks.start_refusal(task, definition):
            raise StartError(refusal)
        self._resolve_images(task, raw=definition.raw)
        planned = TaskContainers(task, definition, self._settings)
        try:
            return planned, planned.pause()
        except LookupError as error:
            raise StartError(f"ResourceInitializationError: {error.args[0]}") from error

    def _set(self, task: Task, *, status: str) -> None:
        with self._state.lock():
            task.status = status
            self._state.changed()

    def _resolve_images(self, task: Task, *, raw: Mapping[str, Any]) -> None:
        for item in task.containers:
            image_id = self._settings.images.get(item.image, "")
            if item.image in self._settings.idle_images:
                item.image_id = image_id
                continue
            architecture = self._engine.architecture(image_id) if image_id else ""
            instead = self._settings.overlay.cpu_architecture
            if error := pull_error(item.image, architecture=architecture, raw=raw, instead=instead):
                raise StartError(error)
            item.image_id = image_id

    def _create(self, item: Container, *, planned: TaskContainers) -> None:
        secrets = self._secrets.resolve(planned.definition.parsed.container(item.name))
        for name, value in secrets.items():
            remember_variable(name, value)
        environment = planned.environment(
            item,
            files=self._environment_files.resolve(
                planned.definition.parsed.container(item.name).raw
            ),
            secrets=secrets,
            app_network_cidr=self._app_network_cidr(),
        )
        volumes = TaskVolumes(
            planned.task, planned.definition, self._settings, self._engine.declared_volumes
        )
        for name in volumes.names(item.name):
            self._engine.create_volume(name, labels={**planned.labels, LABEL_ROLE: "task"})
        for name in volumes.shared_names(item.name):
            self._engine.create_volume(name, labels={**self._settings.labels, LABEL_ROLE: "efs"})
        options = planned.container(item, environment=environment, volumes=volumes)
        docker_id = self._engine.create(**options)
        for path in volumes.open_paths(item.name):
            self._engine.let_write(docker_id, path=path)
        with self._state.lock():
            item.docker_id = docker_id
        if self._settings.overlay.files and not planned.is_idle(item):
            self._engine.put(docker_id, files=self._settings.overlay.files)

    def _app_network_cidr(self) -> str:
        if not self._cidr:
            network = next(iter(self._settings.task_networks.values()))
            self._cidr = self._engine.subnet(network)
        return self._cidr

    def _start_containers(self, task: Task, *, definition: Definition) -> None:
        parsed = definition.parsed
        for item in dependency_order.of_start(task, raw=definition.raw):
            for condition in parsed.container(item.name).raw.get("dependsOn") or ():
                self._await(task, condition=condition, parsed=parsed)
            if task.desired == STOPPED:
                raise _StoppedError
            self._engine.start(item.docker_id)
            self._hooks.follow_log(task, definition, item.docker_id)
            with self._state.lock():
                if item.status == "PENDING":
                    item.status = RUNNING
                self._state.changed()
            if item.has_check:
                self._check(task, item=item)

    def _await(self, task: Task, *, condition: Mapping[str, str], parsed: TaskDefinition) -> None:
        """Wait for a dependency, no longer than its own startTimeout; without one, for ever.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
        """
        other, state = task.container(condition["containerName"]), condition["condition"]
        timeout_s = parsed.container(other.name).raw.get("startTimeout")
        self._state.wait_for(
            lambda: (
                task.desired == STOPPED
                or dependency_order.condition_met(other, wanted=state) is not None
            ),
            timeout_s=timeout_s,
        )
        if task.desired == STOPPED:
            raise _StoppedError
        met = dependency_order.condition_met(other, wanted=state)
        if not met:
            late = f" within {timeout_s} seconds" if met is None else ""
            raise StartError(f"dependency container '{other.name}' did not reach {state}{late}")

    def _check(self, task: Task, *, item: Container) -> None:
        with self._state.lock():
            definition = self._state.definition(task.definition_arn)
        raw = definition.parsed.container(item.name).health_check or {}
        if item.image in self._settings.idle_images:
            raw = {**raw, "command": ["CMD", "true"]}
        check = ContainerCheck.of(raw, started_at=self._state.now())
        # After a restart of control the health is what it was until a check says otherwise.
        check.health, check.passed = item.health, item.health == model.HEALTHY
        loop = CheckLoop(
            self._state, task=task, item=item, check=check, run_command=self._engine.run_check
        )
        self._thread(loop.run, name=f"check-{task.id[:8]}-{item.name}")

    def _end(self, task: Task) -> None:
        self._set(task, status="DEACTIVATING")
        self._hooks.leave(task)
        self._set(task, status="STOPPING")
        definition = self._state.definition(task.definition_arn)
        for level in reversed(dependency_order.levels(task, raw=definition.raw)):
            with ThreadPoolExecutor(max_workers=len(level)) as pool:
                list(pool.map(lambda item: self._stop_one(item, parsed=definition.parsed), level))
        self._set(task, status="DEPROVISIONING")
        if task.pause_id:
            self._engine.kill(task.pause_id)
        self._hooks.close_socket(task.id)

    def _stop_one(self, item: Container, *, parsed: TaskDefinition) -> None:
        if not item.docker_id or item.status in ("PENDING", STOPPED):
            return
        self._engine.stop(item.docker_id, timeout_s=parsed.container(item.name).stop_timeout_s)
        self.died(item.docker_id)

    def forget(self, task: Task) -> None:
        """Remove a stopped task's containers and volumes."""
        for docker_id in (*(item.docker_id for item in task.containers), task.pause_id):
            if docker_id:
                self._engine.remove(docker_id)
        self._engine.remove_volumes(f"{LABEL_TASK_ID}={task.id}")
