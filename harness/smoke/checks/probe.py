"""Checks with the probe's key: the app as it sees itself, and writes under the probe's prefix."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.smoke.result import Action, Result, green, red
from harness.target.clients.probe import ProbeRefused

if TYPE_CHECKING:
    from harness.smoke.examination import Examination
    from harness.smoke.site import Site
    from harness.target.clients.probe import ProbeClient

READS = 6
MINUTES = 5
LONGEST_WAIT_S = 15.0
OLDEST_TICK_S = 150
"""A minute between two runs, and the start of a Fargate task."""
_SCHEDULER = "schedule:run"


def obstacle(site: Site) -> str:
    """Return the reason for which the probe is not asked; empty without one."""
    return "" if site.key else "needs the probe's key: --key-file, --key-secret, CUTOVER_PROBE_KEY"


def probe(exam: Examination) -> Result:
    """Ask the app which task answers, and how it sees the request."""
    source = "probe, whoami"
    answer = exam.probe(exam.visitor()).whoami()
    value = f"task {answer['task']}, {answer['scheme']}://{answer['host']}"
    if not answer["task"]:
        return red(
            Action.MEND,
            value,
            source,
            "no ECS task answers: the address leads to the old host, or to a copy of the app",
        )
    if not answer["secure"] or answer["host"] != exam.site.host:
        return red(
            Action.MEND,
            value,
            source,
            "links, redirects and cookies go wrong: trust the load balancer's headers (trusted"
            " proxies in bootstrap/app.php)",
        )
    return green(value, source)


def settings(exam: Examination) -> Result:
    """Read the app's environment and debug mode."""
    facts = exam.probe(exam.visitor()).facts()
    value = f"APP_ENV {facts['environment']}, APP_DEBUG {'true' if facts['debug'] else 'false'}"
    if facts["debug"] or facts["environment"] != "production":
        meaning = "errors show code and secrets: set APP_ENV=production and APP_DEBUG=false"
        return red(Action.ROLL_BACK, value, "probe, facts", meaning)
    return green(value, "probe, facts")


def session_over_tasks(exam: Examination) -> Result:
    """Put a value into a session, and read it until several tasks have answered."""
    client = exam.probe(exam.visitor())
    client.put("smoke", exam.run_id)
    answers = [client.session() for _ in range(READS)]
    matches = sum(answer["values"].get("smoke") == exam.run_id for answer in answers)
    tasks = {answer["task"] for answer in answers}
    value = f"{matches} of {READS} answers of {len(tasks)} tasks have the value"
    source = f"probe, session in {answers[-1]['driver']}"
    if matches < READS:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors are signed out between two pages: SESSION_DRIVER must be a store that all"
            " tasks share, and APP_KEY the same in every task",
        )
    return green(value, source)


def file_over_tasks(exam: Examination) -> Result:
    """Store a file under the probe's prefix, read it from several tasks, and remove it."""
    client = exam.probe(exam.visitor())
    name, content = f"smoke-{exam.run_id}", hashlib.sha256(exam.run_id.encode()).digest()
    source = f"probe, file {name}"
    try:
        disk = client.store(name, content)["disk"]
    except ProbeRefused as refused:
        return _file_error(refused.message, source)
    try:
        answers = [client.read(name) for _ in range(READS)]
    finally:
        client.remove(name)
    matches = sum(answer.content == content for answer in answers)
    tasks = {answer.headers.get("X-Probe-Task") for answer in answers}
    value = f"{matches} of {READS} answers of {len(tasks)} tasks have the file, on disk {disk}"
    return green(value, source) if matches == READS else _file_error(value, source)


def _file_error(value: str, source: str) -> Result:
    return red(
        Action.ROLL_BACK,
        value,
        source,
        "uploads are lost or missing for some visitors: FILESYSTEM_DISK must be s3, and the task"
        " role needs the bucket",
    )


def last_scheduled_run(exam: Examination) -> Result:
    """Read the age of the last run of the scheduler."""
    now = datetime.now(UTC)
    ticks = exam.probe(exam.visitor()).ticks(since=now - timedelta(hours=1))
    starts = [
        datetime.fromisoformat(tick["started_at"]) for tick in ticks if tick["name"] == _SCHEDULER
    ]
    source = "probe, scheduled runs of the last hour"
    age = (now - max(starts)).total_seconds() if starts else None
    if age is None or age > OLDEST_TICK_S:
        return red(
            Action.MEND,
            f"{age:.0f} s ago" if age is not None else "none",
            source,
            "reminders and clean-up stand still: enable the EventBridge rule, and look at its"
            " failed invocations and the scheduler tasks' stop reasons",
        )
    outcomes = Counter(tick["outcome"] or "without an end" for tick in ticks)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    return green(f"{age:.0f} s ago; {counts}", source)


def queue_age(exam: Examination) -> Result:
    """Dispatch one job of the probe's own, time its start, and remove its record."""
    client = exam.probe(exam.visitor())
    job = f"jobs/{client.ask('POST', 'jobs', payload={})['id']}"
    source = "probe, a job of its own"
    try:
        wait_until(lambda: _has_run(client, job), deadline=Deadline(LONGEST_WAIT_S), interval_s=2)
        record = client.ask("GET", job)
    except DeadlinePassed:
        return red(
            Action.MEND,
            f"waits for more than {LONGEST_WAIT_S:g} s",
            source,
            "mails and other jobs wait as long: look at the worker service's tasks and logs, and at"
            " ApproximateAgeOfOldestMessage of the queue",
        )
    finally:
        client.send_signed(client.signed("DELETE", job))
    first = record["runs"][0]
    dispatched, started = (
        datetime.fromisoformat(moment) for moment in (record["dispatched_at"], first["started_at"])
    )
    waited = (started - dispatched).total_seconds()
    return green(f"a job waited {waited:.1f} s, task {first['task']} ran it", source)


def _has_run(client: ProbeClient, job: str) -> Ready | NotYet:
    return Ready() if client.ask("GET", job)["runs"] else NotYet("it has not run")


def work_outside_ecs(exam: Examination) -> Result:
    """Look for scheduled runs and jobs outside of ECS in the last minutes."""
    client = exam.probe(exam.visitor())
    since = datetime.now(UTC) - timedelta(minutes=MINUTES)
    stamp = since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    rows_of = {
        "cron": client.ticks(since=since),
        "queue worker": client.ask("GET", f"runs?since={stamp}")["runs"],
    }
    counts = {name: sum(row["task"] is None for row in rows) for name, rows in rows_of.items()}
    strangers = [f"{name} ran {count} times" for name, count in counts.items() if count]
    source = f"probe, the last {MINUTES} minutes"
    if strangers:
        return red(
            Action.MEND,
            f"outside of ECS: {', '.join(strangers)}",
            source,
            "the old host still works on the same database, so that mails and jobs run twice: stop"
            " its cron and its queue workers",
        )
    total = sum(len(rows) for rows in rows_of.values())
    return green(f"{total} runs, all in ECS tasks", source)


def mail(exam: Examination) -> Result:
    """Send one mail to the address of --mail-to."""
    source = f"probe, mail to {exam.site.mail_to}"
    payload = {
        "to": exam.site.mail_to,
        "subject": f"cutover smoke {exam.run_id}",
        "text": f"Sent by cutover smoke through {exam.site.url}. Nothing needs to be done.",
    }
    try:
        answer = exam.probe(exam.visitor()).ask("POST", "mail", payload=payload)
    except ProbeRefused as refused:
        return red(
            Action.MEND,
            refused.message,
            source,
            "no visitor gets a mail: look at SES (identity, sandbox, sending limits) and at the"
            " task role",
        )
    return green(f"accepted, id {answer['id']}; see whether it arrives", source)


CHECKS = (
    probe,
    settings,
    session_over_tasks,
    file_over_tasks,
    last_scheduled_run,
    queue_age,
    work_outside_ecs,
)
