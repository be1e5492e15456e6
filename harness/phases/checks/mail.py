"""Phase 5: SES's identity, account and mails."""

from __future__ import annotations

from collections.abc import Iterator

from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, check

_NO_SESV2 = "the emulator has SES's first API only, without sandbox, DKIM and quotas"
_NO_IDENTITY = "no identity"


@check(
    "5.ses-verified",
    reads=("ses:GetIdentityVerificationAttributes", "ses:ListIdentities"),
    readiness=True,
)
def ses_verified(account: Account) -> Iterator[Finding]:
    """The identity that mail is sent from is verified."""
    name = account.name_of("identity", noun="mail identity")
    answer = account.read("ses", "GetIdentityVerificationAttributes", Identities=[name])
    status = answer["VerificationAttributes"].get(name, {}).get("VerificationStatus", _NO_IDENTITY)
    # The emulator calls each name verified.
    if account.is_local and name not in account.read("ses", "ListIdentities")["Identities"]:
        status = _NO_IDENTITY
    if status != "Success":
        remedy = "verify it: put its records into DNS, or open the link that SES mailed"
        yield Finding(f"identity {name}", "Success", status, remedy)


@check(
    "5.ses-account",
    reads=("ses:GetAccount", "ses:GetEmailIdentity"),
    not_local=_NO_SESV2,
    readiness=True,
)
def ses_account(account: Account) -> Iterator[Finding]:
    """SES sends to real recipients: out of the sandbox, healthy, with quota left, DKIM signed."""
    name = account.name_of("identity", noun="mail identity")
    answer = account.read("sesv2", "GetAccount")
    quota = answer.get("SendQuota", {})
    left = quota.get("Max24HourSend", 0) - quota.get("SentLast24Hours", 0)
    is_unlimited = quota.get("Max24HourSend") == -1
    health = answer.get("EnforcementStatus", "HEALTHY")
    identity = account.read("sesv2", "GetEmailIdentity", EmailIdentity=name) or {}
    dkim = identity.get("DkimAttributes", {}).get("Status", "NOT_STARTED")
    for is_right, expected, actual, remedy in (
        (
            answer.get("ProductionAccessEnabled"),
            "production access",
            "the sandbox",
            "request production access: SES sends to verified recipients only",
        ),
        (answer.get("SendingEnabled"), "sending enabled", "it is off", "enable sending"),
        (health == "HEALTHY", "HEALTHY", health, "answer AWS's case about bounces or complaints"),
        (left > 0 or is_unlimited, "quota left", "none left for today", "raise the quota"),
        (
            "@" in name or dkim == "SUCCESS",
            f"DKIM of {name}: SUCCESS",
            dkim,
            "put the three CNAME records of Easy DKIM into DNS",
        ),
    ):
        if not is_right:
            yield Finding("SES", expected, actual, remedy)


@check("5.real-recipient", by_hand=True)
def real_recipient(account: Account) -> Iterator[Finding]:
    """A mail reaches a real recipient's mailbox."""
    host = account.access.public_host
    key = f"cutover smoke https://{host} --mail-to ADDRESS, with the probe's key"
    raise NotCovered("it sends a mail, and nothing is changed here", key=key)


CHECKS = (ses_verified, ses_account, real_recipient)
