"""Who orders tickets gets one mail, from the worker, through SES; and what SES refuses is seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered
from harness.target.resources.mailbox import Mail, Mailbox
from scenarios.tickets.pages import Buyer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import Containers, ExecResult
    from harness.target.access import Access
    from harness.target.clients.browser import Account, Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs import EcsService
    from harness.target.resources.job_queue import JobQueue, Jobs
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.target import Differences

JOB = "App\\Jobs\\SendOrderConfirmation"
MISSING = "queue-missing-confirmations"
EVENT, TITLE = "steel-and-strings", "Steel & Strings"
SUBJECT = "Žluťoučký kůň · 876 🎫"
UNVERIFIED = "nobody@unverified.example"
REFUSALS = (
    "not verified",
    "Did not have authority to send",
    # A role that may send from the shop's own address only is refused before SES looks.
    "not authorized to perform: ses:Send",
)
THROUGH_SES = ("ses", "ses-v2")

as_ses = pytest.mark.truth(
    local=emulated("LocalStack's SES v1: it checks the sender, and no recipient, limit or sandbox"),
    aws=not_covered("mails that were sent cannot be read back from SES"),
    url=not_covered("a mail would go to a real person"),
)
needs_mail = pytest.mark.requires("http", "probe", "ecs", "exec", "queue", "mail")


@pytest.fixture
def mailbox(access: Access) -> Mailbox:
    """Read the mails that were sent."""
    return Mailbox(access)


@pytest.fixture
def buyer(new_visitor: Callable[[], Browser], new_account: Callable[[], Account]) -> Buyer:
    """Register somebody who buys tickets."""
    made = Buyer(new_visitor(), new_account())
    made.browser.register(made.account)
    assert made.browser.is_signed_in(), "who has registered is not signed in on the next page"
    return made


@pytest.fixture
def runs(probe: ProbeClient) -> Callable[[], list[dict[str, Any]]]:
    """Return the attempts at confirming an order since the scenario began."""
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def read() -> list[dict[str, Any]]:
        asked = f"runs?name={quote(JOB, safe='')}&since={quote(since, safe='')}"
        found: list[dict[str, Any]] = probe.ask("GET", asked)["runs"]
        return found

    return read


@pytest.fixture
def arrived(
    mailbox: Mailbox,
    eventually: Callable[..., Any],
    mailers: Callable[[], str],
    runs: Callable[[], list[dict[str, Any]]],
) -> Callable[..., list[Mail]]:
    """Wait until as many mails as wanted have come to an address, and return them all."""

    def wait(address: str, *, count: int = 1, within_s: float = 30.0) -> list[Mail]:
        what = f"No {'mail' if count == 1 else f'{count} mails'} came to the buyer ({mailers()})"
        try:
            found: list[Mail] = eventually(
                lambda: mailbox.to(address),
                until=lambda mails: len(mails) >= count,
                what=what,
                within_s=within_s,
            )
        except AssertionError as late:
            ended = [run["outcome"] for run in runs()]
            raise AssertionError(f"{late}; its job's runs ended: {ended}") from None
        return found

    return wait


@pytest.fixture
def mailers(worker: EcsService, run_in_task: Callable[..., ExecResult]) -> Callable[[], str]:
    """Say how the worker is set up to send mail."""

    def read() -> str:
        task = min(worker.running(), default="")
        told = run_in_task(["sh", "-c", "echo $MAIL_MAILER $QUEUE_CONNECTION"], task=task).stdout
        mailer, _, queue = told.strip().partition(" ")
        return f"the worker's mailer is {mailer!r}, its queue connection {queue!r}"

    return read


@as_ses
@needs_mail
@pytest.mark.mutates
def test_an_order_is_confirmed_to_its_buyer_with_both_parts_and_the_calendar_file(
    buyer: Buyer, arrived: Callable[..., list[Mail]], access: Access
) -> None:
    order = buyer.order(EVENT, tickets=2)
    mail = arrived(buyer.account.email)[0]
    assert mail.recipients == (buyer.account.email,), f"the mail is to {mail.recipients}"
    identity = access.resources["identity"]
    # An identity is an address, or a domain that stands for every address in it.
    verified = (mail.sender, mail.sender.rpartition("@")[2])
    assert identity in verified, f"the mail is from {mail.sender}, not from {identity}"
    assert mail.subject == f"Your tickets · {TITLE} · Order {order}", mail.subject
    assert order in mail.text, "the text part does not name the order"
    assert TITLE in mail.text, "the text part does not name the event"
    assert order in mail.html, "the HTML part does not name the order"
    links = re.findall(rf"https?://\S+/{order}", mail.text)
    assert links == [f"{access.public_url}/orders/{order}"], f"the mail's links are {links}"
    kind, content = mail.attachments.get(f"876-events-{order}.ics", ("none", b""))
    assert kind == "text/calendar", f"the attachments are {sorted(mail.attachments)}"
    assert content.startswith(b"BEGIN:VCALENDAR"), "the calendar file is no calendar"


@pytest.mark.truth(
    local=emulated("what a slow commit would show is read from the probe: a transaction was open"),
    aws=not_covered("mails that were sent cannot be read back from SES"),
    url=not_covered("an order would have to be paid for"),
)
@needs_mail
@pytest.mark.mutates
def test_an_orders_job_comes_after_its_transaction_and_fits_the_queue(
    buyer: Buyer,
    runs: Callable[[], list[dict[str, Any]]],
    job_queue: JobQueue,
    eventually: Callable[..., Any],
) -> None:
    buyer.order(EVENT)
    run = eventually(runs, until=bool, what="no job ran that confirms the order")[0]
    assert not run["overtook"], (
        f"{JOB} was sent while the order's transaction was open: a worker can take it before the"
        " order is committed"
    )
    visibility_s, most = job_queue.visibility_s(), job_queue.most_receives()
    assert (run["timeout_s"] or 0) < visibility_s, (
        f"{JOB} may take {run['timeout_s']} s, and the visibility time-out is {visibility_s} s"
    )
    assert (run["max_tries"] or 0) <= most, (
        f"{JOB} may be tried {run['max_tries']} times, and maxReceiveCount is {most}"
    )


@as_ses
@needs_mail
@pytest.mark.mutates
def test_each_order_is_confirmed_once(
    buyer: Buyer,
    arrived: Callable[..., list[Mail]],
    mailbox: Mailbox,
    runs: Callable[[], list[dict[str, Any]]],
    eventually: Callable[..., Any],
) -> None:
    orders = sorted(buyer.order(EVENT) for _ in range(2))
    arrived(buyer.account.email, count=2)
    eventually(
        runs,
        until=lambda seen: len(seen) >= 2 and all(one["ended_at"] for one in seen),
        what="The jobs that confirm orders did not end",
    )
    told = sorted(one.headers["x-order-number"] for one in mailbox.to(buyer.account.email))
    assert told == orders, f"the orders {orders} were confirmed as {told}"


@as_ses
@needs_mail
@pytest.mark.mutates
def test_the_worker_sends_the_mail_and_not_the_web_task(
    buyer: Buyer,
    arrived: Callable[..., list[Mail]],
    runs: Callable[[], list[dict[str, Any]]],
    worker: EcsService,
) -> None:
    buyer.order(EVENT)
    arrived(buyer.account.email)
    seen = runs()
    assert seen, "the mail was sent, and no job was recorded"
    for one in seen:
        group = worker.task(one["task"]).get("group")
        assert group == f"service:{worker.name}", (
            f"the job ran in task {one['task']}, which is no worker, through the queue connection"
            f" {one['connection']!r}"
        )


@as_ses
@needs_mail
@pytest.mark.mutates
def test_a_subject_beyond_ascii_arrives_as_it_was_written(
    probe: ProbeClient, arrived: Callable[..., list[Mail]], new_account: Callable[[], Account]
) -> None:
    to = new_account().email
    message = {"to": to, "subject": SUBJECT, "text": "Dobrý den 🎫"}
    attachment = {"name": "plán.txt", "content": "řádek"}
    probe.ask("POST", "mail", payload={**message, "attachment": attachment})
    (mail,) = arrived(to)
    expect(
        mail.subject == SUBJECT,
        f"the subject came as {mail.subject!r}",
        cause="the app rewrites the subject of its mails, or encodes it wrongly: pass it to the"
        " mailer as it is, in UTF-8",
        certain=True,
    )
    assert message["text"] in mail.text, f"the text came as {mail.text!r}"
    kept = {name: content.decode() for name, (_, content) in mail.attachments.items()}
    assert kept == {"plán.txt": "řádek"}, f"the attachment came as {kept}"


@as_ses
@needs_mail
@pytest.mark.mutates
def test_a_mail_from_an_unverified_sender_is_refused_and_its_job_is_in_failed_jobs(
    probe: ProbeClient,
    jobs: Jobs,
    mailbox: Mailbox,
    new_account: Callable[[], Account],
    eventually: Callable[..., Any],
) -> None:
    to = new_account().email
    message = {"to": to, "from": UNVERIFIED, "subject": "Refused", "text": "Refused"}
    told = probe.ask("POST", "mail", payload={**message, "tries": 2, "backoff_s": [0]})
    seen = eventually(
        lambda: jobs.seen(told["id"]),
        until=lambda job: job["failed"] and all(one["outcome"] for one in job["runs"]),
        what="A mail that SES refuses is not in failed_jobs",
        within_s=30,
    )
    errors = [one["error"] or "" for one in seen["runs"]]
    assert len(errors) == 2, f"it was tried {len(errors)} times, and should be tried twice"
    assert any(words in errors[-1] for words in REFUSALS), f"SES says: {errors[-1]}"
    assert mailbox.to(to) == [], "a mail from an unverified sender was sent"


@as_ses
@needs_mail
@pytest.mark.mutates(alone=True)
def test_a_mail_that_ses_refuses_for_now_is_sent_later_and_the_order_stands(
    buyer: Buyer,
    refusing: Callable[[], None],
    accepting: Callable[[], None],
    arrived: Callable[..., list[Mail]],
    runs: Callable[[], list[dict[str, Any]]],
    eventually: Callable[..., Any],
    differences: Differences,
) -> None:
    refusing()
    order = buyer.order(EVENT)
    (first, *_) = eventually(
        runs,
        until=lambda seen: any(one["outcome"] for one in seen),
        what="Nobody tried to confirm the order",
        within_s=differences.patience_s,
    )
    assert first["outcome"] != "succeeded", "a mail that SES refuses counts as sent"
    assert any(words in first["error"] for words in REFUSALS), f"the job failed of {first['error']}"
    assert buyer.sees(order), "the order is gone since its mail could not be sent"
    accepting()
    eventually(
        runs,
        until=lambda attempts: len(attempts) > 1,
        what="The job that SES refused did not run again",
        within_s=differences.replacement_s,
        cause="a job that fails is not tried again: queue:work's --tries is 1, or the job's own"
        " $tries is",
        certain=True,
    )
    mails = arrived(buyer.account.email)
    assert [one.headers["x-order-number"] for one in mails] == [order], "it was not sent once"


@pytest.mark.truth(
    local=as_ses.kwargs["local"],
    aws=not_covered("an order would have to lose its job"),
    url=not_covered("an order would have to lose its job"),
)
@pytest.mark.requires("http", "probe", "ecs", "exec", "queue", "mail", "schedule", "containers")
@pytest.mark.mutates
def test_an_order_whose_job_the_queue_did_not_take_is_confirmed_by_the_scheduler(
    buyer: Buyer,
    runs: Callable[[], list[dict[str, Any]]],
    lose_job: Callable[[str], None],
    scheduler: Scheduler,
    until_stopped: Callable[[str], Run],
    arrived: Callable[..., list[Mail]],
    eventually: Callable[..., Any],
) -> None:
    order = buyer.order(EVENT)
    eventually(
        runs,
        until=lambda seen: any(one["outcome"] == "succeeded" for one in seen),
        what="the order was not confirmed in the first place",
    )
    lose_job(order)
    command = ["php", "artisan", "schedule:test", f"--name={MISSING}"]
    end = until_stopped(scheduler.start(command=command))
    assert end.exit_code == 0, f"the scheduler's task cannot run {MISSING}: {end}"
    mails = arrived(buyer.account.email, count=2)
    told = {one.headers["x-order-number"] for one in mails}
    assert told == {order}, f"the scheduler confirmed {told}, and not {order}"


@pytest.fixture
def lose_job(access: Access, containers: Containers) -> Callable[[str], None]:
    """Make of an order one whose job the queue did not take a while ago."""

    def lose(order: str) -> None:
        containers.sql(
            f"UPDATE `{access.database}`.orders SET confirmation_queued_at = NULL,"  # noqa: S608
            " confirmation_sent_at = NULL, created_at = created_at - INTERVAL 2 MINUTE"
            f" WHERE number = '{order}'"
        )

    return lose


@pytest.fixture
def accepting(access: Access, aws: Callable[[str], Any]) -> Callable[[], None]:
    """Have SES accept the app's sender."""
    identity = access.resources["identity"]
    if "@" in identity:
        return lambda: aws("ses").verify_email_identity(EmailAddress=identity)
    return lambda: aws("ses").verify_domain_identity(Domain=identity)


@pytest.fixture
def refusing(
    access: Access, aws: Callable[[str], Any], accepting: Callable[[], None]
) -> Iterator[Callable[[], None]]:
    """Have SES refuse the app's sender, until the scenario ends at the latest."""
    identity = access.resources["identity"]
    yield lambda: aws("ses").delete_identity(Identity=identity)
    accepting()
