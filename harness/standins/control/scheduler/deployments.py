"""The arithmetic of rolling deployments and the circuit breaker; pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_BREAKER_LEAST = 3
_BREAKER_MOST = 200
_THROTTLE_FREE = 2
_THROTTLE_MOST_S = 15.0


@dataclass(frozen=True)
class Member:
    """One task that runs or will run, as the arithmetic needs it."""

    id: str
    primary: bool
    """Of the primary deployment."""
    ready: bool
    """Counts as healthy."""
    unhealthy: bool = False
    """Must be replaced."""


@dataclass(frozen=True)
class Plan:
    """The next starts and stops."""

    start: int = 0
    stop: tuple[str, ...] = ()
    blocked: bool = False
    """The percentages allow neither a start nor a stop that is needed."""


@dataclass(frozen=True)
class Limits:
    """How many tasks a deployment must keep healthy and may run."""

    desired: int
    minimum_percent: int = 100
    maximum_percent: int = 200
    lower: int = field(init=False)
    upper: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", math.ceil(self.desired * self.minimum_percent / 100))
        object.__setattr__(self, "upper", math.floor(self.desired * self.maximum_percent / 100))

    @classmethod
    def of(cls, raw: dict[str, Any], *, desired: int) -> Limits:
        """Return the limits that a service's input asks for."""
        configuration = raw.get("deploymentConfiguration") or {}
        return cls(
            desired=desired,
            minimum_percent=configuration.get("minimumHealthyPercent", 100),
            maximum_percent=configuration.get("maximumPercent", 200),
        )


def plan(members: Sequence[Member], *, limits: Limits, may_start: bool = True) -> Plan:
    """Return how many tasks to start and which to stop; members are oldest first."""
    good = [item for item in members if item.primary and not item.unhealthy]
    leaving = [item for item in members if not item.primary or item.unhealthy]
    missing = max(0, limits.desired - len(good))
    room = max(0, limits.upper - len(members))
    start = min(missing, room) if may_start else 0
    stop = [item.id for item in _surplus(good, count=len(good) - limits.desired)]
    stop += [
        item.id for item in _may_leave(members, leaving=leaving, missing=missing, limits=limits)
    ]
    blocked = bool(missing and not room and not stop)
    return Plan(start=start, stop=tuple(stop), blocked=blocked)


def _surplus(good: Sequence[Member], *, count: int) -> list[Member]:
    """Choose the tasks to stop for a smaller count: those not ready first, then the oldest."""
    ranked = sorted(good, key=lambda item: item.ready)
    return ranked[: max(0, count)]


def _may_leave(
    members: Sequence[Member], *, leaving: Sequence[Member], missing: int, limits: Limits
) -> list[Member]:
    """Choose old and unhealthy tasks that may be stopped without going below the minimum."""
    healthy = sum(item.ready and not item.unhealthy for item in members)
    good = sum(item.ready for item in members if item.primary and not item.unhealthy)
    full = limits.upper <= len(members)
    chosen = []
    for item in leaving:
        serves = item.ready and not item.unhealthy
        if serves and healthy > limits.lower:
            healthy -= 1
            chosen.append(item)
        elif not serves and (good >= limits.desired or not item.primary or (missing and full)):
            chosen.append(item)
    return chosen


def breaker_threshold(desired: int) -> int:
    """Return how many failed tasks trip the circuit breaker: half of desired, from 3 to 200."""
    return max(_BREAKER_LEAST, min(_BREAKER_MOST, math.ceil(desired * 0.5)))


def throttle_s(failed_in_a_row: int) -> float:
    """Return how long to wait before the next start; ECS's delays grow alike, to many minutes."""
    if failed_in_a_row < _THROTTLE_FREE:
        return 0.0
    return min(_THROTTLE_MOST_S, 2.0 ** (failed_in_a_row - _THROTTLE_FREE))
