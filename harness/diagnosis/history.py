"""Timeline of the stack while the scenarios ran: values only; `history_reader` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SERVICE = "stand-ins"
"""The kind of a lifespan that is one of our own services."""


@dataclass(frozen=True)
class Lifespan:
    """A component or a task: the times of its creation, start and end; None for an unknown one."""

    kind: str
    """``stand-ins``, or the family of the task's definition."""
    name: str
    detail: str = ""
    """Of a task: its definition's revision, and its startedBy."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    ready_at: datetime | None = None
    """When a service answered, or a task was healthy behind the load balancer."""
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    end: str = ""
    """Why it stopped, in ECS's words, with exit codes."""
    failed: bool = False
    """Whether it ended otherwise than somebody meant it to."""
    folders: tuple[tuple[str, str], ...] = ()
    """Container -> the folder with its logs, inside the run directory."""


@dataclass(frozen=True)
class Event:
    """One event of an ECS service."""

    at: datetime
    service: str
    message: str


@dataclass(frozen=True)
class HealthChange:
    """A target of the load balancer that changed its state."""

    at: datetime
    address: str
    state: str
    why: str = ""
    task: str = ""


@dataclass(frozen=True)
class Tick:
    """One tick of the scheduler's rule, and its outcome."""

    due: datetime
    """The minute that the rule names; where it is not known, when the task was asked for."""
    task: str = ""
    command_at: datetime | None = None
    """When the scheduler's command began in the task; where it is not known, when the task did."""
    end: str = ""
    ran: tuple[str, ...] = ()
    """The scheduled commands that were due and were run, each with its end."""

    @property
    def lag_s(self) -> float | None:
        """How long after its minute the command began."""
        return (self.command_at - self.due).total_seconds() if self.command_at else None


@dataclass(frozen=True)
class Image:
    """An image that the stack was made from."""

    name: str
    reference: str
    id: str


@dataclass(frozen=True)
class History:
    """Timeline data of one replay. Empty for targets without a control plane."""

    lifespans: tuple[Lifespan, ...] = ()
    events: tuple[Event, ...] = ()
    health: tuple[HealthChange, ...] = ()
    ticks: tuple[Tick, ...] = ()
    images: tuple[Image, ...] = ()
    targets: tuple[str, ...] = ()
    """Health of the load balancer's targets at the end."""
    logs_at: str = ""
    """The run directory, as seen from the directory of the report."""
    unread: tuple[str, ...] = ()
    """The sources that could not be read, each with the reason."""
