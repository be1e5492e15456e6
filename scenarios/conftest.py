"""Fixtures of several stories: task definitions, scheduled runs, jobs, mail."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import ExpectationTimeout
from harness.images.inspect.secret_names import is_secret
from harness.target.clients import aws as aws_clients
from harness.target.clients import http
from harness.target.clients import mysql as mysql_client
from harness.target.clients.probe import ProbeRefused
from harness.target.resources.ecs import services_of
from harness.target.resources.proxy_metrics import ProxyMetrics
from harness.target.resources.schedule import PERIOD_S
from harness.target.target import CONTAINERS, EXEC, PROBE, PROXY, SQL
from scenarios import reports, statements
from scenarios.jobs import late_cause, outcomes
from scenarios.mails import MAIL_S, UNKEPT, UNSENT, missing_mail_cause, redirected_cause
from scenarios.scheduled import DUE_WITHIN_S, WINDOW, endless_tick_cause
from scenarios.shared_files import with_shared_files
from scenarios.timeouts import NGINX_FILES
from scenarios.worker_mail import WorkerMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from harness.replay.toolbox import Toolbox
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.job_queue import Jobs
    from harness.target.resources.mailbox import Mail, Mailbox
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.target import Differences
    from scenarios.statements import Statement

NOT_FOUND = 404
MOST_RUNS = 3
"""A scenario lets a job run so many times at most."""


@pytest.fixture
def task_definitions(access: Access, ecs: Any) -> dict[str, dict[str, Any]]:
    """The task definition of each service and of the scheduler, as ECS describes it."""
    definitions = {
        kind: service.definition() for kind, service in services_of(access, ecs=ecs).items()
    }
    if family := access.resources.get("scheduler"):
        answer = ecs.describe_task_definition(taskDefinition=family)
        definitions["scheduler"] = answer["taskDefinition"]
    return definitions


@pytest.fixture
def app_key(access: Access, task_definitions: dict[str, dict[str, Any]]) -> str:
    """APP_KEY as ECS gives it to a web task; empty where no secret has it."""
    entries = (
        entry
        for container in task_definitions[access.web]["containerDefinitions"]
        for entry in container.get("secrets", ())
    )
    value_from = next((entry["valueFrom"] for entry in entries if entry["name"] == "APP_KEY"), "")
    return aws_clients.injected(access, value_from) if value_from else ""


@pytest.fixture
def secret_texts(access: Access, secret: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """Return the texts that nobody may read, each by its name: of secrets and of parameters."""
    texts = {
        f"{key} of {name}": value
        for name in access.secret_names
        for key, value in secret(name).items()
    }
    for variable, value_from in access.injected.items():
        texts[variable] = aws_clients.injected(access, value_from, variable=variable)
    credentials = {
        name: text for name, text in texts.items() if is_secret(name.split(" ")[0], text)
    }
    assert credentials, "the app has no secret at all"
    return credentials


@pytest.fixture
def until_stopped(
    scheduler: Scheduler, eventually: Callable[..., Any], differences: Differences
) -> Callable[[str], Run]:
    """Wait until a scheduled run has stopped, and return its end."""

    def wait(task: str) -> Run:
        run: Run = eventually(
            lambda: scheduler.run(task),
            until=lambda run: run.stopped,
            what=f"the scheduler's task {task} did not stop",
            # With a command that is due more than once a minute, schedule:run takes a minute.
            within_s=differences.task_replacement_timeout_s + PERIOD_S,
            cause=lambda _: endless_tick_cause(scheduler.command()),
        )
        return run

    return wait


@pytest.fixture
def report(request: pytest.FixtureRequest, toolbox: Toolbox) -> Callable[[str], Any]:
    """Return a report of the probe: a command prints it in a web task, or the probe answers it.

    Without the probe, its classes are run by the Laravel of a web task.
    """

    def read(name: str) -> Any:
        if EXEC in toolbox.target.capabilities:
            run_in_task: Callable[..., ExecResult] = request.getfixturevalue("run_in_task")
            if PROBE not in toolbox.target.capabilities:
                return reports.of_task(name, run_in_task=run_in_task)
            return json.loads(run_in_task(reports.printing(name)).stdout)
        probe: ProbeClient = request.getfixturevalue("probe")
        try:
            return probe.report(name)
        except ProbeRefused as refused:
            if refused.status != NOT_FOUND:
                raise
        pytest.skip(reports.OLDER_PROBE)

    return read


@pytest.fixture
def scheduled_entries(report: Callable[[str], Any]) -> list[dict[str, Any]]:
    """The app's scheduled commands, due or not."""
    entries: list[dict[str, Any]] = report(reports.SCHEDULE)
    return entries


@pytest.fixture
def app_code(report: Callable[[str], Any]) -> dict[str, Any]:
    """The names, locks and files in the app's code."""
    code: dict[str, Any] = report(reports.CODE)
    return code


@pytest.fixture
def configuration(report: Callable[[str], Any], access: Access) -> dict[str, Any]:
    """The configuration of a web task: its defaults and its resources."""
    return with_shared_files(report(reports.CONFIGURATION), access.shared_paths)


@pytest.fixture
def scheduler_runs(
    probe: ProbeClient, retry_while_unavailable: Callable[[Callable[[], Any]], Any]
) -> Callable[[datetime], list[dict[str, Any]]]:
    """Return the records of schedule:run and of each command that it ran since then."""

    def ask(since: datetime) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = retry_while_unavailable(lambda: probe.ticks(since=since))
        return records

    return ask


@pytest.fixture
def until_window_is_over(
    scheduler: Scheduler, eventually: Callable[..., Any]
) -> Callable[[], None]:
    """Wait until the window of two minutes has passed in which scenarios count ticks."""
    _, ended = scheduler.window(WINDOW)

    def wait() -> None:
        eventually(
            lambda: datetime.now(UTC),
            until=lambda now: now >= ended,
            what="the two minutes did not pass",
            within_s=DUE_WITHIN_S,
        )

    return wait


@pytest.fixture
def cause_of_delay(report_untaken: Callable[[str], None]) -> Callable[[dict[str, Any]], str]:
    """Return why a job has not ended; that no worker takes it is noted for other scenarios."""

    def find(job: dict[str, Any]) -> str:
        if not outcomes(job):
            report_untaken(str(job["id"]))
        return late_cause(job)

    return find


@pytest.fixture
def until_done(
    eventually: Callable[..., Any],
    retry_while_unavailable: Callable[[Callable[[], Any]], Any],
    jobs: Jobs,
    long_job_delay_s: float,
    polls_s: float,
    cause_of_delay: Callable[[dict[str, Any]], str],
    differences: Differences,
) -> Callable[..., dict[str, Any]]:
    """Wait until a job has had its effect or failed for good, and return its runs and effects."""
    waits_s = long_job_delay_s + MOST_RUNS * polls_s

    def wait(job: str, *, takes_s: float = 0) -> dict[str, Any]:
        done: dict[str, Any] = eventually(
            lambda: retry_while_unavailable(lambda: jobs.state_of(job)),
            until=lambda it: (it["effects"] or it["failed"]) and any(outcomes(it)[-1:]),
            what=f"job {job} was not done",
            within_s=differences.task_replacement_timeout_s + waits_s + takes_s,
            cause=cause_of_delay,
        )
        return done

    return wait


@pytest.fixture
def until_begun(
    eventually: Callable[..., Any],
    jobs: Jobs,
    job_timeout_s: float,
    cause_of_delay: Callable[[dict[str, Any]], str],
) -> Callable[..., dict[str, Any]]:
    """Wait until a job runs, and return its runs and effects."""

    def wait(job: str) -> dict[str, Any]:
        begun: dict[str, Any] = eventually(
            lambda: jobs.state_of(job),
            until=lambda it: it["runs"],
            what=f"job {job} did not begin",
            within_s=job_timeout_s,
            cause=cause_of_delay,
        )
        return begun

    return wait


@pytest.fixture
def mailbox(toolbox: Toolbox) -> Mailbox:
    """The mails that were sent."""
    return toolbox.mailbox


@pytest.fixture
def proxy_metrics(aws: Callable[[str], Any], access: Access) -> ProxyMetrics:
    """RDS Proxy's metrics."""
    return ProxyMetrics(access, cloudwatch=aws("cloudwatch"))


@pytest.fixture
def worker_mail(
    access: Access, worker: EcsService, run_in_task: Callable[..., ExecResult]
) -> WorkerMail:
    """The mailer of a running worker, and its way."""

    def run(command: list[str]) -> str:
        return str(run_in_task(command, task=min(worker.running(), default="")).stdout)

    return WorkerMail(access.smtp_host, run)


@pytest.fixture
def recipient_of_all(request: pytest.FixtureRequest, toolbox: Toolbox) -> Callable[[], str]:
    """Read the address that every mail of the app goes to; empty where there is none."""

    def read() -> str:
        if PROBE not in toolbox.target.capabilities:
            return ""
        return str(request.getfixturevalue("configuration").get("mail_to") or "")

    return read


@pytest.fixture
def wait_for_mail(
    mailbox: Mailbox,
    eventually: Callable[..., Any],
    worker_mail: WorkerMail,
    recipient_of_all: Callable[[], str],
    job_timeout_s: float,
) -> Callable[..., list[Mail]]:
    """Wait until an address has so many mails, and return them all.

    ``whole`` waits for their texts, too, which come later on AWS. ``ends`` returns the outcome of
    each run of the mail's job, where the scenario knows them.
    """

    def wait(
        address: str,
        *,
        count: int = 1,
        whole: bool = False,
        ends: Callable[[], list[str]] = list,
    ) -> list[Mail]:
        arrivals: list[Mail] = []

        def look() -> list[Mail]:
            arrivals[:] = mailbox.to(address)
            return [mail for mail in arrivals if mail.is_whole or not whole]

        try:
            mails: list[Mail] = eventually(
                look,
                until=lambda mails: len(mails) >= count,
                what=f"{count} mail(s) did not arrive",
                within_s=count * MAIL_S + job_timeout_s,
            )
        except ExpectationTimeout as late:
            if len(arrivals) >= count:
                raise ExpectationTimeout(str(late), cause=UNKEPT, certain=True) from None
            name, outcomes = worker_mail.mailer(), ends()
            sure = redirected_cause(recipient_of_all()) or worker_mail.obstacle()
            raise ExpectationTimeout(
                f"{late} (the worker's mailer is {name!r}; its runs ended: {outcomes})",
                cause=sure or missing_mail_cause(name, outcomes, count=count),
                certain=bool(sure) or name in UNSENT,
            ) from None
        return mails

    return wait


@pytest.fixture
def anonymous_session(access: Access) -> Iterator[requests.Session]:
    """A session without cookies or credentials."""
    with http.outside(access) as session:
        yield session


@pytest.fixture(scope="session")
def statement_log(toolbox: Toolbox, access: Access) -> Callable[[], list[Statement]]:
    """Log statements at the server from now on; return, once, those of the app.

    There are none where the log cannot be read in time.
    """
    from pymysql.err import OperationalError

    sql = toolbox.containers.sql
    sql(statements.START_LOG)

    def read() -> list[Statement]:
        password = secrets.token_hex()
        sql(statements.reader_sql(password))
        try:
            reader = mysql_client.session(
                access,
                hop="server",
                user=statements.READER,
                password=password,
                answer_s=statements.READ_S,
            )
            with reader as connection, connection.cursor() as cursor:
                cursor.execute(statements.READ_LOG)
                return statements.read_log(cursor.fetchall())
        except OperationalError:
            return []
        finally:
            sql(statements.STOP_LOG)

    return read


@pytest.fixture(scope="session", autouse=True)
def early_statement_log(request: pytest.FixtureRequest, toolbox: Toolbox) -> None:
    """Log statements from before the first scenario, if a chosen one reads them."""
    can = not toolbox.target.lacks(frozenset({CONTAINERS, SQL, PROXY}))
    items = request.session.items
    if can and any("statement_log" in getattr(item, "fixturenames", ()) for item in items):
        request.getfixturevalue("statement_log")


@pytest.fixture(scope="session", autouse=True)
def early_long_job(request: pytest.FixtureRequest) -> None:
    """Dispatch the long job before the first scenario, if a chosen one waits for it."""
    if any("long_job" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("long_job")


@pytest.fixture
def nginx_configuration(run_in_task: Callable[..., ExecResult], access: Access) -> str:
    """The files of nginx's configuration in a web task, one after the other."""
    # nginx -T as root would take its directories from the app's user; the files are read instead.
    listing = run_in_task(["sh", "-c", NGINX_FILES], container=access.web_container)
    if listing.exit_code != 0:
        pytest.skip("not covered: the web task has no configuration of nginx in /etc/nginx")
    return str(listing.stdout)
