"""Mails by SES's events: own messages are taken, all others stay in the queue."""

# ruff: noqa: N803 - AWS's names

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import TargetError, UnsafeTarget
from harness.target.access import REHEARSE, Access
from harness.target.changes.permissions import PERMISSIONS
from harness.target.clients import aws
from harness.target.resources.mail_events import EVENTS_FILE, MailEvents, event_in, mails_of
from harness.target.resources.mailbox import is_made_up, visitor_tag

OWN = f"success+{visitor_tag('ab12cd')}@simulator.amazonses.com"
OTHER = "success+ef34ab-0123456789ab@simulator.amazonses.com"
TEST_MESSAGE = "Successfully validated SNS topic for Amazon SES event publishing."


def event(to: str = OWN, *, kind: str = "Send", mail: str = "m1", **common: Any) -> dict[str, Any]:
    """An event as SES documents it."""
    headers = [
        {"name": "From", "value": "876 Events <tickets@876events.example>"},
        {"name": "Subject", "value": "=?utf-8?Q?Your_tickets_=C2=B7_=C5=BDlu=C5=A5?="},
        {"name": "X-Order-Number", "value": "AB12"},
    ]
    subject = {"subject": "Your tickets · Žluť", "from": ["876 Events <tickets@876events.example>"]}
    return {
        "eventType": kind,
        "mail": {
            "timestamp": f"2026-11-28T12:00:0{mail[1:]}.000Z",
            "source": "tickets@876events.example",
            "sendingAccountId": "876000000876",
            "messageId": mail,
            "destination": [to],
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": subject | common,
            "tags": {"ses:caller-identity": ["tickets-worker-task"]},
        },
        kind.lower(): {},
    }


class Queue:
    """SQS with one queue: a message that is received is hidden."""

    def __init__(self, *bodies: str, redrive: str = "") -> None:
        self.messages = dict(enumerate(bodies))
        self.hidden: set[int] = set()
        self.attributes = {"RedrivePolicy": redrive} if redrive else {}

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/876000000876/{QueueName}"}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": self.attributes}

    def receive_message(
        self, MaxNumberOfMessages: int, VisibilityTimeout: int, **_: Any
    ) -> dict[str, Any]:
        assert VisibilityTimeout > 0
        numbers = [n for n in self.messages if n not in self.hidden][:MaxNumberOfMessages]
        self.hidden.update(numbers)
        return {"Messages": [{"Body": self.messages[n], "ReceiptHandle": str(n)} for n in numbers]}

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:
        del self.messages[int(ReceiptHandle)]


def reader(tmp_path: Path, queue: Queue) -> MailEvents:
    access = Access(
        "https://x.example",
        run="ab12cd",
        run_dir=str(tmp_path),
        resources={"mail_events": "shop-mail-events"},
    )
    return MailEvents(access, sqs=queue)


def test_a_mail_is_read_from_its_events(tmp_path: Path) -> None:
    queue = Queue(
        TEST_MESSAGE,
        json.dumps(event(mail="m2", kind="Bounce")),
        json.dumps({"Type": "Notification", "Message": json.dumps(event())}),
        json.dumps(event(kind="Delivery")),
        json.dumps(event(mail="m2")),
    )
    first, second = reader(tmp_path, queue).to(OWN)
    assert (first.sender, first.recipients) == ("tickets@876events.example", (OWN,))
    assert first.subject == "Your tickets · Žluť"
    assert first.headers["x-order-number"] == "AB12"
    assert first.headers["subject"] == "Your tickets · Žluť"
    assert (first.role, first.text, first.failures) == ("tickets-worker-task", "", ())
    assert second.failures == ("Bounce",)


def test_messages_of_others_stay_in_the_queue(tmp_path: Path) -> None:
    others = [json.dumps(event(OTHER)) for _ in range(25)]
    queue = Queue(*others, json.dumps(event()), "no JSON", json.dumps({"mail": "text"}))
    assert len(reader(tmp_path, queue).to(OWN)) == 1
    assert list(queue.messages.values()) == [*others, "no JSON", '{"mail": "text"}']
    assert OTHER not in (tmp_path / EVENTS_FILE).read_text()


def test_each_process_of_a_run_finds_what_another_has_taken(tmp_path: Path) -> None:
    queue = Queue(json.dumps(event()))
    reader(tmp_path, queue).to("success+somebody@simulator.amazonses.com")
    assert not queue.messages
    assert len(reader(tmp_path, queue).to(OWN)) == 1


def test_an_event_that_comes_twice_is_one_mail() -> None:
    assert len(mails_of([event(), event(), event(kind="Delivery"), event(mail="m2")])) == 2


def test_a_queue_that_moves_what_is_looked_at_is_rejected(tmp_path: Path) -> None:
    queue = Queue(json.dumps(event()), redrive='{"maxReceiveCount": 3}')
    with pytest.raises(TargetError) as caught:
        reader(tmp_path, queue).to(OWN)
    assert str(caught.value).startswith(
        "The queue shop-mail-events has a dead-letter queue, into which a message goes that is only"
        " looked at a few times."
    )
    assert len(queue.messages) == 1


def test_notifications_of_an_identity_lack_headers_unless_they_are_asked_for() -> None:
    plain = {
        "notificationType": "Delivery",
        "mail": {
            "timestamp": "2026-11-28T12:00:00.000Z",
            "source": "tickets@876events.example",
            "messageId": "m1",
            "destination": [OWN],
        },
        "delivery": {},
    }
    (mail,) = mails_of([event_in(json.dumps(plain))])
    assert (mail.sender, mail.subject, mail.headers) == ("tickets@876events.example", "", {})


def test_an_address_is_of_the_run_that_made_it_up() -> None:
    assert is_made_up(OWN, run="ab12cd")
    assert not is_made_up(OTHER, run="ab12cd")
    assert not is_made_up("success+xab12cd-0123456789ab@simulator.amazonses.com", run="ab12cd")
    assert not is_made_up("ab12cd@shop.example", run="ab12cd")


def test_no_message_is_received_while_an_account_is_only_observed(tmp_path: Path) -> None:
    access = Access(
        "https://x.example",
        run="ab12cd",
        run_dir=str(tmp_path),
        region="eu-west-1",
        resources={"mail_events": "shop-mail-events"},
    )
    with pytest.raises(UnsafeTarget, match="sqs:ReceiveMessage was refused"):
        aws.aws(access, "sqs").receive_message(QueueUrl="https://sqs/876000000876/shop-mail-events")


def test_messages_are_received_of_the_dead_jobs_and_of_the_events_only() -> None:
    access = Access(
        "https://x.example",
        account_id="876000000876",
        region="eu-west-1",
        level=REHEARSE,
        resources={"queue": "jobs", "dead_letter_queue": "dead", "mail_events": "events"},
    )
    arn = "arn:aws:sqs:eu-west-1:876000000876"
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert PERMISSIONS[action].resources(access) == [f"{arn}:dead", f"{arn}:events"]
