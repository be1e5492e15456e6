"""Evidence beside a failure: lines of foreign programs, and facts.

Everything is read as it is at that moment. What cannot be read is named in its place: evidence
never replaces the failure that it explains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.core.redact import redact
from harness.diagnosis.facts import StoppedTask
from harness.diagnosis.first_error import wrapped_errors
from harness.diagnosis.patterns.pattern import Source
from harness.target.resources.ecs import find_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.diagnosis.facts import Fact
    from harness.diagnosis.scope import Scope
    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.resources.task_logs import TaskLogs
    from harness.target.resources.web_tier import WebTier

BEFORE = timedelta(minutes=1)
"""Events from just before a scenario are shown, since they are its situation; no cause is drawn."""


@dataclass(frozen=True)
class Line:
    """A line that others wrote."""

    text: str
    source: Source | None = None
    """None for a line that is shown and explains nothing."""
    subject: str = ""
    """Its subject, as a sentence names it: the web task, a rule's name."""
    heading: str = ""
    """The section that it is shown in, when that is not its collector's."""

    whole: str = ""
    """The whole line, where the text is a part of it."""
    task: str = ""
    """The task that wrote it, as a sentence names it."""
    at: datetime | None = None
    """When it was written."""
    trace: str = ""
    """The trace of the scenario that it belongs to; empty where it has none."""

    def __str__(self) -> str:
        return self.whole or self.text


@dataclass(frozen=True)
class Evidence:
    """Sections to show, and the lines and facts that causes are drawn from."""

    sections: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Cause:
    """A sentence, and the lines of evidence that speak for it."""

    sentence: str
    lines: tuple[str, ...] = ()
    is_sure: bool = True
    """False for a guess and for a symptom, which may follow from another cause."""
    setting: str = ""
    """The setting of the app that it is about; empty if it is about none."""


@dataclass(frozen=True)
class EvidenceSources:
    """The target as the collectors read it; None for a part that it does not show."""

    access: Access
    scope: Scope
    web: WebTier | None = None
    containers: Containers | None = None
    task_logs: TaskLogs | None = None
    """The logs in CloudWatch, where the containers are not ours to read."""
    visitor: Browser | None = None
    clients: Mapping[str, Any] = field(default_factory=dict)
    """Boto3 clients by service."""

    @property
    def since(self) -> datetime:
        """When the scenario began."""
        return self.scope.since

    @cached_property
    def families(self) -> dict[str, str]:
        """Family of a task definition -> web, worker, scheduler."""
        if self.web is None:
            return {}
        names = list(self.groups)
        try:
            services = find_services(self.web.ecs, names, cluster=self.access.cluster)
        # Logs are evidence, too, where ECS does not answer.
        except Exception:  # noqa: BLE001
            return {}
        groups = {
            family_of(service["taskDefinition"]): self.groups[service["serviceName"]]
            for service in services
        }
        scheduler = self.access.resources.get("scheduler")
        return {**groups, scheduler: "scheduler"} if scheduler else groups

    @property
    def groups(self) -> dict[str, str]:
        """ECS service -> web, worker, or its own name in cutover.toml."""
        roles = {self.access.web: "web", self.access.worker: "worker"}
        return {name: roles.get(key, key) for key, name in self.access.services.items()}


@dataclass(frozen=True)
class Collector:
    """One section of evidence."""

    title: str
    read: Callable[[EvidenceSources], Iterable[Line | Fact]]
    needs: str
    """A field of `EvidenceSources`, or an AWS service of its clients."""

    def can_read(self, sources: EvidenceSources) -> bool:
        """Return whether the target shows it."""
        return getattr(sources, self.needs, None) is not None or self.needs in sources.clients


def evidence_of(items: Iterable[Line | Fact]) -> Evidence:
    """Sort lines and facts; a stopped task is both, and a wrapped error is one line besides."""
    parts = tuple(items)
    lines = tuple(part for part in parts if isinstance(part, Line))
    facts = tuple(part for part in parts if not isinstance(part, Line))
    stopped = (fact for fact in facts if isinstance(fact, StoppedTask))
    reasons = (Line(task.reason, Source.STOPPED_REASON, subject=task.name) for task in stopped)
    return Evidence((), (*lines, *wrapped_errors(lines), *reasons), facts)


def collect(collectors: Iterable[Collector], *, sources: EvidenceSources) -> Evidence:
    """Read the evidence that this target can give."""
    sections: dict[str, list[str]] = {}
    items: list[Line | Fact] = []
    for collector in collectors:
        if not collector.can_read(sources):
            continue
        try:
            for item in collector.read(sources):
                items.append(item)
                heading = getattr(item, "heading", "") or collector.title
                sections.setdefault(heading, []).append(str(item))
        # Whatever goes wrong here must not hide the failure that is being explained.
        except Exception as error:  # noqa: BLE001
            sections.setdefault(collector.title, []).append(f"could not be read: {error}")
    blocks = ((title, redact("\n".join(filter(None, text)))) for title, text in sections.items())
    evidence = evidence_of(items)
    return Evidence(tuple(block for block in blocks if block[1]), evidence.lines, evidence.facts)
