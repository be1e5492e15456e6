"""A throw-away CA and server certificates, made anew for each stack and never committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import trustme

from harness.core.redact import Secret

_ORGANIZATION = "cutover harness"
_VALID = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)
_LONGEST_COMMON_NAME = 64
"""Of characters; the DNS names, which clients check, may be longer."""


@dataclass(frozen=True)
class ServerCertificate:
    """A server's certificate and key, both PEM."""

    cert_pem: str
    key_pem: Secret


@dataclass(frozen=True)
class Certificates:
    """The CA certificate (PEM) and each server's certificate by the component's name."""

    ca_pem: str
    servers: Mapping[str, ServerCertificate]

    def server(self, name: str) -> tuple[str, str]:
        """Return certificate and key of one component, both PEM."""
        server = self.servers[name]
        return server.cert_pem, server.key_pem.reveal()


def create(names: Mapping[str, tuple[str, ...]]) -> Certificates:
    """Make a CA, and for each component a certificate with its DNS names; drop the CA's key."""
    ca = trustme.CA(
        path_length=0, organization_name=_ORGANIZATION, organization_unit_name="cutover harness CA"
    )
    servers = {component: _server(ca, dns_names) for component, dns_names in names.items()}
    return Certificates(ca_pem=ca.cert_pem.bytes().decode(), servers=servers)


def _server(ca: trustme.CA, dns_names: tuple[str, ...]) -> ServerCertificate:
    now = datetime.now(UTC)
    issued = ca.issue_cert(
        *dns_names,
        common_name=dns_names[0][:_LONGEST_COMMON_NAME],
        organization_name=_ORGANIZATION,
        organization_unit_name="component",
        not_before=now - _CLOCK_SKEW,
        not_after=now + _VALID,
    )
    (certificate,) = issued.cert_chain_pems
    return ServerCertificate(
        cert_pem=certificate.bytes().decode(),
        key_pem=Secret(issued.private_key_pem.bytes().decode()),
    )
