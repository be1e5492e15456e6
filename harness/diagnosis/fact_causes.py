"""Causes that follow from facts, in the order in which they are believed; earlier ones go first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.core.expectation import REQUEST, SESSION, STORAGE
from harness.diagnosis import job_causes, task_causes, visitor_causes
from harness.diagnosis.evidence import Cause
from harness.diagnosis.facts import (
    DeafPort,
    DroppedCommand,
    JobPath,
    MissingRight,
    QueueDelay,
    StoppedTask,
    VisitorRequest,
    VisitorSession,
    WaitingStart,
)
from harness.diagnosis.patterns.aws_api import (
    ALLOW_IT,
    ALLOW_SENDER,
    DENIED,
    LACKS_RIGHT,
    SENDS_ACL,
    UNMET,
    without_key,
)
from harness.target.resources.queue_worker import QueueCommand
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.diagnosis.evidence import Evidence

    FactType = TypeVar("FactType")
    FactCause = Callable[[Evidence], Cause | None]

_UNVERIFIED = "unverified.example"


def _of(kind: type[FactType], cause: Callable[[FactType], str]) -> FactCause:
    """Ask for a cause of each fact of one type until there is one."""

    def first(evidence: Evidence) -> Cause | None:
        for fact in evidence.facts:
            if isinstance(fact, kind) and (sentence := cause(fact)):
                return Cause(sentence, tuple(str(fact).splitlines()))
        return None

    return first


def missing_right(lack: MissingRight) -> str:
    """Return the right that a role lacked; the app may have swallowed AWS's answer.

    A scenario sends from a name that has no right on purpose.
    """
    if _UNVERIFIED in lack.resource:
        return ""
    fields = {"role": lack.role, "action": lack.action, "arn": without_key(lack.resource)}
    if lack.denied_by:
        return DENIED.format(**fields, statement=lack.denied_by)
    if lack.action == "s3:PutObjectAcl":
        return SENDS_ACL.format(**fields)
    return LACKS_RIGHT.format(**fields, remedy=remedy(lack))


def missing_right_to_store(lack: MissingRight) -> str:
    """Return the right on S3 that a role lacked; a disk that does not throw keeps it to itself."""
    return missing_right(lack) if lack.action.startswith("s3:") else ""


def remedy(lack: MissingRight | None) -> str:
    """Return how a role gets a right that it lacked."""
    if lack and lack.unmet:
        return UNMET.format(statement=lack.unmet)
    return ALLOW_SENDER if lack and ":identity/" in lack.resource else ALLOW_IT


CAUSES: tuple[FactCause, ...] = (
    _of(NamedSecret, task_causes.faulty_secret),
    _of(DroppedCommand, task_causes.lost_command),
    _of(WaitingStart, task_causes.waiting_start),
    _of(DeafPort, task_causes.deaf_port),
    task_causes.missing_check_tool,
    task_causes.worker_that_errs,
    _of(StoppedTask, task_causes.worker_that_ends),
)
ABOUT: Mapping[str, tuple[FactCause, ...]] = {
    SESSION: (
        _of(VisitorSession, visitor_causes.session_cookie),
        _of(VisitorRequest, visitor_causes.hidden_scheme),
        _of(VisitorSession, visitor_causes.session_key),
    ),
    REQUEST: (_of(VisitorRequest, visitor_causes.forwarded_request),),
    STORAGE: (_of(MissingRight, missing_right_to_store),),
}
"""Only for a check about a visitor's session, a request as the app takes it, or a stored file."""
LATE: tuple[FactCause, ...] = (
    _of(QueueCommand, job_causes.foreign_connection),
    _of(JobPath, job_causes.lost_jobs),
    _of(QueueDelay, job_causes.queue_delay),
    _of(QueueCommand, job_causes.slow_worker),
    _of(QueueCommand, job_causes.endless_tries),
)
"""Only for a check that waited in vain: other checks do not fail for a slow worker."""
CHECKS: tuple[FactCause, ...] = (
    task_causes.unanswered_check,
    _of(MissingRight, missing_right),
    task_causes.answered_check,
)
"""Before the patterns of a symptom, which know less."""
SYMPTOMS: tuple[FactCause, ...] = (_of(StoppedTask, task_causes.task_that_ends),)
"""Only where nothing names a reason."""
