"""Parts of a task's life that need no engine, and the rest with a fake that records calls."""

from __future__ import annotations

import io
import resource
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws.task_definition import ContainerDefinition
from harness.core.errors import ConfigError
from harness.standins.contract import ControlSettings as Settings
from harness.standins.contract import Overlay
from harness.standins.control.agent import containers
from harness.standins.control.agent.containers import TaskContainers
from harness.standins.control.agent.engine import ContainerState, EngineError
from harness.standins.control.agent.environment_files import EnvironmentFiles
from harness.standins.control.agent.gate import Closed
from harness.standins.control.agent.metadata import Metadata
from harness.standins.control.agent.parameters import SecretError
from harness.standins.control.scheduler import recovery
from harness.standins.control.scheduler.tasks import Hooks, Tasks
from harness.standins.control.state.model import (
    HEALTHY,
    RUNNING,
    STOPPED,
    UNHEALTHY,
    Container,
    Definition,
    Task,
)
from harness.standins.control.state.settings import load
from harness.standins.control.state.state import State
from tests.unit.standins.control.conftest import ACCOUNT_ARN

SETTINGS = Settings(
    run="r1",
    home="/h",
    owner="1:1",
    account_id="876000000876",
    region="us-east-1",
    cluster="tickets",
    aws_endpoint_url="http://emulator:4566",
    task_networks={"app": "net-app", "aws": "net-aws"},
    edge_container="edge",
    pause_image="sha256:pause",
    images={"app:1": "sha256:app", "agent:7": "sha256:pause"},
    idle_images=("agent:7",),
    overlay=Overlay(
        environment={"TRUSTED_PROXIES": "{app_network_cidr}"}, files={"/etc/ssl/ca.crt": "PEM"}
    ),
)
APP: dict[str, Any] = {
    "name": "app",
    "image": "app:1",
    "environment": [{"name": "TRUSTED_PROXIES", "value": "10.0.0.0/8"}],
    "secrets": [{"name": "PASSWORD", "valueFrom": "arn"}],
    "stopTimeout": 7,
}
WORDS = "ResourceInitializationError: no key"


class FakeEngine:
    """Creates and stops nothing; records its requests, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.created: list[dict[str, Any]] = []
        self.refuses: str = ""
        self.closed_before = ""
        self.exit_code = 0
        self.checked: dict[str, Sequence[str]] = {}

    def run_check(self, docker_id: str, *, command: Sequence[str], timeout_s: float) -> bool:
        self.checked[docker_id] = command
        return True

    def note(self, name: str, what: Any = None) -> None:
        if self.closed_before == name:
            raise Closed
        if name == self.refuses:
            raise EngineError("exec: no such file: s3cret-value")
        self.calls.append((name, what))

    def create(self, **what: Any) -> str:
        self.note("create", what["name"])
        self.created.append(what)
        return f"id{len(self.created)}"

    def architecture(self, image_id: str) -> str:
        return "amd64"

    def declared_volumes(self, image_id: str) -> frozenset[str]:
        return frozenset({"/declared"})

    def subnet(self, network: str) -> str:
        return "10.40.3.0/24"

    def create_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        self.note("volume", name)

    def put(self, docker_id: str, *, files: Mapping[str, str]) -> None:
        self.note("put", (docker_id, dict(files)))

    def start(self, docker_id: str) -> None:
        self.note("start", docker_id)

    def stop(self, docker_id: str, *, timeout_s: int) -> None:
        self.note("stop", (docker_id, timeout_s))

    def kill(self, docker_id: str) -> None:
        self.note("kill", docker_id)

    def address(self, docker_id: str, *, network: str) -> str:
        assert network == "net-app"
        return "10.40.3.9"

    def state(self, docker_id: str) -> ContainerState:
        return ContainerState(docker_id, {}, False, True, self.exit_code, False)


class FakeSecrets:
    def __init__(self) -> None:
        self.refuses = False

    def resolve(self, container: ContainerDefinition) -> dict[str, str]:
        if self.refuses:
            raise SecretError(WORDS)
        return dict.fromkeys(container.secrets, "s3cret-value")


class FakeS3:
    def get_object(self, **place: str) -> dict[str, Any]:
        if place != {"Bucket": "shop", "Key": "web.env"}:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "not there"}}, "GetObject")
        text = b'# comment\nFROM_FILE="a b"\nTRUSTED_PROXIES=none\nEMPTY=\n'
        return {"Body": io.BytesIO(text)}


class World:
    def __init__(self, state: State) -> None:
        self.state, self.engine, self.secrets = state, FakeEngine(), FakeSecrets()
        self.order: list[str] = []
        engine: Any = self.engine
        secrets: Any = self.secrets
        self.tasks = Tasks(
            state,
            settings=SETTINGS,
            engine=engine,
            secrets=secrets,
            environment_files=EnvironmentFiles(FakeS3),
            hooks=Hooks(
                open_socket=lambda ident: self.order.append("open"),
                close_socket=lambda ident: self.order.append("close"),
                leave=lambda task: self.order.append(f"leave {task.status}"),
            ),
        )

    def define(self, *more: dict[str, Any], **changes: Any) -> Definition:
        raw = {
            "family": "tickets-web",
            "cpu": "512",
            "memory": "1024",
            "taskRoleArn": "arn:aws:iam::876000000876:role/tickets-web-task",
            "containerDefinitions": [{**APP, **changes}, *more],
        }
        arn = f"{ACCOUNT_ARN}:task-definition/tickets-web:1"
        definition = Definition(arn, "tickets-web", 1, raw, 0.0)
        self.state.definitions["tickets-web"] = [definition]
        return definition

    def begin(self, *more: dict[str, Any], **changes: Any) -> Task:
        task = self.tasks.create(
            self.define(*more, **changes), cluster="tickets", group="family:tickets-web"
        )
        self.tasks.begin(task)
        return task

    def until(self, task: Task, status: str) -> None:
        assert self.state.wait_for(lambda: task.status == status, timeout_s=5), task.status


@pytest.fixture
def world(state: State) -> World:
    return World(state)


def test_it_is_known_beforehand_why_a_task_would_not_start(world: World) -> None:
    definition, where = world.define(), {"cluster": "tickets", "group": "family:tickets-web"}
    assert not world.tasks.refusal(definition, **where)
    world.secrets.refuses = True
    assert world.tasks.refusal(definition, **where) == WORDS
    assert not world.engine.calls
    assert not world.state.tasks


def test_a_task_goes_no_further_once_control_ends(world: World) -> None:
    world.engine.closed_before = "start"
    task = world.begin()
    for thread in [
        candidate for candidate in threading.enumerate() if candidate.name == f"task-{task.id[:8]}"
    ]:
        thread.join(5)
        assert not thread.is_alive()
    assert "start" not in dict(world.engine.calls)
    assert not task.stopped_reason, "it is no failure of the task"


def test_a_task_starts_pause_first_and_stops_pause_last(world: World) -> None:
    task = world.begin()
    world.until(task, RUNNING)
    assert task.ip == "10.40.3.9"
    world.tasks.stop(task, code="UserInitiated", reason="enough")
    world.tasks.stop(task, code="Other", reason="too late")
    world.until(task, STOPPED)
    assert (task.stop_code, task.stopped_reason) == ("UserInitiated", "enough")
    short = task.id[:8]
    names = [what for call, what in world.engine.calls if call == "create"]
    assert names == [f"cutover-r1-tickets-web-{short}-pause", f"cutover-r1-tickets-web-{short}-app"]
    assert world.engine.calls[-2:] == [("stop", ("id2", 7)), ("kill", "id1")]
    assert world.order == ["open", "leave DEACTIVATING", "close"]
    assert task.containers[0].exit_code == 0


def test_what_is_created_has_limits_labels_and_no_check_of_the_image(world: World) -> None:
    task = world.begin(memory=256, user="1000")
    world.until(task, RUNNING)
    pause, app = world.engine.created
    assert pause["networks"] == ["net-app", "net-aws"]
    assert pause["pids_limit"]
    assert "s3cret-value" not in str(pause)
    assert app["network_mode"] == "container:id1"
    assert app["mem_limit"] == app["memswap_limit"] == 256 * 1024**2
    assert app["nano_cpus"] == 5 * 10**8
    assert app["pids_limit"] == 512
    assert app["healthcheck"] == {"test": ["NONE"]}
    assert app["image"] == "sha256:app"
    assert app["labels"]["cutover.role"] == "task"
    assert app["labels"]["cutover.ecs.secret-names"] == "PASSWORD"
    assert app["labels"]["com.amazonaws.ecs.task-arn"] == task.arn
    assert app["environment"]["PASSWORD"] == "s3cret-value"
    assert app["environment"]["TRUSTED_PROXIES"] == "10.40.3.0/24"
    assert app["environment"]["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] == (
        f"/v2/credentials/{task.credentials_id}"
    )
    assert "s3cret-value" not in str(app["labels"])


def test_variables_of_a_file_give_way_to_the_definitions(world: World) -> None:
    named = [{"type": "s3", "value": "arn:aws:s3:::shop/web.env"}]
    task = world.begin(environmentFiles=named, environment=[{"name": "OTHER", "value": "1"}])
    world.until(task, RUNNING)
    environment = world.engine.created[1]["environment"]
    assert environment["FROM_FILE"] == '"a b"'
    assert environment["OTHER"] == "1"
    assert environment["TRUSTED_PROXIES"] == "10.40.3.0/24"
    assert "EMPTY" not in environment


def test_a_file_that_is_not_there_stops_the_task_in_ecs_words(world: World) -> None:
    task = world.begin(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::shop/gone.env"}])
    world.until(task, STOPPED)
    assert task.stopped_reason == (
        "ResourceInitializationError: failed to download env files: file download command: non"
        " empty error stream: service call has been retried 1 time(s): NoSuchKey: not there"
    )


def test_a_read_only_root_gets_the_overlay_through_a_volume(world: World) -> None:
    task = world.begin(readonlyRootFilesystem=True)
    world.until(task, RUNNING)
    volume = f"cutover-r1-{task.id[:8]}-app-overlay-0"
    assert ("volume", volume) in world.engine.calls
    assert world.engine.created[1]["mounts"][0]["Source"] == volume
    assert world.engine.created[1]["mounts"][0]["Target"] == "/etc/ssl"
    assert ("put", ("id2", {"/etc/ssl/ca.crt": "PEM"})) in world.engine.calls


AGENT: dict[str, Any] = {
    "name": "agent",
    "image": "agent:7",
    "essential": False,
    "user": "dd-agent",
    "command": ["agent", "run"],
    "healthCheck": {"command": ["CMD", "agent", "health"]},
}


def test_a_container_whose_image_is_not_to_be_had_idles(world: World) -> None:
    world.until(world.begin(AGENT), RUNNING)
    _, app, agent = world.engine.created
    assert app["command"] is None
    assert agent["image"] == "sha256:pause"
    assert agent["entrypoint"] == ["/bin/sh", "-c"]
    assert agent["command"] == ["trap 'exit 0' TERM; sleep infinity & wait"]
    assert agent["user"] is None
    assert [what[0] for call, what in world.engine.calls if call == "put"] == ["id2"]
    assert world.state.wait_for(lambda: world.engine.checked == {"id3": ("true",)}, timeout_s=5)


def test_a_container_that_others_wait_for_to_end_does_not_idle(world: World) -> None:
    waits = [{"containerName": "agent", "condition": "SUCCESS"}]
    task = world.begin(AGENT, dependsOn=waits)
    assert world.state.wait_for(lambda: len(world.engine.created) == 3, timeout_s=5)
    assert world.engine.created[2]["command"] == ["exit 0"]
    world.tasks.died("id3")
    world.until(task, RUNNING)


def test_a_volume_has_the_images_content_only_where_the_image_declares_it(world: World) -> None:
    points = [
        {"sourceVolume": "code", "containerPath": "/declared"},
        {"sourceVolume": "work", "containerPath": "/work", "readOnly": True},
    ]
    task = world.begin(mountPoints=points)
    world.until(task, RUNNING)
    code, work = world.engine.created[1]["mounts"]
    assert (code["Source"], code["Target"]) == (
        f"cutover-r1-{task.id[:8]}-volume-code",
        "/declared",
    )
    assert not code.get("VolumeOptions")
    assert work["VolumeOptions"] == {"NoCopy": True}
    assert work["ReadOnly"] is True


def test_volumes_of_another_container_are_taken_once_it_is_there(world: World) -> None:
    volumes = [{"sourceContainer": "agent", "readOnly": True}]
    task = world.begin(AGENT, volumesFrom=volumes)
    world.until(task, RUNNING)
    _, agent, app = world.engine.created
    assert app["volumes_from"] == [f"{agent['name']}:ro"]


def test_a_dependency_has_its_own_start_timeout(world: World) -> None:
    waits = [{"containerName": "slow", "condition": "COMPLETE"}]
    slow = {"name": "slow", "image": "app:1", "essential": False, "startTimeout": 0.01}
    task = world.begin(slow, dependsOn=waits)
    world.until(task, STOPPED)
    assert task.stopped_reason == (
        "dependency container 'slow' did not reach COMPLETE within 0.01 seconds"
    )


def test_a_refused_secret_stops_the_task_before_its_container_exists(world: World) -> None:
    world.secrets.refuses = True
    task = world.begin()
    world.until(task, STOPPED)
    assert (task.stop_code, task.stopped_reason) == ("TaskFailedToStart", WORDS)
    assert task.started_at is None
    assert len(world.engine.created) == 1


def test_an_unknown_image_is_named(world: World) -> None:
    task = world.begin(image="app:2")
    world.until(task, STOPPED)
    assert task.stopped_reason == (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to"
        " resolve ref app:2: app:2: not found"
    )


def test_what_the_engine_refuses_is_said_without_secrets(world: World) -> None:
    world.engine.refuses = "put"
    task = world.begin()
    world.until(task, STOPPED)
    assert task.stopped_reason == (
        "CannotStartContainerError: Error response from daemon: exec: no such file: ***"
    )


def test_an_essential_container_that_ends_takes_the_task_with_it(world: World) -> None:
    task = world.begin()
    world.until(task, RUNNING)
    world.engine.exit_code = 3
    world.tasks.died("id2")
    world.until(task, STOPPED)
    assert task.stop_code == "EssentialContainerExited"
    assert task.containers[0].exit_code == 3
    assert "stop" not in [call for call, _ in world.engine.calls]


def make(*containers_: Container) -> Task:
    return Task(
        id="t" * 32,
        arn=f"{ACCOUNT_ARN}:task/tickets/{'t' * 32}",
        definition_arn=f"{ACCOUNT_ARN}:task-definition/tickets-web:1",
        group="g",
        created_at=1.0,
        containers=list(containers_),
    )


def named(name: str, **fields: Any) -> Container:
    return Container(name=name, runtime_id=f"{name}-1", image="app:1", **fields)


def test_a_tasks_health_is_the_worst_of_its_essential_containers() -> None:
    well, sick = named("a", health=HEALTHY), named("b", health=UNHEALTHY)
    assert make(well).health == HEALTHY
    assert make(well, sick).health == UNHEALTHY
    assert make(well, named("c")).health == "UNKNOWN"
    sick.essential = False
    assert make(well, sick).health == HEALTHY


def test_a_task_is_rebuilt_from_its_label_alone(world: World, state: State) -> None:
    definition = world.define()
    task = make(named("app"))
    task.service, task.deployment = "tickets/tickets-web", "ecs-svc/1"
    pause = TaskContainers(task, definition, SETTINGS).pause()
    labels = {**pause["labels"]}
    app = {"cutover.ecs.task-id": task.id, "com.amazonaws.ecs.container-name": "app"}

    class Engine(FakeEngine):
        def containers(self, *, role: str) -> list[ContainerState]:
            states = {"pause": ContainerState("p", labels, True, True, 0, False)}
            return [states.get(role, ContainerState("a", app, True, True, 0, False))]

    resumed: list[Task] = []

    class Resuming:
        def resume(self, found: Task) -> None:
            resumed.append(found)

    engine: Any = Engine()
    tasks: Any = Resuming()
    targets: Any = None
    recovery.rebuild(state, engine=engine, tasks=tasks, targets=targets, network="net-app")
    (copy,) = state.tasks.values()
    assert resumed == [copy]
    assert (copy.status, copy.ip, copy.pause_id) == (RUNNING, "10.40.3.9", "p")
    assert (copy.service, copy.deployment) == ("tickets/tickets-web", "ecs-svc/1")
    assert (copy.containers[0].docker_id, copy.containers[0].status) == ("a", RUNNING)


def test_metadata_of_container_and_task(world: World, state: State) -> None:
    world.define()
    task = make(named("app", status=RUNNING))
    task.ip = "10.40.3.9"
    state.tasks[task.id] = task
    import json

    def get(path: str) -> tuple[int, Any]:
        status, _, body = Metadata(state).answer(task.id, path=path)
        return status, json.loads(body)

    status, body = get("/v4/app-1")
    assert status == 200
    assert body["Networks"] == [{"NetworkMode": "awsvpc", "IPv4Addresses": ["10.40.3.9"]}]
    assert get("/v4/app-1/task")[1]["Limits"] == {"CPU": 0.5, "Memory": 1024}
    assert get("/v4/other")[0] == 404
    assert get("/v4/app-1/stats")[0] == 404


def test_variables_of_an_override_win_over_the_overlay() -> None:
    task = make(named("app"))
    entry = {"name": "TRUSTED_PROXIES", "value": "mine"}
    task.overrides = {"containerOverrides": [{"name": "app", "environment": [entry]}]}
    definition = Definition("arn", "tickets-web", 1, {"containerDefinitions": [APP]}, 0.0)
    environment = TaskContainers(task, definition, SETTINGS).environment(
        task.containers[0], files={}, secrets={}, app_network_cidr="10.40.3.0/24"
    )
    assert environment["TRUSTED_PROXIES"] == "mine"
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in environment


def test_settings_with_an_unknown_or_missing_key_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    path.write_text('{"run": "r", "colour": "red"}')
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(
        f"cannot read {path}: home is missing; owner is missing; account_id is missing;"
    )


def test_stopped_tasks_are_forgotten_after_an_hour(state: State, clock: Any) -> None:
    task = make(named("app"))
    task.stopped_at = clock.now
    state.tasks[task.id] = task
    clock.now += 3599
    assert state.forget_old_tasks() == []
    clock.now += 2
    assert state.forget_old_tasks() == [task]
    assert state.tasks == {}


def test_waiting_ends_at_a_change(state: State) -> None:
    version = state.version
    threading.Timer(0.05, state.changed).start()
    assert state.wait(version=version, timeout_s=5) == version + 1


@pytest.mark.parametrize(
    ("architecture", "platform", "words"),
    [
        ("amd64", {}, ""),
        ("amd64", {"cpuArchitecture": "X86_64"}, ""),
        ("amd64", {"cpuArchitecture": "ARM64"}, "matching platform 'linux/arm64'"),
        ("arm64", {"cpuArchitecture": "X86_64"}, ""),
        ("", {}, "failed to resolve ref app:1: app:1: not found"),
    ],
)
def test_an_image_must_be_there_and_be_what_the_definition_asks_for(
    architecture: str, platform: dict[str, str], words: str
) -> None:
    raw = {"runtimePlatform": platform}
    error = containers.pull_error("app:1", architecture=architecture, raw=raw)
    assert (words in error) if words else not error
    instead = containers.pull_error("app:1", architecture=architecture, raw=raw, instead="X86_64")
    assert bool(instead) == (architecture == "")


def test_a_limit_is_no_higher_than_this_machine_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    most = {resource.RLIMIT_NOFILE: 20000}
    monkeypatch.setattr(resource, "getrlimit", lambda number: (1024, most.get(number, -1)))
    assert containers.within(65535, name="nofile") == 20000
    assert containers.within(1024, name="nofile") == 1024
    assert containers.within(65535, name="nproc") == 65535
    assert containers.within(7, name="unheard") == 7
