"""SES's SMTP endpoint in the emulator: TLS, then a sign-in, then a mail that SES judges."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from harness.aws.ses_smtp import PORTS
from harness.stack import certificates
from harness.stack.component import PlannedComponent
from harness.stack.components import emulator
from harness.stack.stack import Stack
from harness.target.clients.emulator import mails_to
from tests.docker.own_run import own_run

if TYPE_CHECKING:
    import docker

ACCOUNT, REGION = "876000000876", "us-east-1"
HOST = f"email-smtp.{REGION}.amazonaws.com"
SENDER, RECIPIENT = "shop@876events.example", "a@example.org"
MAIL = f"From: Shop <{SENDER}>\r\nTo: {RECIPIENT}\r\nSubject: Hello\r\n\r\nhello\r\n"
Connect = Callable[[int], Any]


@pytest.fixture(scope="module")
def endpoint(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Stack, str]]:
    """The emulator with the endpoint, its ports published, and the CA of its certificate."""
    issued = certificates.create({"smtp": (HOST,)})
    ids = {"emulator": image("emulator")}
    smtp = emulator.Smtp(HOST, ACCOUNT, issued.server("smtp"))
    described = replace(emulator.component(smtp), published=(emulator.PORT, *PORTS))
    answer = partial(emulator.probe, account_id=ACCOUNT, region=REGION)
    with own_run(client, tmp_path_factory.mktemp("run")) as run:
        stack = Stack(run=run, client=client, images=ids, vpc_cidr="10.44.0.0/16")
        stack.create_networks()
        stack.start(described)
        stack.wait_ready(PlannedComponent(described, answer), check=lambda: None)
        yield stack, issued.ca_pem


@pytest.fixture
def connect(endpoint: tuple[Stack, str]) -> Callable[[int], Any]:
    """Open a connection to a port of the endpoint, with TLS from its beginning or by STARTTLS."""
    stack, ca_pem = endpoint
    context = ssl.create_default_context(cadata=ca_pem)

    class Client(smtplib.SMTP):
        """A client that dials where the port is published, and expects the endpoint's name."""

        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            address, _, published = stack.addresses["emulator"][port].rpartition(":")
            dialled = socket.create_connection((address, int(published)), timeout)
            if port in (465, 2465):
                return context.wrap_socket(dialled, server_hostname=host)
            return dialled

    @contextmanager
    def open_port(port: int, *, is_encrypted: bool = True) -> Iterator[smtplib.SMTP]:
        with Client(HOST, port, timeout=30) as smtp:
            smtp.ehlo()
            if is_encrypted and port in (587, 2587):
                smtp.starttls(context=context)
                smtp.ehlo()
            yield smtp

    return open_port


@pytest.mark.parametrize("port", PORTS)
def test_a_mail_of_a_verified_sender_arrives(
    endpoint: tuple[Stack, str], connect: Callable[..., Any], port: int
) -> None:
    stack, _ = endpoint
    url = f"http://{stack.addresses['emulator'][emulator.PORT]}"
    ses = boto3.client(
        "ses",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
    )
    ses.verify_email_identity(EmailAddress=SENDER)
    with connect(port) as smtp:
        smtp.login("AKIA", "made-up")
        smtp.sendmail(SENDER, [RECIPIENT], MAIL.replace("Hello", f"Port {port}"))
    assert f"Subject: Port {port}" in mails_to(url, RECIPIENT)[-1]


def test_a_sender_that_is_not_verified_is_rejected(connect: Callable[..., Any]) -> None:
    with connect(587) as smtp:
        smtp.login("AKIA", "made-up")
        with pytest.raises(smtplib.SMTPDataError) as rejected:
            smtp.sendmail("nobody@unverified.example", [RECIPIENT], MAIL)
    error = rejected.value
    assert (error.smtp_code, b"Message rejected" in error.smtp_error) == (554, True)


def test_nothing_is_taken_without_tls(connect: Callable[..., Any]) -> None:
    with connect(587, is_encrypted=False) as smtp:
        code, text = smtp.mail(SENDER)
    assert (code, b"STARTTLS" in text) == (530, True)


def test_nothing_is_taken_without_a_sign_in(connect: Callable[..., Any]) -> None:
    with connect(465) as smtp:
        assert smtp.mail(SENDER)[0] == 530
        blank = base64.b64encode(b"\0AKIA\0 ").decode()
        assert smtp.docmd("AUTH", f"PLAIN {blank}")[0] == 535
