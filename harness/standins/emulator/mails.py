"""Mails that were sent: those of one recipient, and as SES's receipt rules keep them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from harness.aws import mail_receipt

_RECIPIENTS = ("To", "Cc")


def to_address(mails: Iterable[Mapping[str, Any]], address: str) -> list[dict[str, str]]:
    """Return the raw mails to an address, with the time at which each was sent.

    Args:
        mails: The emulator's, with ``RawData`` where a mail was raw, and ``Timestamp``.
        address: One that To or Cc has.
    """
    return [
        {"Timestamp": str(mail["Timestamp"]), "RawData": mail["RawData"]}
        for mail in mails
        if mail.get("RawData") and address in recipients(mail["RawData"])
    ]


def recipients(raw: str) -> list[str]:
    """Return the addresses in the To and Cc headers of a mail."""
    head = HeaderParser(policy=compat32).parsestr(_head(raw))
    values = [value for name in _RECIPIENTS for value in head.get_all(name, [])]
    return [address for _, address in getaddresses([str(value) for value in values])]


def copies(
    raw: str, *, sent: str, region: str, rules: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[mail_receipt.MailReceipt, str]]:
    """Go through the receipts that keep a mail, each with its copy, as it comes to the recipient.

    Args:
        raw: The mail.
        sent: The id that SES answered.
        region: SES's region.
        rules: The receipt rules of the active set.
    """
    addresses = recipients(raw)
    for rule in rules:
        for receipt in mail_receipt.receipts(rule):
            if any(receipt.takes(address) for address in addresses):
                yield receipt, _received(raw, mail_receipt.message_id(sent, region=region))


def _received(raw: str, message_id: str) -> str:
    """Return a mail with SES's own Message-ID instead of its sender's."""
    head = _head(raw)
    lines, is_own = [], False
    for line in head.splitlines():
        is_folded = line[:1] in (" ", "\t")
        is_own = is_own if is_folded else line.lower().startswith("message-id:")
        if not is_own:
            lines.append(line)
    return "\r\n".join([*lines, f"Message-ID: {message_id}", ""]) + raw[len(head) :]


def _head(raw: str) -> str:
    """Return the headers of a mail, with the end of their last line."""
    ends = [raw.find(end) + len(end) // 2 for end in ("\r\n\r\n", "\n\n") if end in raw]
    return raw[: min(ends)] if ends else raw
