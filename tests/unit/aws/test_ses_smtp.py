"""SES's SMTP endpoints, known by their names."""

from __future__ import annotations

import pytest

from harness.aws import ses_smtp

HOST = "email-smtp.eu-west-1.amazonaws.com"
FIPS = "email-smtp-fips.us-gov-west-1.amazonaws.com"
CHINA = "email-smtp.cn-north-1.amazonaws.com.cn"


@pytest.mark.parametrize(
    ("mailer", "host", "endpoint", "region"),
    [
        ("smtp", HOST, HOST, "eu-west-1"),
        ("smtp", HOST.title(), HOST, "eu-west-1"),
        ("smtp", FIPS, FIPS, "us-gov-west-1"),
        ("smtp", CHINA, CHINA, "cn-north-1"),
        ("ses", HOST, "", "eu-west-1"),
        ("smtp", "mail.old-host.example", "", ""),
        ("smtp", f"{HOST}.evil.example", "", ""),
    ],
)
def test_an_endpoint_is_known_by_its_name(
    mailer: str, host: str, endpoint: str, region: str
) -> None:
    assert ses_smtp.endpoint({"MAIL_MAILER": mailer, "MAIL_HOST": host}) == endpoint
    assert ses_smtp.region_of(host) == region


def test_without_a_host_there_is_no_endpoint() -> None:
    assert ses_smtp.endpoint({"MAIL_MAILER": "smtp"}) == ""
