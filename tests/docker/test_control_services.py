"""Services, targets and deployments: control with a real edge and real tasks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.stack import removal
from harness.stack.logs import containers_of
from harness.standins.contract import TargetEvent, events_in, time_of
from harness.target.resources.ecs import address_of
from tests.docker.control_stack import (
    CLUSTER,
    ControlStack,
    definition,
    edge_workers,
    service,
    started,
    text,
)

if TYPE_CHECKING:
    import docker


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlStack]:
    with started(client, image, tmp_path_factory.mktemp("home")) as control_stack:
        control_stack.create_target_group()
        yield control_stack


@pytest.fixture(autouse=True)
def no_service_left(stack: ControlStack) -> Iterator[None]:
    yield
    for arn in stack.ecs.list_services(cluster=CLUSTER)["serviceArns"]:
        name = arn.rpartition("/")[2]
        if stack.described(name)["status"] == "ACTIVE":
            stack.ecs.delete_service(cluster=CLUSTER, service=name, force=True)
    stack.until(lambda: stack.ecs.list_services(cluster=CLUSTER)["serviceArns"] == [])


def up(stack: ControlStack, count: int = 1, **changes: object) -> list[str]:
    """Start a service, wait until it is steady, and return its tasks' ARNs."""
    stack.ecs.register_task_definition(**definition())
    stack.ecs.create_service(**service(desiredCount=count, **changes))
    stack.until_steady()
    stack.until(lambda: stack.get()[0] == 200)
    return [task["taskArn"] for task in stack.tasks()]


@contextmanager
def visitors(stack: ControlStack) -> Iterator[list[int]]:
    """Ask the app again and again while the block runs; collect the statuses."""
    statuses: list[int] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            statuses.append(stack.get()[0])

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join()


@contextmanager
def deregistration_delay(stack: ControlStack, *, seconds: int) -> Iterator[None]:
    """Let targets drain for longer inside the block: visible on a busy machine too."""

    def change(value: int) -> None:
        group = stack.elbv2.describe_target_groups(Names=["tickets-web"])["TargetGroups"][0]
        stack.elbv2.modify_target_group_attributes(
            TargetGroupArn=group["TargetGroupArn"],
            Attributes=[
                {"Key": "deregistration_delay.timeout_seconds", "Value": str(value)},
            ],
        )

    change(seconds)
    try:
        yield
    finally:
        change(1)


def health(stack: ControlStack) -> dict[str, str]:
    group = stack.elbv2.describe_target_groups(Names=["tickets-web"])["TargetGroups"][0]
    response = stack.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    return {
        item["Target"]["Id"]: item["TargetHealth"]["State"]
        for item in response["TargetHealthDescriptions"]
    }


def address(task: dict[str, object]) -> str:
    return str(task["attachments"][0]["details"][0]["value"])  # type: ignore[index]


def test_a_service_comes_up_and_only_then_gets_traffic(stack: ControlStack) -> None:
    assert stack.get()[0] == 503
    up(stack, count=2)
    tasks = stack.tasks()
    assert {stack.get()[1]["task"] for _ in range(8)} == {
        task["taskArn"].rpartition("/")[2] for task in tasks
    }
    assert health(stack) == {address(task): "healthy" for task in tasks}
    messages = stack.messages()
    assert messages[0].startswith("(service tickets-web) has started 2 tasks: (task ")
    assert any(
        " registered " in line and " targets in (target-group arn:" in line for line in messages
    )
    assert messages[-2].endswith(" deployment completed.")
    assert messages[-1] == "(service tickets-web) has reached a steady state."
    ecs_service = stack.described()
    assert (ecs_service["runningCount"], ecs_service["pendingCount"]) == (2, 0)
    assert ecs_service["deployments"][0]["rolloutStateReason"].endswith(" completed.")


def test_targets_are_asked_as_the_load_balancer_asks(stack: ControlStack) -> None:
    (arn,) = up(stack)
    headers = json.loads(stack.in_task(arn, "cat", "/tmp/last-check"))
    assert headers["User-Agent"] == "ELB-HealthChecker/2.0"
    assert headers["Host"] == f"{address(stack.task(arn))}:8080"
    assert headers["Connection"] == "close"


def test_a_forced_deployment_replaces_every_task_and_drops_no_request(stack: ControlStack) -> None:
    before = up(stack, count=2)
    old = stack.described()["deployments"][0]["id"]
    with visitors(stack) as statuses:
        stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", forceNewDeployment=True)
        assert {item["status"] for item in stack.described()["deployments"]} == {
            "PRIMARY",
            "ACTIVE",
        }
        stack.until_steady()
    assert set(statuses) == {200}
    assert not set(before) & {task["taskArn"] for task in stack.tasks()}
    for arn in before:
        task = stack.task(arn)
        assert task["stopCode"] == "ServiceSchedulerInitiated"
        assert task["stoppedReason"].startswith("Scaling activity initiated by (deployment ecs-svc")
        assert task["containers"][0]["exitCode"] == 0
    messages = [
        line for line in stack.messages() if before[0].rpartition("/")[2] in line or old in line
    ]
    assert any("has stopped" in line for line in messages)
    assert any(
        f"taskSet {old}) has begun draining connections on 1 tasks." in line for line in messages
    )


def test_a_change_of_health_is_an_event_in_the_log(stack: ControlStack) -> None:
    (arn,) = up(stack)
    address = address_of(stack.task(arn))
    events = [
        event
        for event in events_in(text(stack.control.logs()).splitlines())
        if isinstance(event, TargetEvent) and event.address == address
    ]
    assert events[-1].state == "healthy"
    assert time_of(events[-1]) >= stack.task(arn)["createdAt"]


def test_the_stop_signal_comes_after_the_drain(stack: ControlStack) -> None:
    (arn,) = up(stack)
    with deregistration_delay(stack, seconds=5):
        stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", desiredCount=0)
        stack.until(lambda: set(health(stack).values()) == {"draining"})
        assert stack.task(arn)["lastStatus"] == "DEACTIVATING"
        task = stack.until_stopped(arn)
    signalled = float(stack.container(arn).logs().decode().split()[1])
    assert signalled - task["stoppingAt"].timestamp() >= 5.0
    assert health(stack) == {}
    assert stack.get()[0] == 503


def test_a_request_in_flight_ends_well_while_its_task_drains(stack: ControlStack) -> None:
    (arn,) = up(stack)
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(stack.get("/slow0.8")[0]))
    slow.start()
    stack.until(lambda: "begun" in stack.in_task(arn, "cat", "/tmp/slow"))
    stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", desiredCount=0)
    slow.join()
    assert answers == [200]


def test_a_task_that_dies_is_replaced(stack: ControlStack) -> None:
    (arn,) = up(stack)
    stack.container(arn).kill()
    task = stack.until_stopped(arn)
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 137
    stack.until_steady()
    assert [task["taskArn"] for task in stack.tasks()] != [arn]


def test_an_unhealthy_target_gets_no_traffic_and_its_task_is_replaced(stack: ControlStack) -> None:
    sick, _ = up(stack, count=2)
    sick_id = sick.rpartition("/")[2]
    stack.in_task(sick, "touch", "/tmp/sick")
    stack.until(lambda: any("is unhealthy in" in line for line in stack.messages()))
    stack.until(lambda: sick_id not in {stack.get()[1]["task"] for _ in range(6)})
    task = stack.until_stopped(sick)
    assert task["stoppedReason"].startswith("Task failed ELB health checks in (target-group arn:")
    messages = stack.messages()
    assert any(
        line.startswith("(service tickets-web) (port 8080) is unhealthy in (target-group arn:")
        and line.endswith("due to (reason Health checks failed with these codes: [500]).")
        for line in messages
    )
    (replaced,) = (
        number
        for number, line in enumerate(messages)
        if line.endswith("Amazon ECS replaced 1 tasks due to an unhealthy status.")
    )
    stopped = messages.index(
        f"(service tickets-web) has stopped 1 running tasks: (task {sick_id})."
    )
    ready = [line for line in messages[replaced:stopped] if " registered 1 targets in" in line]
    assert ready, "it was stopped before its replacement was ready"
    stack.until_steady()


def test_the_edge_fails_open_when_every_target_is_unhealthy(stack: ControlStack) -> None:
    (arn,) = up(stack, healthCheckGracePeriodSeconds=300)
    stack.in_task(arn, "touch", "/tmp/sick")
    stack.until(lambda: set(health(stack).values()) == {"unhealthy"})
    assert stack.get()[0] == 200
    group = stack.elbv2.describe_target_groups(Names=["tickets-web"])["TargetGroups"][0]
    response = stack.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert response["TargetHealthDescriptions"][0]["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }
    stack.in_task(arn, "rm", "/tmp/sick")
    stack.until(lambda: set(health(stack).values()) == {"healthy"})
    assert arn in [task["taskArn"] for task in stack.tasks()], "the grace period kept it"


def test_a_deployment_that_fails_is_rolled_back_while_the_old_task_serves(
    stack: ControlStack,
) -> None:
    before = up(stack)
    good = stack.described()["taskDefinition"]
    stack.ecs.register_task_definition(**definition(command=["sh", "-c", "exit 3"]))
    with visitors(stack) as statuses:
        stack.ecs.update_service(
            cluster=CLUSTER, service="tickets-web", taskDefinition="tickets-web"
        )
        stack.until(lambda: any("rolling back" in line for line in stack.messages()))
        stack.until_steady()
    assert set(statuses) == {200}
    assert [task["taskArn"] for task in stack.tasks()] == before
    assert stack.described()["taskDefinition"] == good
    log = "\n".join(stack.messages())
    assert "deployment failed: tasks failed to start." in log
    assert "(service tickets-web) rolling back to deployment ecs-svc/" in log
    failed = [task for task in stack.tasks("STOPPED") if task["containers"][0].get("exitCode") == 3]
    assert len(failed) == 3


def test_scaling_out_and_in_keeps_the_others(stack: ControlStack) -> None:
    before = up(stack)
    stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", desiredCount=3)
    stack.until_steady()
    assert len(health(stack)) == 3
    stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", desiredCount=1)
    stack.until_steady()
    stack.until(lambda: len(health(stack)) == 1)
    assert len(stack.tasks()) == 1
    assert len(stack.described()["deployments"]) == 1
    assert before


def test_a_deployment_does_not_reload_the_edge(stack: ControlStack) -> None:
    up(stack)
    workers = edge_workers(stack.edge)
    stack.ecs.update_service(cluster=CLUSTER, service="tickets-web", forceNewDeployment=True)
    stack.until_steady()
    assert edge_workers(stack.edge) == workers


def test_another_idle_timeout_reloads_the_edge(stack: ControlStack) -> None:
    workers = edge_workers(stack.edge)
    (balancer,) = stack.elbv2.describe_load_balancers()["LoadBalancers"]
    stack.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "61"}],
    )
    stack.until(lambda: not edge_workers(stack.edge) & workers)


def test_control_survives_its_own_restart(stack: ControlStack) -> None:
    before = up(stack, count=2)
    described, definition_before = (
        stack.described(),
        stack.ecs.describe_task_definition(taskDefinition="tickets-web"),
    )
    stack.control.stop(timeout=5)
    stack.control.reload()
    assert stack.control.attrs["State"]["ExitCode"] == 0
    assert stack.get()[0] == 200, "the edge and the tasks go on without control"
    lost = before[0]
    stack.container(lost).kill()
    stack.control.start()
    stack.until(stack.ping)
    after = stack.described()
    assert after["createdAt"] == described["createdAt"]
    assert after["deployments"][0]["id"] == described["deployments"][0]["id"]
    assert (
        stack.ecs.describe_task_definition(taskDefinition="tickets-web")["taskDefinition"]
        == definition_before["taskDefinition"]
    )
    task = stack.until_stopped(lost)
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["containers"][0]["exitCode"] == 137
    stack.until_steady()
    assert before[1] in [task["taskArn"] for task in stack.tasks()]
    assert set(health(stack).values()) == {"healthy"}


def test_control_ends_at_once(stack: ControlStack) -> None:
    stack.control.stop(timeout=10)
    stack.control.reload()
    assert stack.control.attrs["State"]["ExitCode"] == 0, "it was killed after ten seconds"
    stack.control.start()
    stack.until(stack.ping)


def test_control_that_has_ended_leaves_the_engine_idle(
    stack: ControlStack, client: docker.DockerClient
) -> None:
    def containers() -> dict[str, str]:
        return {
            str(container.id): container.status for container in containers_of(client, stack.run.id)
        }

    before = containers()
    stack.ecs.register_task_definition(**definition())
    stack.ecs.create_service(**service(desiredCount=4))
    stack.until(lambda: len(containers()) > len(before))
    removal.end_control(client, stack.run.id)
    idle = containers()
    time.sleep(1)
    assert containers() == idle
    stack.control.reload()
    assert stack.control.attrs["State"]["ExitCode"] == 0
    assert "did not end" not in stack.control.logs(tail=20).decode()
    stack.control.start()
    stack.until(stack.ping)


def test_a_service_without_a_load_balancer_is_ready_after_a_while(stack: ControlStack) -> None:
    stack.ecs.register_task_definition(**definition("tickets-worker"))
    stack.ecs.create_service(
        **service(serviceName="tickets-worker", taskDefinition="tickets-worker", loadBalancers=[])
    )
    stack.until_steady("tickets-worker")
    (task,) = stack.tasks()
    assert task["group"] == "service:tickets-worker"
    assert task["healthStatus"] == "UNKNOWN"
    stack.ecs.update_service(cluster=CLUSTER, service="tickets-worker", desiredCount=0)
    stopped = stack.until_stopped(task["taskArn"])
    assert "drain" not in "\n".join(stack.messages("tickets-worker"))
    # Well before its stopTimeout and a target group's delay are over.
    assert (stopped["stoppedAt"] - stopped["stoppingAt"]).total_seconds() < 5.0
