"""Mail: the worker sends it through SES unchanged, and an SES error reaches failed_jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from scenarios.jobs import UNRECORDED, late_cause
from scenarios.mails import MAIL_S, REJECTIONS, SWALLOWED, redirected_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.clients.browser import Account
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.job_queue import Jobs
    from harness.target.resources.mailbox import Mail, Mailbox

SUBJECT = "Žluťoučký kůň · 876 🎫"
UNVERIFIED = "nobody@unverified.example"

as_ses = pytest.mark.truth(
    local=emulated("LocalStack's SES v1: it checks sender and size, no recipient, rate or sandbox"),
    aws=proved,
    url=not_covered("a mail would go to a real person"),
)
needs_mail = pytest.mark.requires("http", "probe", "ecs", "exec", "jobs", "mail")


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("whether the app sends mail is not known there")
)
@pytest.mark.requires("http", "code", "mail")
@pytest.mark.read_only
def test_mails_go_to_their_own_recipients(configuration: dict[str, Any]) -> None:
    address = configuration.get("mail_to") or ""
    cause = redirected_cause(address)
    expect(not cause, f"every mail goes to {address}", cause=cause, certain=True)


@as_ses
@needs_mail
@pytest.mark.mutates
def test_subject_beyond_ascii_arrives_unchanged(
    probe: ProbeClient,
    wait_for_mail: Callable[..., list[Mail]],
    new_account: Callable[[], Account],
) -> None:
    to = new_account().email
    probe.ask("POST", "mail", payload={"to": to, "subject": SUBJECT, "text": "Dobrý den 🎫"})
    (mail,) = wait_for_mail(to)
    expect(
        mail.subject == SUBJECT,
        f"the subject arrived as {mail.subject!r}",
        cause=f"the app, or its mailer, rewrites the subject of a mail: {mail.subject!r}",
    )


@as_ses
@needs_mail
@pytest.mark.requires("mail_body")
@pytest.mark.mutates
def test_text_and_attachment_beyond_ascii_arrive_unchanged(
    probe: ProbeClient,
    wait_for_mail: Callable[..., list[Mail]],
    new_account: Callable[[], Account],
) -> None:
    to = new_account().email
    message = {"to": to, "subject": SUBJECT, "text": "Dobrý den 🎫"}
    attachment = {"name": "plán.txt", "content": "řádek"}
    probe.ask("POST", "mail", payload={**message, "attachment": attachment})
    (mail,) = wait_for_mail(to, whole=True)
    assert message["text"] in mail.text, f"the text arrived as {mail.text!r}"
    attachments = {name: content.decode() for name, (_, content) in mail.attachments.items()}
    assert attachments == {"plán.txt": "řádek"}, f"the attachment arrived as {attachments}"


@as_ses
@needs_mail
@pytest.mark.mutates
def test_mail_from_an_unverified_sender_ends_in_failed_jobs(
    probe: ProbeClient,
    jobs: Jobs,
    mailbox: Mailbox,
    new_account: Callable[[], Account],
    eventually: Callable[..., Any],
    job_timeout_s: float,
) -> None:
    to = new_account().email
    message = {"to": to, "from": UNVERIFIED, "subject": "Refused", "text": "Refused"}
    job = probe.ask("POST", "mail", payload={**message, "tries": 2, "backoff_s": [0]})["id"]
    failed = eventually(
        lambda: jobs.state_of(job),
        until=lambda it: it["failed"] and all(run["outcome"] for run in it["runs"]),
        what="A mail that SES rejects is not in failed_jobs",
        within_s=MAIL_S + job_timeout_s,
        cause=unfailed_cause,
        certain=lambda job: unfailed_cause(job) == SWALLOWED,
    )
    errors = [run["error"] or "" for run in failed["runs"]]
    assert len(errors) == 2, f"it was tried {len(errors)} times, and should be tried twice"
    assert any(words in errors[-1] for words in REJECTIONS), f"SES's error: {errors[-1]}"
    assert mailbox.to(to) == [], "a mail from an unverified sender was sent"


def unfailed_cause(job: dict[str, Any]) -> str:
    """Return why the job of a rejected mail is not in failed_jobs."""
    ends = [run["outcome"] for run in job["runs"]]
    if "succeeded" in ends:
        return SWALLOWED
    if ends and ends[-1] == "threw":
        return UNRECORDED
    return late_cause(job)
