"""Runs control: reads its settings, recovers its state, serves, and ends on SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from harness.aws.arn import partition_of
from harness.core.errors import HarnessError
from harness.standins.contract import (
    IDLE_WITHIN_S,
    PING_PATH,
    SCHEDULED_RUN_PATH,
    SETTINGS_PATH,
    SOCKETS_DIR,
    ControlSettings,
    RuleTarget,
)
from harness.standins.control.agent.credentials import PATH as CREDENTIALS_PATH
from harness.standins.control.agent.credentials import Credentials
from harness.standins.control.agent.edge_files import Edge
from harness.standins.control.agent.emulator_clients import Clients
from harness.standins.control.agent.engine import EdgeFiles, Engine, EngineError
from harness.standins.control.agent.environment_files import EnvironmentFiles
from harness.standins.control.agent.log_shipping import LogShipper
from harness.standins.control.agent.metadata import Metadata
from harness.standins.control.agent.packet_rules import Firewall
from harness.standins.control.agent.parameters import Parameters
from harness.standins.control.agent.roles import Roles
from harness.standins.control.agent.secrets import Secrets
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.elbv2 import Elbv2Api
from harness.standins.control.api.exec import ExecApi
from harness.standins.control.api.listeners import ListenerApi
from harness.standins.control.api.server import Answer, Api, TaskSockets, api_server
from harness.standins.control.api.services import ServiceApi
from harness.standins.control.api.tasks import TaskApi
from harness.standins.control.scheduler import recovery
from harness.standins.control.scheduler.rule_ticks import Ticks
from harness.standins.control.scheduler.services import Services
from harness.standins.control.scheduler.targets import Targets
from harness.standins.control.scheduler.tasks import Hooks, Tasks
from harness.standins.control.state import settings
from harness.standins.control.state.model import Task
from harness.standins.control.state.names import Account
from harness.standins.control.state.state import State
from harness.standins.control.wire import event_log
from harness.standins.control.wire.protocol import service_model

log = logging.getLogger("control")

PORT = 8000
_EDGE_WITHIN_S = 2.0
_SAVE_EVERY_S = 0.2
_CLEAN_EVERY_S = 60.0
_EVENTS_AGAIN_S = 0.5


class Control:
    """All parts of one control container, wired together."""

    def __init__(self, config: ControlSettings) -> None:
        self.config = config
        self.started = False
        self.account = Account(account_id=config.account_id, region=config.region)
        self.state = State(path=settings.STATE_PATH)
        self.engine = Engine(run=config.run)
        self.firewall = Firewall(self.engine, settings=config)
        self.clients = Clients(config.aws_endpoint_url)
        self.edge = Edge(self.state, files=EdgeFiles(self.engine, container=config.edge_container))
        self.targets = Targets(self.state)
        self.metadata = Metadata(self.state)
        self.credentials = Credentials(
            self.state,
            sts=lambda: self.clients.sts(config.account_id, config.region),
            role_of=self._role_of,
        )
        parameters = Parameters(self.clients.ssm, account=config.account_id, region=config.region)
        self.roles = Roles(
            lambda: self.clients.iam(config.account_id, config.region),
            parameters=parameters,
            partition=partition_of(config.region),
            known=config.roles_known,
            account_id=config.account_id,
        )
        self.log_shipper = LogShipper(
            follow=self.engine.lines,
            logs=lambda region: self.clients.logs(config.account_id, region),
        )
        self.sockets = TaskSockets(Path(SOCKETS_DIR), respond=self._task_answer)
        self.tasks = Tasks(
            self.state,
            settings=config,
            engine=self.engine,
            secrets=Secrets(self.clients.secretsmanager, parameters=parameters),
            environment_files=EnvironmentFiles(
                lambda: self.clients.s3(config.account_id, config.region)
            ),
            hooks=Hooks(
                open_socket=self.sockets.open,
                close_socket=self._close_socket,
                leave=self._leave,
                start_refusal=self.roles.start_refusal,
                may_exec=self.roles.may_exec,
                follow_log=self.log_shipper.begin,
            ),
        )
        self.services = Services(
            self.state, settings=config, tasks=self.tasks, targets=self.targets
        )

    def exec_api(self) -> ExecApi:
        """Return ExecuteCommand, with its data channels."""
        clusters = Clusters(self.state, account=self.account)
        return ExecApi(self.state, clusters=clusters, start=self.engine.terminal)

    def api(self, execute: ExecApi) -> Api:
        """Return the APIs with all operations."""
        definitions = Definitions(self.state, account=self.account)
        clusters = Clusters(self.state, account=self.account)
        tasks = TaskApi(self.state, clusters=clusters, definitions=definitions, tasks=self.tasks)
        services = ServiceApi(
            self.state, clusters=clusters, definitions=definitions, services=self.services
        )
        return Api(
            ecs={
                **definitions.operations,
                **clusters.operations,
                **tasks.operations,
                **services.operations,
                **execute.operations,
            },
            elbv2={
                **Elbv2Api(self.state, account=self.account).operations,
                **ListenerApi(self.state).operations,
            },
        )

    def start(self) -> None:
        """Recover the state of an earlier control and start the threads."""
        self.engine.ping()
        service_model("ecs")
        service_model("elbv2")
        network = next(iter(self.config.task_networks.values()))
        recovery.rebuild(
            self.state,
            engine=self.engine,
            tasks=self.tasks,
            targets=self.targets,
            network=network,
        )
        for work in (
            self.firewall.run,
            self._follow_deaths,
            self.services.run,
            self.edge.run,
            self._keep_saved,
            self._clean_up,
            self.log_shipper.run,
        ):
            self._thread(work)
        self.started = True
        states = {PING_PATH: self.firewall.wanting}
        for target in self.config.ticks:
            ticks = self._ticks(target)
            states[f"{SCHEDULED_RUN_PATH}/{target.rule}"] = ticks.refusal
            self._thread(ticks.run)
        execute = self.exec_api()
        server = api_server(self.api(execute), port=PORT, states=states, channels=execute.serve)
        self._thread(server.serve_forever)

    def _ticks(self, ticks: RuleTarget) -> Ticks:
        definitions = Definitions(self.state, account=self.account)
        clusters = Clusters(self.state, account=self.account)
        api = TaskApi(self.state, clusters=clusters, definitions=definitions, tasks=self.tasks)
        config = self.config
        # Scheduler names the group, and not the schedule, to the role that it assumes.
        rule_arn = (
            self.account.scheduler(f"schedule-group/{ticks.group}")
            if ticks.group
            else self.account.events(f"rule/{ticks.rule}")
        )

        def state() -> str:
            if ticks.group:
                scheduler = self.clients.scheduler(config.account_id, config.region)
                schedule = scheduler.get_schedule(Name=ticks.rule, GroupName=ticks.group)
            else:
                events = self.clients.events(config.account_id, config.region)
                schedule = events.describe_rule(Name=ticks.rule)
            return str(schedule["State"])

        def denial(target: Mapping[str, Any]) -> str:
            to = definitions.find(target["EcsParameters"]["TaskDefinitionArn"])
            if to is None:
                return ""
            return self.roles.tick_refusal(
                target["RoleArn"], rule_arn=rule_arn, cluster=target["Arn"], to=to
            )

        return Ticks(
            ticks,
            sqs=lambda: self.clients.sqs(config.account_id, config.region),
            state=state,
            runner=api,
            denial=denial,
            now=self.state.now,
        )

    def _thread(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    def _role_of(self, task: Task) -> str:
        override = task.overrides.get("taskRoleArn")
        with self.state.lock():
            return str(override or self.state.definition(task.definition_arn).raw["taskRoleArn"])

    def _task_answer(self, task_id: str, path: str) -> Answer:
        if path.startswith(CREDENTIALS_PATH):
            return self.credentials.answer(task_id, path=path)
        return self.metadata.answer(task_id, path=path)

    def _close_socket(self, task_id: str) -> None:
        self.sockets.close(task_id)
        self.credentials.forget(task_id)

    def _leave(self, task: Task) -> None:
        """Drain a task's target, and be sure that the edge no longer sends it requests."""
        self.services.leave(task)
        if task.service:
            self.state.wait_for(self.edge.current, timeout_s=_EDGE_WITHIN_S)

    def _follow_deaths(self) -> None:
        """Follow the engine's events; after a gap, look at every container once."""
        again = threading.Event()
        while True:
            since = time.time()
            try:
                self._look_for_dead()
                for docker_id in self.engine.deaths(since=since):
                    self.tasks.died(docker_id)
            except EngineError as error:
                log.warning("events: %s; trying again", error)
            again.wait(_EVENTS_AGAIN_S)

    def _look_for_dead(self) -> None:
        for container in self.engine.containers(role="task"):
            if container.started and not container.running:
                self.tasks.died(container.docker_id)

    def _keep_saved(self) -> None:
        pause, version = threading.Event(), -1
        while True:
            version = self.state.wait(version=version, timeout_s=60.0)
            try:
                self.state.save()
            except OSError as error:
                log.warning("state file: %s", error)
            pause.wait(_SAVE_EVERY_S)

    def _clean_up(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_CLEAN_EVERY_S)
            for task in self.state.forget_old_tasks():
                try:
                    self.tasks.forget(task)
                except EngineError as error:
                    log.warning("task %s: clean-up: %s", task.id, error)


def _end_on_signals(control: Control) -> None:
    """End on SIGTERM, once the engine has answered every call to make, connect and start.

    Threads that wait for something else do not hold it up.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        if under_way := control.engine.close(within_s=IDLE_WITHIN_S):
            log.warning("%d calls to the engine did not end", under_way)
        if control.started:
            control.state.save()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def main() -> int:
    """Run until SIGTERM; removing the tasks is left to the harness."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    event_log.log.propagate = False
    event_log.log.addHandler(logging.StreamHandler(sys.stderr))
    try:
        control = Control(settings.load(Path(SETTINGS_PATH)))
        _end_on_signals(control)
        control.start()
    except (HarnessError, EngineError) as error:
        # The text says it all; a traceback would hide it.
        log.error("%s", error)  # noqa: TRY400
        return 3

    log.info("control is ready")
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
