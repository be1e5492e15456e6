"""The service scheduler, pass by pass, with tasks that are records only."""

from __future__ import annotations

from typing import Any

import pytest

from harness.standins.contract import ControlSettings as Settings
from harness.standins.control.scheduler.services import Services
from harness.standins.control.state import model
from harness.standins.control.state.model import Definition, Service, Target, TargetGroup, Task
from harness.standins.control.state.state import State
from tests.unit.standins.control.conftest import ACCOUNT_ARN, FakeClock, FakeTasks, run_task

GROUP = "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/tickets-web/0123"


class FakeTargets:
    """Registers and removes targets at once, and checks none."""

    def register(self, group: TargetGroup, *, ip: str, port: int) -> None:
        target = Target(ip=ip, port=port)
        group.targets[target.key] = target

    def deregister(self, group: TargetGroup, *, key: str) -> Target | None:
        return group.targets.pop(key, None)

    def gone(self, group: TargetGroup, *, target: Target) -> bool:
        return target.key not in group.targets


class World:
    """A service and its events."""

    def __init__(self, state: State, clock: FakeClock) -> None:
        self.state, self.clock = state, clock
        self.tasks = FakeTasks(state)
        settings = Settings(
            run="r",
            home="/h",
            owner="1:1",
            account_id="876000000876",
            region="us-east-1",
            cluster="tickets",
            aws_endpoint_url="",
            task_networks={},
            edge_container="",
            pause_image="",
            images={},
        )
        self.services = Services(
            state,
            settings=settings,
            tasks=self.tasks,  # type: ignore[arg-type]
            targets=FakeTargets(),  # type: ignore[arg-type]
        )
        attributes = {"deregistration_delay.timeout_seconds": "0"}
        self.group = TargetGroup(name="tickets-web", arn=GROUP, raw={}, attributes=attributes)
        state.target_groups["tickets-web"] = self.group

    def define(self, *, check: bool = False) -> str:
        container: dict[str, Any] = {"name": "app", "image": "app"}
        if check:
            container["healthCheck"] = {"command": ["CMD", "true"]}
        known = self.state.definitions.setdefault("tickets-web", [])
        arn = f"{ACCOUNT_ARN}:task-definition/tickets-web:{len(known) + 1}"
        raw = {"family": "tickets-web", "containerDefinitions": [container]}
        known.append(Definition(arn, "tickets-web", len(known) + 1, raw, self.clock.now))
        return arn

    def create(
        self, *, desired: int = 2, balanced: bool = True, check: bool = False, **raw: Any
    ) -> Service:
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        balancer = {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}
        service = Service(
            name="tickets-web",
            arn=f"{ACCOUNT_ARN}:service/tickets/tickets-web",
            cluster="tickets",
            raw={
                "deploymentConfiguration": breaker,
                "loadBalancers": [balancer] if balanced else [],
                **raw,
            },
            desired=desired,
            created_at=self.clock.now,
        )
        self.state.services[service.key] = service
        self.services.begin_deployment(service, definition_arn=self.define(check=check))
        self.look()
        return service

    def look(self) -> None:
        self.services.look_at_all()

    def run_all(self) -> None:
        """Bring every task that was begun to RUNNING, and its target to healthy."""
        for task in self.state.tasks.values():
            if task.active and task.status == "PROVISIONING":
                run_task(task, state=self.state)
        self.look()
        for target in self.group.targets.values():
            target.state = "healthy"
        self.look()

    def end(self, task: Task) -> None:
        """Let a task that was asked to stop be stopped."""
        task.status, task.stopped_at = model.STOPPED, self.clock.now
        self.group.targets.pop(f"{task.ip}:8080", None)
        self.look()

    def fail(self, task: Task, *, code: str = "TaskFailedToStart", reason: str = "no") -> None:
        task.desired, task.stop_code, task.stopped_reason = model.STOPPED, code, reason
        self.end(task)

    def active(self) -> list[Task]:
        return [task for task in self.state.tasks.values() if task.active]

    def messages(self) -> list[str]:
        service = self.state.services["tickets/tickets-web"]
        return [item.message for item in reversed(service.events)]


@pytest.fixture
def world(state: State, clock: FakeClock) -> World:
    return World(state, clock)


def test_a_new_service_starts_registers_and_settles(world: World) -> None:
    service = world.create()
    assert world.tasks.begun == ["task1", "task2"]
    world.run_all()
    assert service.primary.state == "COMPLETED"
    ident = service.primary.id
    assert world.messages() == [
        "(service tickets-web) has started 2 tasks: (task task1) (task task2).",
        f"(service tickets-web) registered 2 targets in (target-group {GROUP})",
        f"(service tickets-web) (deployment {ident}) deployment completed.",
        "(service tickets-web) has reached a steady state.",
    ]
    world.look()
    assert len(world.messages()) == 4, "a steady state is said once"


def test_a_new_deployment_follows_ecs_order(world: World) -> None:
    service = world.create(desired=1)
    world.run_all()
    first = service.primary
    second = world.services.begin_deployment(service, definition_arn=world.define())
    world.look()
    assert [task.deployment for task in world.active()] == [first.id, second.id]
    assert world.tasks.stopped == []
    world.run_all()
    assert world.tasks.stopped == [
        ("task1", f"Scaling activity initiated by (deployment {second.id})")
    ]
    assert service.primary.state == "IN_PROGRESS", "until the old task is gone"
    world.services.leave(world.state.tasks["task1"])
    world.end(world.state.tasks["task1"])
    assert [item.id for item in service.deployments] == [second.id]
    assert world.messages()[4:] == [
        "(service tickets-web) has started 1 tasks: (task task2).",
        f"(service tickets-web) registered 1 targets in (target-group {GROUP})",
        "(service tickets-web) has stopped 1 running tasks: (task task1).",
        f"(service tickets-web) deregistered 1 targets in (target-group {GROUP})",
        f"(service tickets-web, taskSet {first.id}) has begun draining connections on 1 tasks.",
        f"(service tickets-web) (deployment {second.id}) deployment completed.",
        "(service tickets-web) has reached a steady state.",
    ]


def test_with_a_target_and_a_container_check_both_must_be_good(world: World) -> None:
    service = world.create(desired=1, check=True)
    world.run_all()
    assert service.primary.state == "IN_PROGRESS"
    world.state.tasks["task1"].containers[0].health = model.HEALTHY
    world.look()
    assert service.primary.state == "COMPLETED"


def test_without_either_a_task_is_ready_after_its_time(world: World, clock: FakeClock) -> None:
    service = world.create(desired=1, balanced=False)
    world.run_all()
    clock.now += 4.9
    world.look()
    assert service.primary.state == "IN_PROGRESS"
    clock.now += 0.2
    world.look()
    assert service.primary.state == "COMPLETED"


def test_bad_checks_are_ignored_during_the_grace_period(world: World, clock: FakeClock) -> None:
    world.create(desired=1, healthCheckGracePeriodSeconds=30)
    world.run_all()
    task = world.state.tasks["task1"]
    target = next(iter(world.group.targets.values()))
    target.state, target.description = "unhealthy", "Health checks failed with these codes: [500]"
    clock.now += 29
    world.look()
    assert not task.unhealthy
    clock.now += 2
    world.look()
    assert task.unhealthy == f"Task failed ELB health checks in (target-group {GROUP})"
    assert world.messages()[-2:] == [
        f"(service tickets-web) (port 8080) is unhealthy in (target-group {GROUP}) due to"
        " (reason Health checks failed with these codes: [500]).",
        "(service tickets-web) has started 1 tasks: (task task2). Amazon ECS replaced 1 tasks due"
        " to an unhealthy status.",
    ]
    assert world.tasks.stopped == []
    world.state.tasks["task2"].status = "PENDING"
    run_task(world.state.tasks["task2"], state=world.state)
    world.look()
    world.group.targets[f"{world.state.tasks['task2'].ip}:8080"].state = "healthy"
    world.look()
    assert world.tasks.stopped == [("task1", task.unhealthy)]


def test_a_failed_container_check_is_said(world: World) -> None:
    world.create(desired=1, check=True)
    world.run_all()
    world.state.tasks["task1"].containers[0].health = model.UNHEALTHY
    world.look()
    assert "(service tickets-web) (task task1) failed container health checks." in world.messages()
    assert world.state.tasks["task1"].unhealthy == "Task failed container health checks"


def test_a_task_that_cannot_start_is_said_with_its_reason_and_slows_the_next(
    world: World, clock: FakeClock
) -> None:
    service = world.create(desired=1)
    for ident in ("task1", "task2"):
        world.fail(world.state.tasks[ident], reason="ResourceInitializationError: no key password")
        world.look()
    assert (
        "(service tickets-web) was unable to place a task. Reason: ResourceInitializationError:"
        " no key password." in world.messages()
    )
    assert service.primary.failed_tasks == 2
    assert world.active() == [], "throttled"
    clock.now += 1.1
    world.look()
    assert [task.id for task in world.active()] == ["task3"]


def test_the_circuit_breaker_rolls_back_to_the_completed_deployment(
    world: World, clock: FakeClock
) -> None:
    service = world.create(desired=1)
    world.run_all()
    good = service.primary
    bad = world.services.begin_deployment(service, definition_arn=world.define())
    world.look()
    for ident in ("task2", "task3", "task4"):
        world.fail(world.state.tasks[ident], code="EssentialContainerExited", reason="exited")
        clock.now += 20
        world.look()
    assert bad.state == "FAILED"
    assert bad.reason == "ECS deployment circuit breaker: tasks failed to start."
    assert service.primary is good
    assert world.messages()[-4:] == [
        f"(service tickets-web) (deployment {bad.id}) deployment failed: tasks failed to start.",
        f"(service tickets-web) rolling back to deployment {good.id}.",
        f"(service tickets-web) (deployment {good.id}) deployment completed.",
        "(service tickets-web) has reached a steady state.",
    ]
    assert [task.id for task in world.active()] == ["task1"]
    assert service.raw["taskDefinition"] == good.definition_arn


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(
    world: World, clock: FakeClock
) -> None:
    service = world.create(desired=1)
    for ident in ("task1", "task2", "task3"):
        world.fail(world.state.tasks[ident])
        clock.now += 20
        world.look()
    assert service.primary.state == "FAILED"
    assert world.active() == []
    clock.now += 100
    world.look()
    assert world.active() == [], "a failed deployment starts no tasks"


def test_without_a_breaker_the_service_says_that_it_is_impaired(
    world: World, clock: FakeClock
) -> None:
    service = world.create(desired=1, deploymentConfiguration={})
    for number in range(1, 5):
        world.fail(world.state.tasks[f"task{number}"])
        clock.now += 20
        world.look()
    assert service.primary.state == "IN_PROGRESS"
    lines = [line for line in world.messages() if "unable to consistently start tasks" in line]
    assert len(lines) == 1


def test_a_good_task_resets_the_failures(world: World, clock: FakeClock) -> None:
    service = world.create(desired=1)
    world.fail(world.state.tasks["task1"])
    clock.now += 20
    world.look()
    assert service.primary.failed_tasks == 1
    world.run_all()
    assert service.primary.failed_tasks == 0


def test_a_blocked_deployment_says_so_once(world: World) -> None:
    config = {"minimumHealthyPercent": 100, "maximumPercent": 150}
    service = world.create(desired=1, deploymentConfiguration=config)
    world.run_all()
    world.services.begin_deployment(service, definition_arn=world.define())
    world.look()
    world.look()
    lines = [line for line in world.messages() if "unable to stop or start tasks" in line]
    assert lines == [
        "(service tickets-web) was unable to stop or start tasks during a deployment because of"
        " the service deployment configuration. Update the minimumHealthyPercent or maximumPercent"
        " value and try again."
    ]


def test_a_deleted_service_is_inactive_when_its_tasks_are_gone(world: World) -> None:
    service = world.create(desired=1)
    world.run_all()
    service.desired, service.status = 0, "DRAINING"
    world.look()
    assert service.status == "DRAINING"
    world.end(world.state.tasks["task1"])
    assert service.status == "INACTIVE"


def test_a_task_with_the_address_of_a_draining_target_is_registered(world: World) -> None:
    world.create(desired=1)
    task = world.state.tasks["task1"]
    run_task(task, state=world.state)
    old = Target(ip=task.ip, port=8080, state="draining")
    world.group.targets[old.key] = old
    world.look()
    assert world.group.targets[old.key] is not old
    assert world.group.targets[old.key].state == "initial"
