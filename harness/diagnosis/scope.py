"""The scope of a failure: the tasks and the time of the evidence that may explain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.target.target import ELB, HTTP, JOBS, MAIL, QUEUE, SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

GROUPS = frozenset({"web", "worker", "scheduler"})
_GROUP_OF = {
    **dict.fromkeys((HTTP, ELB), "web"),
    **dict.fromkeys((QUEUE, JOBS, MAIL), "worker"),
    SCHEDULE: "scheduler",
}
"""Capability -> the tasks that a scenario meets with it."""


def groups_of(capabilities: Collection[str]) -> frozenset[str]:
    """Return the tasks that a scenario meets; all of them where its capabilities name none."""
    return (
        frozenset(_GROUP_OF[capability] for capability in capabilities if capability in _GROUP_OF)
        or GROUPS
    )


@dataclass(frozen=True)
class Scope:
    """The tasks that a failed scenario met, and the time in which it ran."""

    since: datetime
    """When the scenario began: nothing older explains its failure."""
    groups: frozenset[str] = GROUPS
    exclusive_times: tuple[tuple[datetime, datetime], ...] = ()
    """When scenarios ran that disturb the target on purpose, beside this one."""
    trace: str = ""
    """The trace of its requests; empty where every scenario's explain it."""

    provoked: tuple[str, ...] = ()
    """Texts of the errors that the scenario itself asks for."""

    def has_group(self, group: str) -> bool:
        """Return whether the tasks of a group are in scope; those of an unknown one are."""
        return group in self.groups or group not in GROUPS

    def is_provoked(self, text: str) -> bool:
        """Return whether a line has an error that the scenario itself asks for."""
        return any(error in text for error in self.provoked)

    def has_trace(self, trace: str) -> bool:
        """Return whether a log line of this trace, or of none, may explain the failure."""
        return not (self.trace and trace) or trace == self.trace

    def has_time(self, at: datetime | None) -> bool:
        """Return whether an event of this time, or of an unknown one, may explain the failure."""
        if at is None:
            return True
        return at >= self.since and not any(
            began <= at <= ended for began, ended in self.exclusive_times
        )
