"""The file of the identity that mail is sent from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.inputs.files.api_calls import Call, CallFile, checked
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.inputs.document import Document

_OPERATIONS = ("VerifyEmailIdentity", "VerifyDomainIdentity", "CreateConfigurationSet")

_FORMS = {
    "EmailAddress": (re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+"), "shop@shop.example"),
    "Domain": (re.compile(r"[\w-]+(?:\.[\w-]+)+"), "shop.example"),
}
"""Field -> a pattern of its values, and an example."""


def read(document: Document) -> CallFile:
    """Check the file of the identity that mail is sent from.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(document, _OPERATIONS, api="ses", checks=(_of_names,))


def own(file: CallFile, *, sender: str) -> str:
    """Return the identity of a sender; of several without one, the first."""
    names = [
        str(call.input.get("EmailAddress") or call.input.get("Domain"))
        for call in file.calls
        if call.operation.startswith("Verify")
    ]
    return next((name for name in names if sends_for(name, sender)), next(iter(names), ""))


def sends_for(identity: str, sender: str) -> bool:
    """Return whether mail of an address goes out under an identity; a domain has its subdomains."""
    name, address = identity.lower(), sender.lower()
    return name == address or f".{address.rpartition('@')[2]}".endswith(f".{name}")


def _of_names(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find texts that are neither an address nor a domain."""
    for call in calls:
        for field, (form, example) in _FORMS.items():
            value = str(call.input.get(field, example))
            if not form.fullmatch(value):
                noun = "mail address" if "@" in example else "domain"
                message = f'is "{value}", which is no {noun}'
                yield Problem(f"{call.key}.{field}", message, f"write one, as {example}")
