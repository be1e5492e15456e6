"""Watching a service come up, and the first run: waits, hopeless states, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import ProvisionError
from harness.core.labels import LABEL_CONTAINER, LABEL_FAMILY, LABEL_TASK_ID
from harness.core.wait import Clock, Deadline
from harness.inputs.config import FirstRun
from harness.rehearsal import first_run, service_watch
from harness.target.resources.ecs import EcsService
from tests.unit.pages import Paged


@dataclass
class FakeEcs(Paged):
    """Answers from a script: one entry for each DescribeServices; the last one stays."""

    services: list[dict[str, Any]]
    running: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[dict[str, Any]] = field(default_factory=list)
    checked: bool = False
    beside: tuple[Mapping[str, Any], ...] = ()
    """More containers of the task definition."""

    def describe_services(self, **_: Any) -> Mapping[str, Any]:
        ecs_service = self.services.pop(0) if len(self.services) > 1 else self.services[0]
        return {"services": [ecs_service]}

    def describe_task_definition(self, **_: Any) -> Mapping[str, Any]:
        check = {"healthCheck": {"command": ["CMD", "true"]}} if self.checked else {}
        container = {"name": "app", **check}
        return {"taskDefinition": {"containerDefinitions": [container, *self.beside]}}

    def list_tasks(self, **wanted: Any) -> Mapping[str, Any]:
        tasks = self.running if wanted["desiredStatus"] == "RUNNING" else self.stopped
        return {"taskArns": [task["taskArn"] for task in tasks]}

    def describe_tasks(self, **wanted: Any) -> Mapping[str, Any]:
        tasks = [t for t in self.running + self.stopped if t["taskArn"] in wanted["tasks"]]
        return {"tasks": tasks}


def service(running: int = 0, state: str = "IN_PROGRESS", *events: str) -> dict[str, Any]:
    return {
        "runningCount": running,
        "desiredCount": 2,
        "pendingCount": 2 - running,
        "taskDefinition": "",
        "deployments": [{"rolloutState": state}],
        "events": [{"message": event} for event in events],
    }


def watch(ecs: FakeEcs, logs: str = "") -> service_watch.Watch:
    return service_watch.Watch(
        service=EcsService(ecs, cluster="tickets", name="tickets-web"),
        where="/runs/x",
        logs=lambda: logs,
    )


def deadline() -> Deadline:
    now = [0.0]
    return Deadline(
        30, clock=Clock(now=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    )


def no_check() -> None:
    pass


TASK = {
    "taskArn": "arn:aws:ecs:r:a:task/tickets/abc",
    "lastStatus": "RUNNING",
    "healthStatus": "HEALTHY",
    "taskDefinitionArn": "arn:aws:ecs:r:a:task-definition/tickets-web:1",
}


def task(name: str) -> dict[str, Any]:
    return {**TASK, "taskArn": f"arn:aws:ecs:r:a:task/tickets/{name}"}


def test_without_a_container_check_the_load_balancer_says_who_is_healthy() -> None:
    address = {"details": [{"name": "privateIPv4Address", "value": "10.40.1.2"}]}
    unknown = {**TASK, "healthStatus": "UNKNOWN", "attachments": [address]}
    ecs = FakeEcs(services=[service(), service(0, "FAILED")], running=[unknown])
    watcher = replace(watch(ecs), healthy_targets=lambda: {"10.40.1.2"})
    assert watcher.until_first_healthy(deadline(), check=no_check) == "abc"

    ecs.checked = True  # its own check has not said anything yet
    with pytest.raises(ProvisionError):
        watcher.until_first_healthy(deadline(), check=no_check)


def test_beside_an_essential_container_without_a_check_the_load_balancer_decides() -> None:
    address = {"details": [{"name": "privateIPv4Address", "value": "10.40.1.2"}]}
    unknown = {**TASK, "healthStatus": "UNKNOWN", "attachments": [address]}
    ecs = FakeEcs(services=[service()], running=[unknown], checked=True, beside=({},))
    watcher = replace(watch(ecs), healthy_targets=lambda: {"10.40.1.2"})
    assert watcher.until_first_healthy(deadline(), check=no_check) == "abc"


def test_the_first_healthy_task_is_named() -> None:
    ecs = FakeEcs(services=[service()], running=[TASK])
    assert watch(ecs).until_first_healthy(deadline(), check=no_check) == "abc"


def test_stable_means_completed_and_all_running() -> None:
    ecs = FakeEcs(services=[service(1), service(2), service(2, "COMPLETED")])
    watch(ecs).until_stable(deadline(), check=no_check)


def test_a_task_that_cannot_start_ends_the_wait_and_names_the_cause() -> None:
    reason = (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
        " retrieval failed: unable to retrieve secret from asm: service call has been retried 1"
        " time(s): retrieved secret from Secrets Manager did not contain json key password"
    )
    stopped = {
        "taskArn": "arn:aws:ecs:r:a:task/tickets/def",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": reason,
        "containers": [],
    }
    ecs = FakeEcs(services=[service()], stopped=[stopped])
    with pytest.raises(ProvisionError) as caught:
        watch(ecs).until_first_healthy(deadline(), check=no_check)
    message = str(caught.value)
    assert "service tickets-web has no healthy task" in message
    assert "did not contain json key password" in message
    assert "/runs/x" in message


def test_a_container_that_others_wait_for_may_fail_once_in_each_task() -> None:
    lost = [
        {
            **task(name),
            "lastStatus": "STOPPED",
            "stopCode": "TaskFailedToStart",
            "stoppedReason": "dependency container 'migrate' did not reach SUCCESS",
            "containers": [],
        }
        for name in ("one", "two", "three")
    ]
    ecs = FakeEcs(services=[service()], running=[TASK], stopped=lost[:2])
    assert watch(ecs).until_first_healthy(deadline(), check=no_check) == "abc"
    ecs = FakeEcs(services=[service(), service(2, "COMPLETED")], stopped=lost[:2])
    watch(ecs).until_stable(deadline(), check=no_check)
    ecs = FakeEcs(services=[service()], stopped=lost)
    with pytest.raises(ProvisionError, match="container 'migrate' did not reach SUCCESS"):
        watch(ecs).until_first_healthy(deadline(), check=no_check)


def test_a_failed_deployment_ends_the_wait_with_events_and_logs() -> None:
    stopped = {
        "taskArn": "arn:aws:ecs:r:a:task/tickets/def",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "exitCode": 78}],
    }
    ecs = FakeEcs(
        services=[service(0, "FAILED", "(service tickets-web) deployment failed: tasks failed")],
        stopped=[stopped],
    )
    with pytest.raises(ProvisionError) as caught:
        watch(ecs, logs="the app's last words").until_stable(deadline(), check=no_check)
    message = str(caught.value)
    assert "app: exit code 78" in message
    assert "deployment failed: tasks failed" in message
    assert "the app's last words" in message


def container(family: str, text: str, status: str = "exited", **more: Any) -> SimpleNamespace:
    return SimpleNamespace(
        name=family,
        status=status,
        attrs={},
        labels={LABEL_CONTAINER: "app", LABEL_FAMILY: family, LABEL_TASK_ID: "0123abcdef"},
        logs=lambda **_: f"2026-11-27T07:00:00.5Z {text}\n".encode(),
        top=lambda **_: {"Processes": []},
        **more,
    )


def test_where_no_cause_is_sure_the_first_error_of_the_services_own_tasks_is_shown() -> None:
    ended = {
        "taskArn": "arn:aws:ecs:r:a:task/tickets/def",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "exitCode": 1}],
    }
    failed = {**service(0, "FAILED"), "taskDefinition": "arn:aws:ecs:r:a:task-definition/t-web:3"}
    containers = [
        container("t-worker", "No application encryption key has been specified."),
        container("t-web", "production.ERROR: Duplicate entry"),
    ]
    watched = replace(
        watch(FakeEcs(services=[failed], stopped=[ended])), containers=lambda: containers
    )
    with pytest.raises(ProvisionError) as caught:
        watched.until_stable(deadline(), check=no_check)
    assert str(caught.value).startswith(
        "service tickets-web did not become stable; likely, not sure: the web task ended by itself"
        " with exit code 1: its log says why; the app's first error is that of the web task"
        " 0123abcd, 07:00:00: Duplicate entry\n"
    )


def test_time_that_runs_out_says_how_far_it_came() -> None:
    with pytest.raises(ProvisionError, match="did not become stable") as caught:
        watch(FakeEcs(services=[service(1)])).until_stable(deadline(), check=no_check)
    assert "1 of 2 tasks running, 1 pending" in str(caught.value)


def test_tasks_at_work_are_up_before_they_have_settled() -> None:
    ecs = FakeEcs(services=[service(2)], running=[task("a"), task("b")])
    watcher = replace(watch(ecs), at_work=lambda: {"a", "b", "c"})
    watcher.until_stable(deadline(), check=no_check)
    with pytest.raises(ProvisionError):
        replace(watcher, at_work=lambda: {"a"}).until_stable(deadline(), check=no_check)


def test_a_task_at_work_that_fails_its_own_check_is_not_up() -> None:
    unknown = [{**task(name), "healthStatus": "UNKNOWN"} for name in "ab"]
    begun = {**service(2), "taskDefinition": "arn:aws:ecs:r:a:task-definition/t-web:3"}
    running = container("t-web", "", status="running", exec_run=lambda _: (0, b"/bin/true"))
    watcher = replace(
        watch(FakeEcs(services=[begun], running=unknown, checked=True)),
        at_work=lambda: {"a", "b"},
        containers=lambda: [running],
    )
    with pytest.raises(ProvisionError) as caught:
        watcher.until_stable(deadline(), check=no_check)
    assert "the web task does not pass its container health check: nothing" in str(caught.value)


def test_a_healthy_service_at_work_is_up() -> None:
    healthy = FakeEcs(
        services=[service(2, "COMPLETED")], running=[task("a"), task("b")], checked=True
    )
    watcher = replace(watch(healthy), at_work=lambda: {"a", "b"}, idle="ask no queue")
    watcher.until_stable(deadline(), check=no_check)


@pytest.mark.parametrize(
    ("at_work", "cause"),
    [
        (set(), "the app finds no AWS credentials"),
        ({"a"}, "the web task was stopped for its container health check: nothing answers"),
    ],
)
def test_the_log_of_tasks_at_work_does_not_explain_a_failed_health_check(
    at_work: set[str], cause: str
) -> None:
    failed = {**service(1, "FAILED"), "taskDefinition": "arn:aws:ecs:r:a:task-definition/t-web:3"}
    ended = {
        **task("a"),
        "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": "Task failed container health checks",
        "containers": [{"name": "app", "exitCode": 0}],
    }
    late = container("t-web", "Error retrieving credentials", exec_run=lambda _: (0, b"/bin/true"))
    late.status = "running"
    watched = replace(
        watch(FakeEcs(services=[failed], stopped=[ended], checked=True)), containers=lambda: [late]
    )
    with pytest.raises(ProvisionError) as caught:
        replace(watched, at_work=lambda: at_work).until_stable(deadline(), check=no_check)
    assert cause in str(caught.value)


def test_a_stable_service_that_does_not_do_its_work_is_not_up() -> None:
    ecs = FakeEcs(services=[service(2, "COMPLETED")], running=[task("a"), task("b")])
    watcher = replace(watch(ecs), idle="ask no queue", cause="the worker has no command")
    with pytest.raises(ProvisionError) as caught:
        watcher.until_stable(Deadline(90, clock=deadline().clock), check=no_check)
    assert "did not become stable: the worker has no command" in str(caught.value)
    assert "its tasks run, and ask no queue" in str(caught.value)


def test_a_task_that_was_stopped_in_the_first_run_is_named_with_its_reason() -> None:
    stopped = {
        "taskArn": "arn:aws:ecs:r:a:task/tickets/def",
        "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": "Task failed ELB health checks in (target-group tickets-web)",
        "containers": [{"name": "app", "exitCode": 137}],
    }
    event = "(service tickets-web) (port 8080) is unhealthy in (target-group a) due to (reason"
    ecs = FakeEcs(
        services=[service(1, "IN_PROGRESS", f"{event} Health checks failed).")], stopped=[stopped]
    )
    watch(ecs).require_task("abc")
    with pytest.raises(ProvisionError) as caught:
        watch(ecs).require_task("def")
    message = str(caught.value)
    assert "service tickets-web lost a task in the first run" in message
    assert "the start takes longer than healthCheckGracePeriodSeconds" in message
    assert "task def: " in message
    assert "failed ELB health checks" in message


@dataclass
class Result:
    exit_code: int
    stdout: str = ""
    stderr: str = ""


def test_first_run_commands_run_in_order_in_one_task() -> None:
    calls: list[tuple[str, tuple[str, ...]]] = []

    def run(task_id: str, command: tuple[str, ...]) -> Result:
        calls.append((task_id, command))
        return Result(0)

    commands = (FirstRun(command=("a",)), FirstRun(command=("b",)))
    first_run.run_commands(commands, task_id="abc", run=run, require_task=no_check, where="")
    assert calls == [("abc", ("a",)), ("abc", ("b",))]


def test_a_migration_that_is_already_there_is_no_error() -> None:
    command = FirstRun(command=("php", "artisan", "session:table"), accept="already exists")
    first_run.run_commands(
        (command,),
        task_id="abc",
        run=lambda *_: Result(1, stdout="ERROR Migration already exists."),
        require_task=no_check,
        where="",
    )


def test_a_command_that_fails_shows_its_output() -> None:
    command = FirstRun(command=("php", "artisan", "migrate", "--force"))
    with pytest.raises(ProvisionError) as caught:
        first_run.run_commands(
            (command,),
            task_id="abc",
            run=lambda *_: Result(1, stderr="SQLSTATE[HY000] [2026] SSL is required from client"),
            require_task=no_check,
            where="/runs/x",
        )
    message = str(caught.value)
    assert "`php artisan migrate --force` failed in the web task" in message
    assert "SSL is required from client" in message
    assert "exit code 1, task abc" in message


@pytest.mark.parametrize(
    ("agents", "words"),
    [
        (None, "its service does not enable it"),
        ([{"lastStatus": "STOPPED"}], "its role lacks the ssmmessages actions"),
    ],
)
def test_a_first_run_needs_ecs_exec(agents: list[dict[str, str]] | None, words: str) -> None:
    container = {"name": "app", "managedAgents": agents}
    task = {"taskArn": "t", "containers": [container]}
    with pytest.raises(ProvisionError) as failure:
        first_run.require_exec(task, require_task=no_check, where="/runs/x")
    assert words in str(failure.value)
    container["managedAgents"] = [{"lastStatus": "RUNNING"}]
    first_run.require_exec(task, require_task=no_check, where="/runs/x")


def test_a_task_that_has_stopped_lacks_no_right_to_exec() -> None:
    def stopped() -> None:
        raise ProvisionError("service tickets-web lost a task in the first run")

    container: dict[str, Any] = {"managedAgents": [{"lastStatus": "STOPPED"}]}
    with pytest.raises(ProvisionError, match="lost a task"):
        first_run.require_exec({"containers": [container]}, require_task=stopped, where="")
    container["lastStatus"] = "STOPPED"
    with pytest.raises(ProvisionError, match="the web task ended before its first run"):
        first_run.require_exec({"containers": [container]}, require_task=no_check, where="")


@pytest.mark.parametrize(
    ("log", "ending"),
    [
        ("", "; likely, not sure: the task closed the connection"),
        (
            "SQLSTATE[HY000] [2002] Connection refused",
            ": the task cannot reach DB_HOST on port 3306",
        ),
    ],
)
def test_a_healthy_service_that_answers_nobody_has_a_symptom_and_a_cause_from_its_log(
    log: str, ending: str
) -> None:
    container = SimpleNamespace(
        name="web",
        status="running",
        labels={LABEL_CONTAINER: "app", LABEL_FAMILY: "tickets-web"},
        attrs={},
        top=lambda **_: {"Processes": []},
        logs=lambda **_: log.encode(),
    )
    described = {**service(2), "taskDefinition": TASK["taskDefinitionArn"]}
    watcher = replace(
        watch(FakeEcs(services=[described], running=[TASK])), containers=lambda: [container]
    )
    error = watcher.failure(
        "answers no visitor", state="", symptom="the task closed the connection"
    )
    assert str(error).startswith(f"service tickets-web answers no visitor{ending}"), error


def logging(text: str, *, status: str = "running", found: str = "abc") -> SimpleNamespace:
    return SimpleNamespace(
        status=status,
        labels={LABEL_CONTAINER: "app", LABEL_FAMILY: "tickets-web", LABEL_TASK_ID: found},
        logs=lambda **_: text.encode(),
    )


NO_TABLE = "SQLSTATE[42S02]: Base table or view not found: 1146 Table 'shop.sessions' doesn't exist"


def test_a_task_that_misses_the_tables_is_where_the_first_run_makes_them() -> None:
    described = {**service(1), "taskDefinition": TASK["taskDefinitionArn"]}
    ecs = FakeEcs(services=[described], running=[{**TASK, "healthStatus": "UNHEALTHY"}])
    watcher = replace(watch(ecs), containers=lambda: [logging("ready"), logging(NO_TABLE)])
    before = replace(watcher, is_before_first_run=True)
    assert before.until_first_healthy(deadline(), check=no_check) == "abc"
    with pytest.raises(ProvisionError):
        replace(watcher, containers=list).until_first_healthy(deadline(), check=no_check)


def test_a_task_that_has_stopped_makes_no_tables() -> None:
    described = {**service(1), "taskDefinition": TASK["taskDefinitionArn"]}
    ecs = FakeEcs(services=[described], running=[task("new")])
    watcher = replace(
        watch(ecs),
        containers=lambda: [logging(NO_TABLE, status="exited", found="old")],
        is_before_first_run=True,
    )
    assert watcher.until_first_healthy(deadline(), check=no_check) == "new"
