"""The file of the identity that mail is sent from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.inputs.files.api_calls import CallFile, checked

if TYPE_CHECKING:
    from harness.inputs.document import Document

_OPERATIONS = ("VerifyEmailIdentity", "VerifyDomainIdentity", "CreateConfigurationSet")


def read(document: Document) -> CallFile:
    """Check the file of the identity that mail is sent from.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(document, _OPERATIONS, api="ses")
