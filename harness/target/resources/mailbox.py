"""The mails that were sent: one interface, and the emulator of SES, which kept them whole."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Protocol

from harness.target.clients import emulator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage

    from harness.target.access import Access

_TAG_BYTES = 6


@dataclass(frozen=True)
class Mail:
    """One mail, decoded. Events of SES have no text, no HTML and no attachments.

    Those are in the bucket of a receipt rule, where there is one, and come there later.
    """

    sender: str
    """Address in From, without the name."""
    recipients: tuple[str, ...]
    """Addresses in To and Cc; in events of SES, those that it was handed to."""
    subject: str
    headers: Mapping[str, str]
    """Every header, names in lower case."""
    text: str = ""
    html: str = ""
    attachments: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """File name -> type and content."""
    role: str = ""
    """Name of the IAM role that sent it, where SES says so."""
    failures: tuple[str, ...] = ()
    """SES's events by which the mail did not reach its recipients, such as ``Bounce``."""
    id: str = ""
    """SES's id, where its events tell it."""
    sent: str = ""
    """When SES took it, in ISO 8601, where its events tell it."""
    is_whole: bool = True
    """Whether its text has come; False of a mail of which only events have."""


class Mailbox(Protocol):
    """The mails that were sent, wherever they are found."""

    def to(self, address: str) -> list[Mail]:
        """Return the mails to an address, oldest first."""


def visitor_tag(run: str) -> str:
    """Return a tag for the address of a visitor that a scenario of a run makes up."""
    return f"{run}-{secrets.token_hex(_TAG_BYTES)}" if run else secrets.token_hex(_TAG_BYTES)


def is_made_up(address: str, *, run: str) -> bool:
    """Return whether a scenario of the run has made up an address."""
    return bool(re.search(rf"\b{re.escape(run)}-[0-9a-f]{{{2 * _TAG_BYTES}}}@", address))


class EmulatorMailbox:
    """All mails of the run; nothing is ever removed, since others may look for theirs."""

    def __init__(self, access: Access) -> None:
        self._url = access.emulator

    def to(self, address: str) -> list[Mail]:
        """Return the mails to an address, oldest first."""
        return [decoded(raw.encode()) for raw in emulator.mails_to(self._url, address)]


def decoded(raw: bytes) -> Mail:
    """Decode a mail as a mail reader does."""
    # The type is the policy's, which the library's types do not follow.
    parsed: EmailMessage = message_from_bytes(raw, policy=default)  # type: ignore[assignment,arg-type,unused-ignore]
    plain, rich = parsed.get_body(("plain",)), parsed.get_body(("html",))
    people = [parsed[name] for name in ("To", "Cc") if parsed[name]]
    return Mail(
        sender=_addresses(parsed["From"])[0] if parsed["From"] else "",
        recipients=tuple(address for header in people for address in _addresses(header)),
        subject=str(parsed["Subject"] or ""),
        headers={name.lower(): str(value) for name, value in parsed.items()},
        text=str(plain.get_content()) if plain else "",
        html=str(rich.get_content()) if rich else "",
        attachments={
            part.get_filename() or "": (part.get_content_type(), _bytes(part))
            for part in parsed.iter_attachments()
        },
    )


def _addresses(header: object) -> list[str]:
    return [str(address.addr_spec) for address in getattr(header, "addresses", ())]


def _bytes(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
