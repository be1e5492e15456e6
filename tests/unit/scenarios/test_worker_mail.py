"""What a worker's own commands show of the way of its mail."""

from __future__ import annotations

import pytest

from scenarios.worker_mail import BY_SMTP, WorkerMail

HOST = "email-smtp.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "printed", "cause"),
    [
        (HOST, "587 ", ""),
        (HOST, "587 Connection timed out", f"does not reach {HOST} on port 587"),
        (HOST, "", ""),  # MAIL_PORT is not set
        ("", "25 refused", ""),
    ],
)
def test_an_endpoint_that_is_not_reached_is_named(host: str, printed: str, cause: str) -> None:
    obstacle = WorkerMail(host, lambda _command: printed).obstacle()
    assert (bool(obstacle), cause in obstacle) == (bool(cause), True)


@pytest.mark.parametrize(("host", "name"), [(HOST, BY_SMTP), ("", "smtp")])
def test_smtp_to_ses_is_a_mailer_of_its_own(host: str, name: str) -> None:
    assert WorkerMail(host, lambda _command: "smtp\n").mailer() == name
