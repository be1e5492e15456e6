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
    identities = [*_identities(document, sender=sender, unread=unread)]
    if not identities:
        return document
    reshaped = Reshaped(document)
    if sender and all(
        candidate.name and not candidate.sends_for(sender) for candidate in identities
    ):
        names = ", ".join(candidate.name for candidate in identities)
        message = f"has {names}, and none is the address or domain of MAIL_FROM_ADDRESS, {sender}"
        hint = "send from one of these, or verify the address or its domain before the cutover"
        place = identities[0].at.partition("[")[0].partition(".")[0]
        reshaped.reject(document, place, message, hint)
        return reshaped.result(identities[0].command)
    calls: dict[str, list[dict[str, str]]] = {}
    for candidate in _chosen(identities, sender=sender):
        if not candidate.name:
            message = "does not name the identity, and the tasks have no one MAIL_FROM_ADDRESS"
            hint = "put there what `aws sesv2 list-email-identities` prints"
            reshaped.reject(document, candidate.at, message, hint)
        if not candidate.is_verified:
            message = f'is "{candidate.status}": SES sends no mail from it'
            hint = "verify the identity before the cutover"
            reshaped.reject(document, candidate.status_at, message, hint)
        field = "EmailAddress" if "@" in candidate.name else "Domain"
        operation = f"Verify{field.removesuffix('Address')}Identity"
        inputs = calls.setdefault(operation, [])
        reshaped.origins[f"{operation}[{len(inputs)}]"] = Origin(document, candidate.at)
        inputs.append({field: candidate.name})
    reshaped.data.update(calls)
    return reshaped.result(identities[0].command)


def _chosen(identities: list[_Identity], *, sender: str) -> list[_Identity]:
    """Return the identities of the sender; where none or no sender is known, those verified."""
    own = [candidate for candidate in identities if candidate.sends_for(sender)]
    return (
        own
        or [candidate for candidate in identities if not sender and candidate.is_verified]
        or identities
    )


def _identities(document: Document, *, sender: str, unread: str) -> Iterator[_Identity]:
    data = document.data
    first = data.get("VerificationAttributes")
    for name, attributes in first.items() if isinstance(first, dict) else ():
        key = f"VerificationAttributes.{name}"
        status = attributes.get("VerificationStatus") if isinstance(attributes, dict) else None
        yield _Identity(name, _COMMAND, key, f"{key}.VerificationStatus", status)
    second = data.get("EmailIdentities")
    for number, entry in enumerate(second if isinstance(second, list) else ()):
        if isinstance(entry, dict):
            key, name = f"EmailIdentities[{number}]", str(entry.get("IdentityName") or "")
            command = "aws sesv2 list-email-identities"
            status = entry.get("VerificationStatus")
            yield _Identity(name, command, key, f"{key}.VerificationStatus", status)
    names = data.get("Identities")
    for number, name in enumerate(names if isinstance(names, list) else ()):
        yield _Identity(str(name), "aws ses list-identities", f"Identities[{number}]")
    content = data.get("CreateEmailIdentity")
    if isinstance(content, dict):
        name = str(content.get("EmailIdentity") or "")
        yield _Identity(name, "aws sesv2 create-email-identity", "CreateEmailIdentity")
    if "VerifiedForSendingStatus" in data:
        name = sender if data.get("IdentityType") == "EMAIL_ADDRESS" else sender.rpartition("@")[2]
        name = name or unread
        status = "SUCCESS" if data["VerifiedForSendingStatus"] is True else "not verified"
        command = "aws sesv2 get-email-identity"
        yield _Identity(name, command, "", "VerifiedForSendingStatus", status)
    elif "EmailIdentity" in data:
        yield _Identity(str(data["EmailIdentity"]), "aws sesv2 create-email-identity", "")
