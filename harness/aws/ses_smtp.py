"""The SMTP interface of SES: its endpoints and ports.

Source: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDPOINT = re.compile(
    r"email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)
STARTTLS_PORTS = (587, 2587)
"""SES listens on 25, too, which AWS closes for tasks:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-resource-limits.html#port-25-throttle"""
TLS_PORTS = (465, 2465)
PORTS = (*STARTTLS_PORTS, *TLS_PORTS)


def endpoint(environment: Mapping[str, str]) -> str:
    """Return the endpoint to which Laravel sends its mail by SMTP; empty where it is none of SES.

    Args:
        environment: Variables of a container.
    """
    host = environment.get("MAIL_HOST", "")
    is_used = environment.get("MAIL_MAILER") == "smtp" and _ENDPOINT.fullmatch(host)
    return host.lower() if is_used else ""


def region_of(host: str) -> str:
    """Return the Region of an endpoint."""
    match = _ENDPOINT.fullmatch(host)
    return match[1].lower() if match else ""
