"""The mails that SES has taken, by the events that it sends to SNS, and SNS to a queue.

An event has the headers, the recipients, the outcome and the role that sent the mail, and neither
its text nor its attachments, which a receipt rule may keep. Its form:
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html

The queue may have events of others. They stay: each is hidden for two minutes while it is read, and
no message but those about this run's own addresses is removed. What was removed is in the run
directory first, where every process of the run finds it.
"""

from __future__ import annotations

import fcntl
import json
from email.header import decode_header, make_header
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import TargetError
from harness.target.resources.mailbox import Mail, is_made_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.target.access import Access
    from harness.target.resources.mail_bucket import MailBucket

EVENTS_FILE = "mail-events.jsonl"
"""In the run directory: the events of this run's mails."""
_HIDDEN_S = 120
_AT_ONCE = 10
_WAIT_S = 2
_MOST_LOOKS = 20
_FAILURES = frozenset({"Bounce", "Complaint", "Reject", "Rendering Failure"})
_ROLE_TAG = "ses:caller-identity"


class MailEvents:
    """The mails to addresses of this run, by their events in a queue."""

    def __init__(self, access: Access, *, sqs: Any, bucket: MailBucket | None = None) -> None:
        self._sqs = sqs
        self._run = access.run
        self._name = access.resources["mail_events"]
        self._file = Path(access.run_dir) / EVENTS_FILE
        self._bucket = bucket

    def to(self, address: str) -> list[Mail]:
        """Return the mails to an address, oldest first, as far as their events have come.

        Raises:
            TargetError: The queue would lose a message that is only read.
        """
        for _ in range(_MOST_LOOKS):
            if not self._take():
                break
        mails = [mail for mail in mails_of(self._events()) if address in mail.recipients]
        return [self._bucket.completed(mail) for mail in mails] if self._bucket else mails

    def _take(self) -> bool:
        """Look at some messages, and move the run's own into its file; False if there are none."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=_WAIT_S,
        )
        messages = answer.get("Messages", [])
        for message in messages:
            event = event_in(message["Body"])
            if any(is_made_up(recipient, run=self._run) for recipient in _recipients(event)):
                self._note(event)
                handle = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        return bool(messages)

    def _note(self, event: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(event) + "\n")

    def _events(self) -> list[dict[str, Any]]:
        if not self._file.is_file():
            return []
        with self._file.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return [json.loads(line) for line in file]

    @cached_property
    def _url(self) -> str:
        url = str(self._sqs.get_queue_url(QueueName=self._name)["QueueUrl"])
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
        if answer.get("Attributes", {}).get("RedrivePolicy"):
            raise TargetError(
                f"The queue {self._name} has a dead-letter queue, into which a message goes that is"
                " only looked at a few times.",
                hint="Remove its redrive policy, or name another queue in aws.mail_events_queue.",
            )
        return url


def event_in(body: str) -> dict[str, Any]:
    """Return the event in a message, with SNS's envelope or without; empty if it has none."""
    try:
        content = json.loads(body)
        if isinstance(content, dict) and content.get("Type") == "Notification":
            content = json.loads(content["Message"])
    except (KeyError, TypeError, ValueError):
        return {}
    is_event = isinstance(content, dict) and isinstance(content.get("mail"), dict)
    return content if is_event else {}


def mails_of(events: Iterable[Mapping[str, Any]]) -> list[Mail]:
    """Return the mails that SES took, oldest first; an event that came twice counts once."""
    by_mail: dict[str, list[Mapping[str, Any]]] = {}
    for event in sorted(events, key=lambda event: str(event["mail"]["timestamp"])):
        by_mail.setdefault(str(event["mail"]["messageId"]), []).append(event)
    return [_mail(of_mail) for of_mail in by_mail.values()]


def _mail(events: list[Mapping[str, Any]]) -> Mail:
    mail = events[0]["mail"]
    common = mail.get("commonHeaders") or {}
    headers = {
        header["name"].lower(): _decoded(header["value"]) for header in mail.get("headers") or ()
    }
    senders = [*common.get("from", ()), headers.get("from", ""), mail.get("source", "")]
    types = {str(event.get("eventType") or event.get("notificationType")) for event in events}
    return Mail(
        sender=parseaddr(next((sender for sender in senders if sender), ""))[1],
        recipients=tuple(_recipients(events[0])),
        subject=_decoded(common.get("subject") or headers.get("subject", "")),
        headers=headers,
        role="".join((mail.get("tags") or {}).get(_ROLE_TAG, ())[:1]),
        failures=tuple(sorted(types & _FAILURES)),
        id=str(mail["messageId"]),
        sent=str(mail["timestamp"]),
        is_whole=False,
    )


def _recipients(event: Mapping[str, Any]) -> Iterator[str]:
    for address in event.get("mail", {}).get("destination") or ():
        yield parseaddr(address)[1]


def _decoded(text: str) -> str:
    """Decode the encoded words of a header; a text that is decoded stays."""
    return str(make_header(decode_header(text)))
