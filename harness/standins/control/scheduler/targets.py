"""Registered targets: each is checked in a thread of its own until it has drained."""

from __future__ import annotations

import threading

from harness.standins.contract import TargetEvent
from harness.standins.control.scheduler import health_checks
from harness.standins.control.state.model import Target, TargetGroup
from harness.standins.control.state.state import State
from harness.standins.control.wire import event_log


class Targets:
    """Registers, checks, drains and removes targets."""

    def __init__(self, state: State) -> None:
        self._state = state

    def register(self, group: TargetGroup, *, ip: str, port: int) -> None:
        """Register a target and begin to check it."""
        target = Target(ip=ip, port=port)
        with self._state.lock():
            group.targets[target.key] = target
            self._state.changed()
        self.watch(group, target=target)

    def watch(self, group: TargetGroup, *, target: Target) -> None:
        """Start a target's thread."""
        threading.Thread(
            target=self._live, args=(group, target), name=f"target-{target.key}", daemon=True
        ).start()

    def deregister(self, group: TargetGroup, *, key: str) -> Target | None:
        """Begin to drain a target; return it unless it is gone or draining already."""
        with self._state.lock():
            target = group.targets.get(key)
            if target is None or target.state == "draining":
                return None
            target.state = "draining"
            target.reason = "Target.DeregistrationInProgress"
            target.description = "Target deregistration is in progress"
            target.drain_until = self._state.now() + group.deregistration_delay_s
            self._state.changed()
            return target

    def gone(self, group: TargetGroup, *, target: Target) -> bool:
        """Return whether the target has drained and is removed."""
        return group.targets.get(target.key) is not target

    def _live(self, group: TargetGroup, target: Target) -> None:
        counted_at = float("-inf")
        while target.state != "draining":
            check = health_checks.TargetCheck.of(group.raw)
            if self._idle(group, target=target):
                self._state.wait(version=self._state.version, timeout_s=1.0)
                continue
            result = health_checks.ask(target, check=check)
            with self._state.lock():
                if target.state == "draining":
                    break
                due = self._state.now() - counted_at >= check.interval_s
                counts = due or target.state != "initial"
                if counts and isinstance(result, health_checks.Failed):
                    counted_at = self._state.now()
                if health_checks.record(target, result=result, check=check, counts=counts):
                    event_log.write(
                        TargetEvent(
                            at=self._state.now(),
                            address=target.ip,
                            port=target.port,
                            state=target.state,
                            description=target.description,
                        )
                    )
                    self._state.changed()
                delay_s = health_checks.wait_before_next_s(target, check=check)
            self._state.wait_for(lambda: target.state == "draining", timeout_s=delay_s)
        self._drain(group, target=target)

    def _idle(self, group: TargetGroup, *, target: Target) -> bool:
        """Show a target of a group that no listener uses as unused; it is not checked."""
        with self._state.lock():
            if self._state.is_forwarded_to(group):
                if target.state == "unused":
                    target.state = "initial"
                return False
            if target.state != "unused":
                target.state, target.reason = "unused", "Target.NotInUse"
                target.description = (
                    "Target group is not configured to receive traffic from the load balancer"
                )
                self._state.changed()
            return True

    def _drain(self, group: TargetGroup, *, target: Target) -> None:
        over = threading.Event()
        over.wait(max(0.0, target.drain_until - self._state.now()))
        with self._state.lock():
            if group.targets.get(target.key) is target:
                del group.targets[target.key]
            self._state.changed()
