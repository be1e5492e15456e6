"""A mail is decoded as a reader of mail does it."""

from __future__ import annotations

import json
from email.message import EmailMessage

from harness.standins.contract import MAILS_PATH
from harness.target.access import Access
from harness.target.resources.mailbox import EmulatorMailbox, decoded
from tests.unit.local_servers import Request, serve


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
    mail = decoded(written().encode())
    assert mail.sender == "tickets@876events.example"
    assert mail.recipients == ("buyer@876events.example",)
    assert mail.subject == "Your tickets · Ñandú"
    assert mail.headers["x-order-number"] == "AB12"
    assert (mail.text, mail.html) == ("Dobrý den\n", "<p>Dobrý den</p>\n")
    assert mail.attachments == {"a.ics": ("text/calendar", b"BEGIN:VCALENDAR")}


def test_a_mail_with_nothing_in_it_is_no_error() -> None:
    mail = decoded(b"To: a@b.example\n\n")
    assert (mail.sender, mail.subject, mail.html, mail.attachments) == ("", "", "", {})


def test_mails_are_asked_for_by_their_recipient_and_come_oldest_first() -> None:
    mails = [
        {"Timestamp": "2026-11-23T05:00:02", "RawData": written()},
        {"Timestamp": "2026-11-23T05:00:01", "RawData": "Subject: First\n\n"},
    ]
    paths: list[str] = []

    def answer(request: Request) -> tuple[int, dict[str, str], bytes]:
        paths.append(request.path)
        return 200, {"Content-Type": "application/json"}, json.dumps(mails).encode()

    with serve(answer) as server:
        stack = Access("https://x.example", emulator=f"http://{server.address}")
        box = EmulatorMailbox(stack)
        subjects = [mail.subject for mail in box.to("buyer+ab12@876events.example")]
    assert subjects == ["First", "Your tickets · Ñandú"]
    assert paths == [f"{MAILS_PATH}?to=buyer%2Bab12%40876events.example"]
