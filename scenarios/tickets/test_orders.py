"""Order confirmations: one mail per order, sent by the worker through SES after the commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.report import emulated, not_covered, proved
from scenarios.checks import expect_status
from scenarios.mails import REJECTIONS, SWALLOWED, redirected_cause, untried_cause
from scenarios.tickets.pages import CONFIRMATION_JOB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.job_queue import JobQueue
    from harness.target.resources.mailbox import Mail, Mailbox
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.target import Differences
    from scenarios.tickets.pages import Buyer

MISSING = "queue-missing-confirmations"
EVENT, TITLE = "steel-and-strings", "Steel & Strings"

as_ses = pytest.mark.truth(
    local=emulated("LocalStack's SES v1: it checks sender and size, no recipient, rate or sandbox"),
    aws=proved,
    url=not_covered("a mail would go to a real person"),
)
needs_mail = pytest.mark.requires("http", "probe", "ecs", "exec", "queue", "mail")


@as_ses
@needs_mail
@pytest.mark.mutates
def test_order_confirmation_reaches_the_buyer_from_the_identity(
    buyer: Buyer, wait_for_confirmation: Callable[..., list[Mail]], access: Access
) -> None:
    order = buyer.order(EVENT)
    mail = wait_for_confirmation(buyer)[0]
    assert mail.recipients == (buyer.account.email,), f"the mail is to {mail.recipients}"
    expect_sender(mail, access.resources["identity"])
    assert mail.subject == f"Your tickets · {TITLE} · Order {order}", mail.subject
    expect(
        not mail.failures,
        f"SES could not deliver the mail: {', '.join(mail.failures)}",
        cause="SES took the mail and did not deliver it: its event in aws.mail_events_queue has the"
        " reason",
    )


@as_ses
@needs_mail
@pytest.mark.requires("mail_body")
@pytest.mark.mutates
def test_order_confirmation_has_both_parts_and_a_calendar_file(
    buyer: Buyer,
    wait_for_confirmation: Callable[..., list[Mail]],
    access: Access,
    worker: EcsService,
) -> None:
    order = buyer.order(EVENT, tickets=2)
    mail = wait_for_confirmation(buyer, whole=True)[0]
    for part, text in (("text", mail.text), ("HTML", mail.html)):
        expect(
            order in text,
            f"the {part} part does not name the order",
            cause=f"the mail has no {part} part, or one without its order: the Mailable's content()"
            " must name both views",
            certain=True,
        )
    assert TITLE in mail.text, "the text part does not name the event"
    links = re.findall(rf"https?://\S+/{order}", mail.text)
    variables = {
        entry["name"]: entry["value"] for entry in worker.container().get("environment", ())
    }
    expect(
        links == [f"{access.public_url}/orders/{order}"],
        f"the mail's links are {links}",
        cause=link_cause(links, app_url=variables.get("APP_URL", ""), public_url=access.public_url),
        certain=True,
    )
    media_type, content = mail.attachments.get(f"876-events-{order}.ics", ("none", b""))
    expect(
        media_type == "text/calendar" and content.startswith(b"BEGIN:VCALENDAR"),
        f"the attachments are {sorted(mail.attachments)}",
        cause="the mail's calendar file is missing, or is not text/calendar:"
        f" {sorted(mail.attachments)}",
        certain=True,
    )


def expect_sender(mail: Mail, identity: str) -> None:
    """Check that the sender is the verified identity: an address, or a domain of addresses."""
    expect(
        identity in (mail.sender, mail.sender.rpartition("@")[2]),
        f"the mail is from {mail.sender}, not from {identity}",
        cause=SettingCause(
            "MAIL_FROM_ADDRESS",
            f"MAIL_FROM_ADDRESS is {mail.sender}, and the verified identity is {identity}",
        ),
        certain=True,
    )


def link_cause(links: list[str], *, app_url: str, public_url: str) -> str:
    """Return why a mail's links lead elsewhere; empty where they lead to the public URL."""
    host = re.match(r"https?://[^/]+", "".join(links[:1]))
    if host is None or host[0] == public_url:
        return ""
    if app_url.rstrip("/") == public_url:
        return f"the mail's view has {host[0]} in its text: APP_URL is right"
    return SettingCause(
        "APP_URL",
        f"APP_URL is not the public URL in the worker: the links in its mails go to {host[0]}",
    )


@pytest.mark.truth(
    local=emulated("what a slow commit would show is read from the probe: a transaction was open"),
    aws=proved,
    url=not_covered("an order would have to be paid for"),
)
@pytest.mark.requires("http", "probe", "ecs", "queue")
@pytest.mark.mutates
def test_confirmation_job_follows_the_commit_and_fits_the_queue(
    buyer: Buyer,
    confirmations: Callable[[], list[dict[str, Any]]],
    job_queue: JobQueue,
    eventually: Callable[..., Any],
    job_timeout_s: float,
) -> None:
    buyer.order(EVENT)
    run = eventually(
        confirmations,
        until=bool,
        what="no job ran that confirms the order",
        within_s=job_timeout_s,
    )[0]
    expect(
        not run["overtook"],
        f"{CONFIRMATION_JOB} was sent while the order's transaction was open",
        cause="a job is queued before its transaction is committed, so that a worker may not find"
        " its record: set after_commit of the queue's connection, or dispatch after the commit",
    )
    visibility_s, most = job_queue.visibility_s(), job_queue.most_receives()
    timeout_s, tries = run["timeout_s"] or 0, run["max_tries"] or 0
    expect(
        timeout_s < visibility_s,
        f"{CONFIRMATION_JOB} may take {timeout_s} s, and the visibility time-out is"
        f" {visibility_s} s",
        cause=f"$timeout of {CONFIRMATION_JOB} ({timeout_s} s) is longer than the queue's"
        f" visibility time-out ({visibility_s} s): the job runs twice at once",
    )
    expect(
        tries <= most,
        f"{CONFIRMATION_JOB} may be tried {tries} times, and maxReceiveCount is {most}",
        cause=f"$tries of {CONFIRMATION_JOB} ({tries}) is more than the queue's maxReceiveCount"
        f" ({most}): it goes to the dead-letter queue and never to failed_jobs",
    )


@as_ses
@needs_mail
@pytest.mark.mutates
def test_each_order_is_confirmed_once(
    buyer: Buyer,
    wait_for_confirmation: Callable[..., list[Mail]],
    mailbox: Mailbox,
    confirmations: Callable[[], list[dict[str, Any]]],
    eventually: Callable[..., Any],
    job_timeout_s: float,
) -> None:
    orders = sorted(buyer.order(EVENT) for _ in range(2))
    wait_for_confirmation(buyer, count=2)
    eventually(
        confirmations,
        until=lambda runs: len(runs) >= 2 and all(run["ended_at"] for run in runs),
        what="The jobs that confirm orders did not end",
        within_s=job_timeout_s,
    )
    confirmed = sorted(order_number(mail) for mail in mailbox.to(buyer.account.email))
    expect(
        confirmed == orders,
        f"the orders {orders} were confirmed as {confirmed}",
        cause="an order is confirmed more than once, or not at all: a job that runs twice must find"
        " that its mail was sent",
    )


def order_number(mail: Mail) -> str:
    """Return the order that a mail confirms."""
    return mail.headers["x-order-number"]


@as_ses
@needs_mail
@pytest.mark.mutates
def test_worker_sends_the_order_mail(
    buyer: Buyer,
    wait_for_confirmation: Callable[..., list[Mail]],
    confirmations: Callable[[], list[dict[str, Any]]],
    worker: EcsService,
) -> None:
    buyer.order(EVENT)
    mail = wait_for_confirmation(buyer)[0]
    role = str(worker.definition().get("taskRoleArn", "")).rpartition("/")[2]
    expect(
        mail.role in ("", role),
        f"the role {mail.role} sent the mail, and the worker's is {role}",
        cause=f"a task with the role {mail.role} sends mail, and not the worker's",
    )
    runs = confirmations()
    assert runs, "the mail was sent, and no job was recorded"
    for run in runs:
        connection = run["connection"]
        expect(
            worker.task(run["task"]).get("group") == f"service:{worker.name}",
            f"the job ran in task {run['task']}, which is no worker, over the queue connection"
            f" {connection!r}",
            cause=SettingCause(
                "QUEUE_CONNECTION",
                f'QUEUE_CONNECTION is "{connection}" in the web task, which runs its jobs itself'
                " while the visitor waits",
            ),
            certain=True,
        )


@pytest.mark.truth(
    local=as_ses.kwargs["local"],
    aws=not_covered("a verified identity would have to go, and its DKIM with it"),
    url=as_ses.kwargs["url"],
)
@needs_mail
@pytest.mark.mutates(exclusive=True)
def test_mail_is_retried_after_ses_rejects_it(
    buyer: Buyer,
    revoke_sender: Callable[[], None],
    restore_sender: Callable[[], None],
    wait_for_confirmation: Callable[..., list[Mail]],
    confirmations: Callable[[], list[dict[str, Any]]],
    recipient_of_all: Callable[[], str],
    eventually: Callable[..., Any],
    differences: Differences,
    job_timeout_s: float,
) -> None:
    revoke_sender()
    order = buyer.order(EVENT)
    (first, *_) = eventually(
        confirmations,
        until=lambda runs: any(run["outcome"] for run in runs),
        what="No worker tried to confirm the order",
        within_s=job_timeout_s,
    )
    expect(
        first["outcome"] != "succeeded",
        "the job of a mail that SES rejects succeeded",
        cause=redirected_cause(recipient_of_all()) or SWALLOWED,
        certain=True,
    )
    error = first["error"]
    assert any(words in error for words in REJECTIONS), f"the job's error: {error}"
    expect_status(buyer.order_page(order), 200)
    restore_sender()
    eventually(
        confirmations,
        until=lambda runs: len(runs) > 1,
        what="The job that SES rejected did not run again",
        within_s=differences.task_replacement_timeout_s,
        cause=untried_cause,
        certain=True,
    )
    confirmed = [order_number(mail) for mail in wait_for_confirmation(buyer)]
    assert confirmed == [order], f"the order {order} was confirmed as {confirmed}"


@pytest.mark.truth(
    local=as_ses.kwargs["local"],
    aws=not_covered("an order would have to lose its job"),
    url=not_covered("an order would have to lose its job"),
)
@pytest.mark.requires("http", "probe", "ecs", "exec", "queue", "mail", "schedule", "containers")
@pytest.mark.mutates
def test_scheduler_confirms_an_order_whose_job_was_lost(
    buyer: Buyer,
    confirmations: Callable[[], list[dict[str, Any]]],
    lose_job: Callable[[str], None],
    scheduler: Scheduler,
    until_stopped: Callable[[str], Run],
    wait_for_confirmation: Callable[..., list[Mail]],
    eventually: Callable[..., Any],
    job_timeout_s: float,
) -> None:
    order = buyer.order(EVENT)
    wait_for_confirmation(buyer)
    # The runs are those of other buyers, too; with the mail this one's has begun.
    eventually(
        confirmations,
        until=lambda runs: all(run["ended_at"] for run in runs),
        what="The job that confirms the order did not end",
        within_s=job_timeout_s,
    )
    lose_job(order)
    command = ["php", "artisan", "schedule:test", f"--name={MISSING}"]
    end = until_stopped(scheduler.start(command=command))
    assert end.exit_code == 0, f"the scheduler's task cannot run {MISSING}: {end}"
    confirmed = {order_number(mail) for mail in wait_for_confirmation(buyer, count=2)}
    assert confirmed == {order}, f"the scheduler confirmed {confirmed}, and not {order}"


@pytest.fixture
def lose_job(access: Access, containers: Containers) -> Callable[[str], None]:
    """Backdate an order as if dispatching its job had failed."""

    def lose(order: str) -> None:
        containers.sql(
            f"UPDATE `{access.database}`.orders SET confirmation_queued_at = NULL,"  # noqa: S608
            " confirmation_sent_at = NULL, created_at = created_at - INTERVAL 2 MINUTE"
            f" WHERE number = '{order}'"
        )

    return lose


@pytest.fixture
def identities(aws: Callable[[str], Any]) -> list[str]:
    """Every address and domain that is verified in SES."""
    names: list[str] = aws("ses").list_identities()["Identities"]
    return names


@pytest.fixture
def restore_sender(aws: Callable[[str], Any], identities: list[str]) -> Callable[[], None]:
    """Verify the app's sender in SES."""

    def restore() -> None:
        for name in identities:
            if "@" in name:
                aws("ses").verify_email_identity(EmailAddress=name)
            else:
                aws("ses").verify_domain_identity(Domain=name)

    return restore


@pytest.fixture
def revoke_sender(
    aws: Callable[[str], Any],
    identities: list[str],
    restore_sender: Callable[[], None],
    provoke: Callable[..., None],
) -> Iterator[Callable[[], None]]:
    """Delete the app's sender from SES; it is restored after the scenario."""

    def revoke() -> None:
        provoke(*REJECTIONS)
        for name in identities:
            aws("ses").delete_identity(Identity=name)

    yield revoke
    restore_sender()
