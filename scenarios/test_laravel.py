"""The app's own Laravel stores files, runs jobs and sends mail in its tasks, probe or no probe."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import ExpectationTimeout, SettingCause, expect
from harness.report import emulated, not_covered, proved
from harness.target.clients.probe import disk_cause
from harness.target.resources import queue_worker
from harness.target.resources.ecs import services_of
from scenarios.jobs import worker_processes
from scenarios.laravel import (
    CACHED,
    DISPATCH,
    MISSING_TABLES,
    QUEUES,
    READ,
    REMOVE,
    SEND,
    STORE,
    Laravel,
)
from scenarios.mails import MAIL_S, UNSENT, missing_mail_cause
from scenarios.reports import probe_classes
from scenarios.worker_mail import mailer_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.target.access import Access
    from harness.target.clients.browser import Account
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.mailbox import Mailbox
    from harness.target.resources.web_tier import WebTier

NOT_THERE = not_covered("no command can be run in its tasks")
UNWRITTEN = not_covered("what a script leaves behind is in no ledger: the probe does it there")
IN_THE_TASK_ITSELF = ("sync", "deferred", "background", "null")
"""Drivers of queue connections that hand no job to a worker."""
WITH_A_LOCK = ("withoutOverlapping()", "WithoutOverlapping ", "block()", "the unique job")
"""The first words of uses of a store that need its table of locks, too."""


@pytest.fixture
def ask_laravel(run_in_task: Callable[..., ExecResult]) -> Callable[..., dict[str, Any]]:
    """Run a script in the Laravel of a task; the scenario is not run where there is none."""
    return Laravel(run_in_task).ask_or_skip


@pytest.fixture
def stored_path(
    ask_laravel: Callable[..., dict[str, Any]], web_tier: WebTier, access: Access
) -> Iterator[str]:
    """The path of a file that a scenario may store; it is removed at the end."""
    path = f"{access.upload_folder}cutover-harness/{secrets.token_hex(8)}.txt"
    yield path
    ask_laravel(REMOVE, task=min(web_tier.running()), path=path, bucket=access.resources["bucket"])


@pytest.mark.truth(
    local=emulated("LocalStack's S3; role policies are the harness's own"),
    aws=UNWRITTEN,
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_file_of_one_task_is_read_by_another(
    ask_laravel: Callable[..., dict[str, Any]], web_tier: WebTier, access: Access, stored_path: str
) -> None:
    tasks, bucket = sorted(web_tier.running()), access.resources["bucket"]
    text = secrets.token_hex(16)
    stored = ask_laravel(STORE, task=tasks[0], path=stored_path, text=text, bucket=bucket)
    expect(
        stored["in_bucket"],
        f"no disk of the app is in the bucket {bucket}; its default disk is {stored['disk']!r}",
        cause=disk_cause(stored["disk"])
        or f"no disk of config/filesystems.php has the driver s3 and the bucket {bucket}:"
        f" FILESYSTEM_DISK or {bucket_variables(web_tier)} of the web task names another",
        certain=True,
    )
    read = ask_laravel(READ, task=tasks[-1], path=stored_path, bucket=bucket)
    assert read["text"] == text, "the file came back with other bytes"


def bucket_variables(web_tier: WebTier) -> str:
    """Return the variables of a web task that name buckets; AWS_BUCKET where none does."""
    names = [entry["name"] for entry in web_tier.container().get("environment", ())]
    return ", ".join(name for name in names if name.endswith("BUCKET")) or "AWS_BUCKET"


@pytest.mark.truth(local=proved, aws=proved, url=NOT_THERE)
@pytest.mark.requires("http", "code", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_tables_of_sessions_cache_and_jobs_are_there(
    ask_laravel: Callable[..., dict[str, Any]],
    web_tier: WebTier,
    app_code: dict[str, Any],
    access: Access,
    ecs: Any,
    run_in_task: Callable[..., ExecResult],
) -> None:
    stores = [entry for entry in app_code["names"] if entry["type"] == "store"]
    answer = ask_laravel(
        probe_classes() + MISSING_TABLES,
        task=min(web_tier.running()),
        stores={f"{store['file']} line {store['line']}": store["name"] for store in stores},
        locks={
            lock["use"]: lock["store"]
            for lock in app_code["locks"]
            if lock["use"].startswith(WITH_A_LOCK)
        },
        has_worker=bool(worker_processes(access, ecs=ecs, run_in_task=run_in_task)),
    )
    for table, use in answer["missing"]:
        expect(
            False,
            f"there is no table {table}",
            cause=f"the table {table} is missing, in which Laravel keeps {use}: no migration makes"
            " it, or a variable or config/ names another than the migration does",
            certain=True,
        )


@pytest.mark.truth(
    local=emulated("the emulator's queue never delivers twice nor out of order, as SQS may"),
    aws=UNWRITTEN,
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec", "jobs")
@pytest.mark.mutates
def test_job_of_a_web_task_runs_in_a_worker(
    ask_laravel: Callable[..., dict[str, Any]],
    web_tier: WebTier,
    worker: EcsService,
    eventually: Callable[..., Any],
    job_timeout_s: float,
) -> None:
    web, key = min(web_tier.running()), f"cutover-harness-{secrets.token_hex(8)}"
    sent = ask_laravel(DISPATCH, task=web, key=key)
    expect(
        sent["driver"] not in IN_THE_TASK_ITSELF,
        f"the web task's queue connection {sent['connection']} hands its jobs to no worker",
        cause=SettingCause(
            "QUEUE_CONNECTION",
            f"QUEUE_CONNECTION is {sent['connection']} in the web task, which runs its jobs"
            " itself or drops them",
        ),
        certain=True,
    )
    eventually(
        # A cache of one task's own shows it in the worker alone.
        lambda: any(
            ask_laravel(CACHED, task=task, key=key)["value"] == key
            for task in (web, *worker.running())
        ),
        until=bool,
        what=f"a job that the web task put on {sent['connection']} did not run",
        within_s=job_timeout_s,
    )


@pytest.mark.truth(local=proved, aws=proved, url=NOT_THERE)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_default_queue_of_the_web_tasks_has_a_worker(
    ask_laravel: Callable[..., dict[str, Any]],
    web_tier: WebTier,
    access: Access,
    ecs: Any,
    run_in_task: Callable[..., ExecResult],
) -> None:
    processes = worker_processes(access, ecs=ecs, run_in_task=run_in_task)
    if not processes:
        pytest.skip("not covered: no task runs queue:work")
    used = ask_laravel(QUEUES, task=min(web_tier.running()), connection="", queues=[])
    if used["driver"] in IN_THE_TASK_ITSELF:
        pytest.skip(f"not covered: the connection {used['connection']} hands jobs to no worker")
    served: dict[tuple[str, str], str] = {}
    for task, words in processes:
        connection = queue_worker.connection(words)
        names = list(queue_worker.queue_names(words, default=""))
        own = ask_laravel(QUEUES, task=task, connection=connection, queues=[*filter(None, names)])
        served |= {
            (own["driver"], whole): f"{name} of {own['connection']}"
            for name, whole in own["queues"].items()
        }
    queues = ", ".join(sorted(served.values()))
    ((queue, whole),) = used["queues"].items()
    expect(
        (used["driver"], whole) in served,
        f"no worker serves the queue {queue} of the connection {used['connection']}",
        cause=f"a web task puts its jobs on the queue {queue} of the connection"
        f" {used['connection']}, and queue:work serves {queues}: correct --queue of queue:work, or"
        " the variables of the web task",
        certain=True,
    )


@pytest.mark.truth(
    local=emulated("LocalStack's SES v1: it checks sender and size, no recipient, rate or sandbox"),
    aws=UNWRITTEN,
    url=not_covered("a mail would go to a real person"),
)
@pytest.mark.requires("ecs", "elb", "exec", "mail")
@pytest.mark.mutates
def test_mail_of_a_task_reaches_its_recipient(
    ask_laravel: Callable[..., dict[str, Any]],
    access: Access,
    ecs: Any,
    mailbox: Mailbox,
    new_account: Callable[[], Account],
    eventually: Callable[..., Any],
) -> None:
    services = services_of(access, ecs=ecs)
    sender = services[access.worker or access.web]
    to, subject = new_account().email, f"Rehearsal {secrets.token_hex(4)}"
    sent = ask_laravel(SEND, task=min(sender.running()), to=to, subject=subject)
    try:
        (mail, *_) = eventually(
            lambda: mailbox.to(to), until=bool, what="the mail did not arrive", within_s=MAIL_S
        )
    except ExpectationTimeout as late:
        transport = mailer_name(str(sent["transport"]), smtp_host=access.smtp_host)
        raise ExpectationTimeout(
            f"{late} (the mailer is {sent['mailer']}, its transport {transport})",
            cause=missing_mail_cause(transport, []),
            certain=transport in UNSENT,
        ) from None
    assert mail.subject == subject, f"the subject arrived as {mail.subject!r}"
