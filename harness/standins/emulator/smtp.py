"""SES's SMTP interface: takes mails by TLS from clients that sign in, and sends them by SES's API.

Runs in the emulator's own process. Any user name with a password is known: SMTP passwords are made
up here, as every secret is.

Source: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html and troubleshoot-smtp.html.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3
from aiosmtpd.controller import Controller  # type: ignore[import-not-found]
from aiosmtpd.smtp import AuthResult  # type: ignore[import-not-found]
from botocore.exceptions import BotoCoreError, ClientError

from harness.aws.ses_smtp import STARTTLS_PORTS, TLS_PORTS
from harness.standins.contract import SMTP_ACCOUNT, SMTP_DIRECTORY, SMTP_HOST, SMTP_REGION

_LARGEST = 40 * 1024 * 1024
"""Bytes of a mail: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
_REPLIES = {
    "AccessDenied": "554 Access denied",
    "MessageRejected": "554 Message rejected",
    "Throttling": "454 Throttling failure",
}
"""Error code of the API -> the beginning of the reply."""
_UNVERIFIED = "Did not have authority to send from email "
_IN_AWS = (
    "Email address is not verified. The following identities failed the check in region {region}: "
)
"""The emulator's words for a sender that is not verified, and SES's."""


def start(variables: Mapping[str, str], *, api: str) -> None:
    """Listen as the endpoint that the container's variables name; without one, do nothing.

    Args:
        variables: Of the container.
        api: URL of the emulator.
    """
    host = variables.get(SMTP_HOST)
    if not host:
        return
    owner = boto3.session.Session(
        region_name=variables[SMTP_REGION],
        aws_access_key_id=variables[SMTP_ACCOUNT],
        aws_secret_access_key="test",  # noqa: S106 - the only one that the emulator takes
    )
    sender = Sender(owner.client("ses", endpoint_url=api))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{SMTP_DIRECTORY}/server.pem", f"{SMTP_DIRECTORY}/server.key")
    shared = {
        "hostname": "0.0.0.0",
        "server_hostname": host,
        "ident": "ESMTP SimpleEmailService",
        "authenticator": authenticate,
        "auth_required": True,
        "data_size_limit": _LARGEST,
    }
    for port in STARTTLS_PORTS:
        Controller(sender, port=port, tls_context=context, require_starttls=True, **shared).start()
    for port in TLS_PORTS:
        # The server knows STARTTLS as TLS, and not what its port began with.
        encrypted = {"ssl_context": context, "auth_require_tls": False}
        Controller(sender, port=port, **encrypted, **shared).start()


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
    """Accept a user name with a password."""
    is_known = bool(data.login.strip() and data.password.strip())
    return AuthResult(success=is_known, handled=False)  # so that the server answers 535


class Sender:
    """Sends the mails that clients give.

    Args:
        client: SES, in the account and Region of the endpoint.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Send a mail; return the reply."""
        send = partial(
            self._client.send_raw_email,
            Source=envelope.mail_from,
            Destinations=envelope.rcpt_tos,
            RawMessage={"Data": envelope.content},
        )
        try:
            sent = await asyncio.get_running_loop().run_in_executor(None, send)
        except ClientError as error:
            problem = error.response["Error"]
            reply = _REPLIES.get(problem["Code"], "554 Transaction failed")
            region = self._client.meta.region_name.upper()
            words = problem["Message"].replace(_UNVERIFIED, _IN_AWS.format(region=region))
            return f"{reply}: {words}"
        except BotoCoreError as error:
            return f"451 Temporary service failure: {error}"
        return f"250 Ok {sent['MessageId']}"
