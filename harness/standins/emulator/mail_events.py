"""The events that SES publishes about a mail, with all that scenarios read.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from harness.standins.contract import MAIL_EVENTS_SET
from harness.standins.emulator.calls import recipients_of, sender_of

if TYPE_CHECKING:
    from datetime import datetime

    from harness.standins.emulator.calls import Call


def mail_event(
    event_type: str, call: Call, *, message_id: str, role: str, now: datetime
) -> dict[str, Any]:
    """Return the event of a mail that SendRawEmail was called with.

    Args:
        event_type: ``Send`` or ``Delivery``.
        call: The call.
        message_id: SES's id of the mail.
        role: Name of the IAM role that called; empty where it was no role.
        now: The event's time.
    """
    raw = (call.params.get("RawMessage") or {}).get("Data") or b""
    data = raw.encode() if isinstance(raw, str) else bytes(raw)
    message: Message = BytesParser(policy=compat32).parsebytes(data, headersonly=True)
    read = BytesParser(policy=default).parsebytes(data, headersonly=True)
    recipients = list(recipients_of(call))
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tags = {
        "ses:configuration-set": [str(call.params.get("ConfigurationSetName") or MAIL_EVENTS_SET)],
        "ses:from-domain": [sender_of(call).rpartition("@")[2]],
        **({"ses:caller-identity": [role]} if role else {}),
    }
    details: dict[str, dict[str, Any]] = {
        "Send": {},
        "Delivery": {
            "timestamp": at,
            "processingTimeMillis": 0,
            "recipients": recipients,
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "emulator",
        },
    }
    return {
        "eventType": event_type,
        "mail": {
            "timestamp": at,
            "source": str(call.params.get("Source") or message["From"] or ""),
            "sendingAccountId": call.account,
            "messageId": message_id,
            "destination": recipients,
            "headersTruncated": False,
            "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
            "commonHeaders": {
                "from": [str(read["From"])] if read["From"] else [],
                "date": str(read["Date"] or formatdate(now.timestamp())),
                "to": [str(read["To"])] if read["To"] else [],
                "messageId": message_id,
                "subject": str(read["Subject"] or ""),
            },
            "tags": tags,
        },
        event_type.lower(): details[event_type],
    }
