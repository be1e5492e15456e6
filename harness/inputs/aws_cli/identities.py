"""SES's identities as the AWS CLI prints them, of SES's first API and of its second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.inputs.aws_cli.output import Form, Reshaped
from harness.inputs.document import Document, Origin
from harness.inputs.files.identity import sends_for

_COMMAND = "aws ses get-identity-verification-attributes"
FORM = Form(
    "an identity of SES",
    _COMMAND,
    (
        *("VerificationAttributes", "EmailIdentities", "VerifiedForSendingStatus", "Identities"),
        *("EmailIdentity", "CreateEmailIdentity", "VerifyEmailIdentity", "VerifyDomainIdentity"),
    ),
)


@dataclass(frozen=True)
class _Identity:
    """One address or domain, with its state."""

    name: str
    command: str
    """The command that printed it; empty for an operation's input."""
    at: str
    """Key of its place in the file."""
    status_at: str = ""
    status: object = "SUCCESS"
    """SES's word; an input has none, and is taken as verified."""

    @property
    def is_verified(self) -> bool:
        """Whether SES sends mail from it."""
        return str(self.status).upper() == "SUCCESS"

    def sends_for(self, sender: str) -> bool:
        """Return whether mail of an address goes out under it."""
        return sends_for(self.name, sender)


def identity(document: Document, *, sender: str, unread: str = "") -> Document:
    """Take the identity of ``ses get-identity-verification-attributes`` or of SES v2's commands.

    These are ``sesv2 list-email-identities`` and ``get-email-identity``, which does not print the
    name, and the input of CreateEmailIdentity; ``ses list-identities`` has no states, so that all
    its identities are taken as verified. Of several identities, the sender's is taken.

    Args:
        document: The file.
        sender: The address that the app sends from, MAIL_FROM_ADDRESS; empty when it is not known.
        unread: The name of an identity that its file leaves out, where the sender may be in a task
            definition that cannot be read.

    Raises:
        InputError: It is another form, has no name, none is the sender's, or it is not verified.
    """
    FORM.reject_others(document)
    listed = [*_identities(document, sender=sender, unread=unread)]
    if not listed:
        return document
    reshaped = Reshaped(document)
    if sender and all(one.name and not one.sends_for(sender) for one in listed):
        names = ", ".join(one.name for one in listed)
        message = f"has {names}, and none is the address or domain of MAIL_FROM_ADDRESS, {sender}"
        hint = "send from one of these, or verify the address or its domain before the cutover"
        place = listed[0].at.partition("[")[0].partition(".")[0]
        reshaped.reject(document, place, message, hint)
        return reshaped.result(listed[0].command)
    calls: dict[str, list[dict[str, str]]] = {}
    for one in _chosen(listed, sender=sender):
        if not one.name:
            message = "does not name the identity, and the tasks have no one MAIL_FROM_ADDRESS"
            hint = "put there what `aws sesv2 list-email-identities` prints"
            reshaped.reject(document, one.at, message, hint)
        if not one.is_verified:
            message = f'is "{one.status}": SES sends no mail from it'
            hint = "verify the identity before the cutover"
            reshaped.reject(document, one.status_at, message, hint)
        field = "EmailAddress" if "@" in one.name else "Domain"
        operation = f"Verify{field.removesuffix('Address')}Identity"
        inputs = calls.setdefault(operation, [])
        reshaped.origins[f"{operation}[{len(inputs)}]"] = Origin(document, one.at)
        inputs.append({field: one.name})
    reshaped.data.update(calls)
    return reshaped.result(listed[0].command)


def _chosen(listed: list[_Identity], *, sender: str) -> list[_Identity]:
    """Return the identities of the sender; where none or no sender is known, those verified."""
    own = [one for one in listed if one.sends_for(sender)]
    return own or [one for one in listed if not sender and one.is_verified] or listed


def _identities(document: Document, *, sender: str, unread: str) -> Iterator[_Identity]:
    data = document.data
    first = data.get("VerificationAttributes")
    for name, attributes in first.items() if isinstance(first, dict) else ():
        key = f"VerificationAttributes.{name}"
        status = attributes.get("VerificationStatus") if isinstance(attributes, dict) else None
        yield _Identity(name, _COMMAND, key, f"{key}.VerificationStatus", status)
    second = data.get("EmailIdentities")
    for number, one in enumerate(second if isinstance(second, list) else ()):
        if isinstance(one, dict):
            key, name = f"EmailIdentities[{number}]", str(one.get("IdentityName") or "")
            command = "aws sesv2 list-email-identities"
            status = one.get("VerificationStatus")
            yield _Identity(name, command, key, f"{key}.VerificationStatus", status)
    names = data.get("Identities")
    for number, name in enumerate(names if isinstance(names, list) else ()):
        yield _Identity(str(name), "aws ses list-identities", f"Identities[{number}]")
    given = data.get("CreateEmailIdentity")
    if isinstance(given, dict):
        name = str(given.get("EmailIdentity") or "")
        yield _Identity(name, "aws sesv2 create-email-identity", "CreateEmailIdentity")
    if "VerifiedForSendingStatus" in data:
        name = sender if data.get("IdentityType") == "EMAIL_ADDRESS" else sender.rpartition("@")[2]
        name = name or unread
        status = "SUCCESS" if data["VerifiedForSendingStatus"] is True else "not verified"
        command = "aws sesv2 get-email-identity"
        yield _Identity(name, command, "", "VerifiedForSendingStatus", status)
    elif "EmailIdentity" in data:
        yield _Identity(str(data["EmailIdentity"]), "aws sesv2 create-email-identity", "")
