"""Undoes the changes of a run, from its ledger alone: after the run, or after a kill.

It compares the account with the ledger, so that it can be repeated. A value that neither the run
nor its scenarios gave is somebody else's, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from harness.core.errors import TargetError
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.target.changes.ledger import DISPATCH_JOB, REMOVE_FILE, STORE_FILE, Entry, Ledger
from harness.target.changes.permissions import rehearsal_of
from harness.target.changes.settings import SETTINGS, Account, Setting
from harness.target.clients.account import aws_errors
from harness.target.clients.probe import ProbeClient, ProbeRefused
from harness.target.resources.ecs import BY_SCENARIOS, task_arns, task_id
from harness.target.resources.job_queue import JobQueue
from harness.target.target import AS_ON_AWS

_CLOCKS_DIFFER_BY = timedelta(hours=1)
_NO_TASK = (502, 503, 504)
"""The load balancer's statuses while the web service has no task yet."""
_Undo = Callable[[], Iterable[str]]


@dataclass(frozen=True)
class Restoration:
    """The outcome: one line for each change."""

    undone: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """Values that somebody else has given meanwhile; they stay."""
    left: tuple[str, ...] = ()
    """Changes that could not be undone."""
    error: TargetError | None = None
    """The first reason for that."""


@dataclass
class _Field:
    """One field of a setting over the run."""

    original: Any
    wanted: Any

    def then(self, before: Any, after: Any) -> None:
        """Follow one more change; a value that the run never gave is a new original."""
        if before != self.wanted:
            self.original = before
        self.wanted = after


@dataclass
class _Outcome:
    undone: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    error: TargetError | None = None


def restore(account: Account, ledger: Ledger, *, probe: Callable[[], ProbeClient]) -> Restoration:
    """Undo the changes of a ledger, and close it when nothing is left.

    Settings come first, since new tasks need their task definition, and the probe last, since it
    needs a task.

    Args:
        account: The account.
        ledger: The run's.
        probe: Returns the app's probe.
    """
    entries, outcome = ledger.entries(), _Outcome()
    if not ledger.is_closed:
        undos = (
            *_corrections(account, entries, outcome.foreign),
            *_removals(account, entries),
            *_of_probe(account, entries, probe),
        )
        for subject, undo in undos:
            _attempt(account, undo, subject, outcome)
        if not outcome.left:
            ledger.close()
    return Restoration(
        tuple(outcome.undone), tuple(outcome.foreign), tuple(outcome.left), outcome.error
    )


def _attempt(account: Account, undo: _Undo, subject: str, outcome: _Outcome) -> None:
    try:
        with aws_errors(account.access.profile, asking=subject):
            outcome.undone += undo()
    except TargetError as error:
        _leave(outcome, subject, error)
    except (DeadlinePassed, ProbeRefused, OSError) as error:
        hint = "Wait until the site answers."
        _leave(
            outcome,
            subject,
            TargetError("The app's probe does not answer.", last_answer=str(error), hint=hint),
        )
    except Exception as error:  # noqa: BLE001 - the other changes must still be undone
        words = f"{type(error).__name__}: {error}"
        _leave(outcome, subject, TargetError(f"{subject} cannot be undone.", last_answer=words))


def _leave(outcome: _Outcome, subject: str, error: TargetError) -> None:
    outcome.left.append(subject)
    outcome.error = outcome.error or error


def _corrections(
    account: Account, entries: list[Entry], foreign: list[str]
) -> Iterator[tuple[str, _Undo]]:
    """Yield how to write each setting back that the run changed, with its name."""
    for (setting, resource), fields in _settings(entries).items():
        yield (
            f"the settings of {resource}",
            partial(_write_back, account, setting, resource, fields, foreign),
        )


def _settings(entries: Iterable[Entry]) -> dict[tuple[Setting, str], dict[str, _Field]]:
    settings: dict[tuple[Setting, str], dict[str, _Field]] = {}
    for entry in entries:
        if entry.operation not in SETTINGS:
            continue
        fields = settings.setdefault((SETTINGS[entry.operation], entry.resource), {})
        for name, after in entry.wanted.items():
            if name in fields:
                fields[name].then(entry.before[name], after)
            else:
                fields[name] = _Field(entry.before[name], after)
    return settings


def _write_back(
    account: Account,
    setting: Setting,
    resource: str,
    fields: Mapping[str, _Field],
    foreign: list[str],
) -> list[str]:
    now = setting.read(account, resource)
    back = {}
    for name, change in fields.items():
        if now[name] == change.original:
            continue
        if now[name] == change.wanted:
            back[name] = change.original
        else:
            foreign.append(
                f"{resource}: {name} is {now[name]}, which this run did not set; before it was"
                f" {change.original}"
            )
    if back:
        setting.write(account, resource, back)
    return [f"{resource}: {name} is {value} again" for name, value in back.items()]


def _removals(account: Account, entries: list[Entry]) -> Iterator[tuple[str, _Undo]]:
    """Yield how to remove each thing that the run made, with its name."""
    of = {entry.operation for entry in entries}
    if "ecs:RunTask" in of:
        yield "the tasks that scenarios started", partial(_stop_tasks, account)
    registered: dict[str, datetime] = {}
    for entry in entries:
        if entry.operation == "ecs:RegisterTaskDefinition":
            registered.setdefault(entry.resource, datetime.fromisoformat(entry.at))
    for family, since in registered.items():
        yield f"task definitions of {family}", partial(_deregister, account, family, since=since)
    stages: dict[str, set[str]] = {}
    for entry in entries:
        if entry.operation == "secretsmanager:PutSecretValue":
            stages.setdefault(entry.resource, set()).add(str(entry.wanted["VersionStage"]))
    for secret, names in stages.items():
        yield f"versions of the secret {secret}", partial(_unstage, account, secret, names)


def _of_probe(
    account: Account, entries: list[Entry], probe: Callable[[], ProbeClient]
) -> Iterator[tuple[str, _Undo]]:
    """Yield how to remove the files and the dead jobs that the probe has made."""
    of: dict[str, list[str]] = {}
    for entry in entries:
        of.setdefault(entry.operation, []).append(entry.resource)
    files = dict.fromkeys(of.get(STORE_FILE, ()))
    left = [name for name in files if name not in of.get(REMOVE_FILE, ())]
    if left:
        yield "files of the probe", partial(_remove_files, left, probe)
    jobs = of.get(DISPATCH_JOB)
    if jobs and "dead_letter_queue" in account.access.resources:
        yield "jobs of the probe in the dead-letter queue", partial(_remove_jobs, account, jobs)


def _remove_files(names: list[str], probe: Callable[[], ProbeClient]) -> Iterator[str]:
    client = probe()

    def remove(name: str) -> Ready | NotYet:
        # The web service may just have its tasks back.
        try:
            client.remove(name)
        except ProbeRefused as refused:
            if refused.status not in _NO_TASK:
                raise
            return NotYet(str(refused))
        return Ready()

    for name in names:
        deadline = Deadline(AS_ON_AWS.task_replacement_timeout_s)
        wait_until(partial(remove, name), deadline=deadline, interval_s=2.0)
        yield f"file {name} of the probe is removed"


def _remove_jobs(account: Account, jobs: list[str]) -> Iterator[str]:
    queue = JobQueue(account.access, sqs=account.client("sqs"))
    for job in queue.remove_dead(jobs):
        yield f"job {job} is removed from the dead-letter queue"


def _stop_tasks(account: Account) -> Iterator[str]:
    ecs, cluster = account.client("ecs"), account.access.cluster
    for starter in BY_SCENARIOS:
        for arn in task_arns(ecs, cluster=cluster, statuses=("RUNNING",), startedBy=starter):
            ecs.stop_task(cluster=cluster, task=arn, reason="the rehearsal is over")
            yield f"task {task_id(arn)} is stopped"


def _deregister(account: Account, family: str, *, since: datetime) -> Iterator[str]:
    ecs = account.client("ecs")
    pages = ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=family, status="ACTIVE", sort="DESC"
    )
    for arn in [arn for page in pages for arn in page["taskDefinitionArns"]]:
        definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        if definition.get("registeredAt", since) < since - _CLOCKS_DIFFER_BY:
            return  # older ones are not of this run
        if rehearsal_of(definition) == account.access.run:
            ecs.deregister_task_definition(taskDefinition=arn)
            yield f"task definition {arn.rpartition('/')[2]} is deregistered"


def _unstage(account: Account, secret: str, stages: set[str]) -> Iterator[str]:
    client = account.client("secretsmanager")
    versions = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    for version, labels in versions.items():
        for stage in stages.intersection(labels):
            client.update_secret_version_stage(
                SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
            )
            yield f"secret {secret}: the stage {stage} is removed"
