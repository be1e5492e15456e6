"""A mail is decoded as a reader of mail does it."""

from __future__ import annotations

import json
from email.message import EmailMessage

from harness.target.access import Access
from harness.target.resources.mailbox import EmulatorMailbox, decoded
from tests.unit.local_servers import serve


def written(to: str = "buyer@876events.example") -> str:
    mail = EmailMessage()
    mail["From"] = "876 Events <tickets@876events.example>"
    mail["To"] = to
    mail["Subject"] = "Your tickets · Ñandú"
    mail["X-Order-Number"] = "AB12"
    mail.set_content("Dobrý den")
    mail.add_alternative("<p>Dobrý den</p>", subtype="html")
    mail.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="a.ics")
    return mail.as_string()


def test_a_mail_is_taken_apart() -> None:
    mail = decoded(written())
    assert mail.sender == "tickets@876events.example"
    assert mail.recipients == ("buyer@876events.example",)
    assert mail.subject == "Your tickets · Ñandú"
    assert mail.headers["x-order-number"] == "AB12"
    assert (mail.text, mail.html) == ("Dobrý den\n", "<p>Dobrý den</p>\n")
    assert mail.attachments == {"a.ics": ("text/calendar", b"BEGIN:VCALENDAR")}


def test_a_mail_with_nothing_in_it_is_no_error() -> None:
    mail = decoded("To: a@b.example\n\n")
    assert (mail.sender, mail.subject, mail.html, mail.attachments) == ("", "", "", {})


def test_mails_are_found_by_their_recipient_oldest_first() -> None:
    messages = [
        {"Timestamp": "2026-11-23T05:00:02", "RawData": written()},
        {"Timestamp": "2026-11-23T05:00:01", "RawData": written("other@876events.example")},
        {"Timestamp": "2026-11-23T05:00:00", "Body": {"text_part": "no raw mail"}},
    ]
    body = json.dumps({"messages": messages}).encode()
    with serve(lambda _: (200, {"Content-Type": "application/json"}, body)) as server:
        stack = Access("https://x.example", emulator=f"http://{server.address}")
        box = EmulatorMailbox(stack)
        assert len(box.to("buyer@876events.example")) == 1
        assert [one.recipients[0].split("@")[0] for one in box.sent()] == ["other", "buyer"]
