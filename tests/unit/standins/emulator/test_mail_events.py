"""The emulator's events of a mail are read as SES's are."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from harness.standins.emulator.calls import Call
from harness.standins.emulator.mail_events import mail_event
from harness.target.resources.mail_events import mails_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def raw() -> bytes:
    mail = EmailMessage()
    mail["From"] = "876 Events <tickets@876events.example>"
    mail["To"] = "buyer@876events.example"
    mail["Subject"] = "Your tickets · Žluť"
    mail["X-Order-Number"] = "AB12"
    mail.set_content("Dobrý den")
    return mail.as_bytes()


@pytest.mark.parametrize("destinations", [[], 2 * ["buyer@876events.example"]])
def test_an_event_names_what_scenarios_read(destinations: list[str]) -> None:
    params = {"RawMessage": {"Data": raw()}, "Destinations": destinations}
    call = Call("ses", "SendRawEmail", account="1", region="us-east-1", params=params)
    events = [
        mail_event(event_type, call, message_id="m1", role="tickets-worker-task", now=NOW)
        for event_type in ("Send", "Delivery")
    ]
    assert [set(event) - {"eventType", "mail"} for event in events] == [{"send"}, {"delivery"}]
    assert "Dobr" not in str(events)
    (mail,) = mails_of(events)
    assert mail.sender == "tickets@876events.example"
    assert mail.recipients == ("buyer@876events.example",)
    assert mail.subject == "Your tickets · Žluť"
    assert (mail.headers["x-order-number"], mail.role) == ("AB12", "tickets-worker-task")


def test_the_account_itself_has_no_role() -> None:
    call = Call("ses", "SendRawEmail", account="1", region="us-east-1", params={})
    tags = mail_event("Send", call, message_id="m1", role="", now=NOW)["mail"]["tags"]
    assert tags == {"ses:configuration-set": ["cutover-mail-events"], "ses:from-domain": [""]}
