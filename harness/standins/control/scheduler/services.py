"""Keeps services as they should be: rolling deployments, replacements, circuit breaker, events.

One pass over a service looks at what is, decides, and acts on records only; threads of tasks and
targets do the slow work. The passes run in one thread, woken by every change.
"""

from __future__ import annotations

import logging
import math

from harness.standins.contract import ControlSettings
from harness.standins.control.agent.packet_rules import groups_of
from harness.standins.control.scheduler import deployments
from harness.standins.control.scheduler.deployments import Limits, Member
from harness.standins.control.scheduler.targets import Targets
from harness.standins.control.scheduler.tasks import Tasks
from harness.standins.control.state import model, names
from harness.standins.control.state.model import RUNNING, STOPPED, Deployment, Service, Task
from harness.standins.control.state.state import State

log = logging.getLogger(__name__)

_TICK_S = 0.25
_IMPAIRED_FROM = 3
_SELF_STOPPED = ("EssentialContainerExited", "TaskFailedToStart")


class Services:
    """The service scheduler."""

    def __init__(
        self, state: State, *, settings: ControlSettings, tasks: Tasks, targets: Targets
    ) -> None:
        self._state = state
        self._settings = settings
        self._tasks = tasks
        self._targets = targets

    def run(self) -> None:
        """Pass over all services whenever something changed, until the process ends."""
        version = -1
        while True:
            version = self._state.wait(version=version, timeout_s=_TICK_S)
            self.look_at_all()

    def look_at_all(self) -> None:
        """Pass once over every service."""
        with self._state.lock():
            for service in list(self._state.services.values()):
                if service.status == "INACTIVE":
                    continue
                try:
                    self._look_at(service)
                except Exception:
                    log.exception("service %s", service.name)

    def begin_deployment(self, service: Service, *, definition_arn: str) -> Deployment:
        """Make a new primary deployment; the lock is held by the caller."""
        now, ident = self._state.now(), names.deployment_id()
        deployment = Deployment(
            id=ident,
            definition_arn=definition_arn,
            created_at=now,
            updated_at=now,
            reason=f"ECS deployment {ident} in progress.",
        )
        service.deployments.insert(0, deployment)
        service.steady = False
        return deployment

    def ready(self, task: Task) -> bool:
        """Return whether a task counts as healthy."""
        if task.status != RUNNING or task.started_at is None:
            return False
        service = self._state.services[task.service]
        if service.load_balancer is not None:
            registration = self._state.target_of(task)
            if registration is None or registration[1].state != "healthy":
                return False
        elif not task.has_check:
            return self._state.now() - task.started_at >= self._settings.unchecked_ready_s
        return not task.has_check or task.health == model.HEALTHY

    def _look_at(self, service: Service) -> None:
        self._register_targets(service)
        for task in self._state.tasks_of(service.key):
            self._observe(service, task=task)
        self._break_circuit(service)
        self._carry_out(service)
        self._settle(service)

    def _deployment_of(self, service: Service, *, task: Task) -> Deployment | None:
        return next((item for item in service.deployments if item.id == task.deployment), None)

    def _register_targets(self, service: Service) -> None:
        group, balancer = self._state.group_of(service), service.load_balancer
        if group is None or balancer is None:
            return
        registered = 0
        for task in self._state.tasks_of(service.key):
            # Docker may give the address of a task that ended to the next one while it drains.
            registration = self._state.target_of(task)
            registered_already = registration is not None and registration[1].state != "draining"
            if task.active and task.status == RUNNING and not registered_already:
                self._targets.register(group, ip=task.ip, port=balancer["containerPort"])
                registered += 1
        if registered:
            message = f"registered {registered} targets in (target-group {group.arn})"
            self._state.event(service, message=message)

    def _observe(self, service: Service, *, task: Task) -> None:
        deployment = self._deployment_of(service, task=task)
        if task.active and self.ready(task):
            if deployment is not None and not task.ready_seen:
                deployment.failed_tasks = deployment.failed_in_a_row = 0
                deployment.impaired = False
            task.ready_seen = True
        elif task.active and task.status == RUNNING and not task.unhealthy:
            self._find_unhealthy(service, task=task)
        failed = bool(task.unhealthy) or task.stop_code in _SELF_STOPPED
        if not failed or task.counted:
            return
        task.counted = True
        service.steady = False
        if task.stop_code == "TaskFailedToStart":
            message = f"was unable to place a task. Reason: {task.stopped_reason}"
            self._state.event(service, message=message.rstrip(".") + ".")
        if deployment is not None and (task.unhealthy or not task.ready_seen):
            self._count_failure(service, deployment=deployment, throttled=not task.unhealthy)

    def _count_failure(self, service: Service, *, deployment: Deployment, throttled: bool) -> None:
        deployment.failed_tasks += 1
        deployment.updated_at = self._state.now()
        if not throttled:
            return
        deployment.failed_in_a_row += 1
        delay_s = deployments.throttle_s(deployment.failed_in_a_row)
        deployment.next_start_at = self._state.now() + delay_s
        if deployment.failed_in_a_row >= _IMPAIRED_FROM and not deployment.impaired:
            deployment.impaired = True
            message = (
                "is unable to consistently start tasks successfully. For more information,"
                " see the Troubleshooting section of the Amazon ECS Developer Guide."
            )
            self._state.event(service, message=message)

    def _find_unhealthy(self, service: Service, *, task: Task) -> None:
        grace_s = service.raw.get("healthCheckGracePeriodSeconds", 0)
        if task.started_at is None or self._state.now() - task.started_at < grace_s:
            return
        registration = self._state.target_of(task)
        if registration is not None and registration[1].state == "unhealthy":
            group, target = registration
            task.unhealthy = f"Task failed ELB health checks in (target-group {group.arn})"
            self._state.event(
                service,
                message=f"(port {target.port}) is unhealthy in (target-group {group.arn}) due to"
                f" (reason {target.description}).",
            )
        elif task.health == model.UNHEALTHY:
            task.unhealthy = "Task failed container health checks"
            self._state.event(service, message=f"(task {task.id}) failed container health checks.")

    def _break_circuit(self, service: Service) -> None:
        primary = service.primary
        breaker = (service.raw.get("deploymentConfiguration") or {}).get(
            "deploymentCircuitBreaker"
        ) or {}
        threshold = deployments.breaker_threshold(service.desired)
        if (
            not breaker.get("enable")
            or primary.state != "IN_PROGRESS"
            or primary.failed_tasks < threshold
        ):
            return
        now = self._state.now()
        primary.state, primary.updated_at = "FAILED", now
        primary.reason = "ECS deployment circuit breaker: tasks failed to start."
        message = f"(deployment {primary.id}) deployment failed: tasks failed to start."
        self._state.event(service, message=message)
        older = [item for item in service.deployments[1:] if item.state == "COMPLETED"]
        if not breaker.get("rollback") or not older:
            return
        back = older[0]
        service.deployments.remove(back)
        service.deployments.insert(0, back)
        service.raw["taskDefinition"] = back.definition_arn
        back.state, back.updated_at, back.failed_tasks = "IN_PROGRESS", now, 0
        back.reason = f"ECS deployment circuit breaker: rolling back to deploymentId {back.id}."
        self._state.event(service, message=f"rolling back to deployment {back.id}.")

    def _carry_out(self, service: Service) -> None:
        primary = service.primary
        active = [task for task in self._state.tasks_of(service.key) if task.active]
        members = [
            Member(
                id=task.id,
                primary=task.deployment == primary.id,
                ready=self.ready(task),
                unhealthy=bool(task.unhealthy),
            )
            for task in active
        ]
        limits = Limits.of(service.raw, desired=service.desired)
        may_start = primary.state != "FAILED" and self._state.now() >= primary.next_start_at
        todo = deployments.plan(members, limits=limits, may_start=may_start)
        if todo.start:
            self._start(service, count=todo.start, active=active)
        if todo.stop:
            self._stop(service, ids=todo.stop)
        if todo.blocked and not service.steady and not any(not item.ready for item in members):
            self._say_blocked(service)

    def _say_blocked(self, service: Service) -> None:
        message = (
            "was unable to stop or start tasks during a deployment because of the service"
            " deployment configuration. Update the minimumHealthyPercent or maximumPercent value"
            " and try again."
        )
        if not service.events or not service.events[0].message.endswith(message):
            self._state.event(service, message=message)

    def _start(self, service: Service, *, count: int, active: list[Task]) -> None:
        primary = service.primary
        definition = self._state.definition(primary.definition_arn)
        started = [
            self._tasks.create(
                definition,
                cluster=service.cluster,
                group=f"service:{service.name}",
                service=service.key,
                deployment=primary.id,
                started_by=primary.id,
                execute_command=bool(service.raw.get("enableExecuteCommand")),
                security_groups=groups_of(service.raw),
            )
            for _ in range(count)
        ]
        words = " ".join(f"(task {task.id})" for task in started)
        replaced = sum(bool(task.unhealthy) for task in active)
        why = (
            f" Amazon ECS replaced {replaced} tasks due to an unhealthy status." if replaced else ""
        )
        self._state.event(service, message=f"has started {count} tasks: {words}.{why}")
        service.steady = False
        for task in started:
            self._tasks.begin(task)

    def _stop(self, service: Service, *, ids: tuple[str, ...]) -> None:
        words = " ".join(f"(task {ident})" for ident in ids)
        message = f"has stopped {len(ids)} running tasks: {words}."
        self._state.event(service, message=message)
        service.steady = False
        for ident in ids:
            task = self._state.tasks[ident]
            reason = f"Scaling activity initiated by (deployment {service.primary.id})"
            self._tasks.stop(
                task, code="ServiceSchedulerInitiated", reason=task.unhealthy or reason
            )

    def _settle(self, service: Service) -> None:
        primary = service.primary
        remaining = [t for t in self._state.tasks_of(service.key) if t.status != STOPPED]
        old_tasks = [task for task in remaining if task.deployment != primary.id or not task.active]
        ready = sum(self.ready(task) for task in remaining if task not in old_tasks)
        settled = ready == service.desired == len(remaining) and primary.state != "FAILED"
        if settled and primary.state == "IN_PROGRESS":
            primary.state, primary.updated_at = "COMPLETED", self._state.now()
            primary.reason = f"ECS deployment {primary.id} completed."
            message = f"(deployment {primary.id}) deployment completed."
            self._state.event(service, message=message)
        if settled and not service.steady:
            service.steady = True
            self._state.event(service, message="has reached a steady state.")
            self._state.changed()
        if primary.state == "COMPLETED":
            used = {task.deployment for task in remaining}
            service.deployments = [
                item for item in service.deployments if item is primary or item.id in used
            ]
        if service.status == "DRAINING" and not remaining:
            service.status = "INACTIVE"
            self._state.changed()

    def leave(self, task: Task) -> None:
        """Take a task out of its target group before its containers get their stop signal.

        Returns when the target has drained, or at once when nothing is left that could answer.
        """
        with self._state.lock():
            service = self._state.services.get(task.service)
            registration = self._state.target_of(task)
            if service is None or registration is None:
                return
            group, target = registration
            self._targets.deregister(group, key=target.key)
            message = f"deregistered 1 targets in (target-group {group.arn})"
            self._state.event(service, message=message)
            draining = any(item.status == RUNNING for item in task.containers)
            if draining:
                message = "has begun draining connections on 1 tasks."
                self._state.event(service, message=message, task_set=task.deployment)
            timeout_s = math.ceil(group.deregistration_delay_s) + 5.0
        if draining:
            self._state.wait_for(
                lambda: (
                    self._targets.gone(group, target=target)
                    or all(item.status != RUNNING for item in task.containers)
                ),
                timeout_s=timeout_s,
            )
