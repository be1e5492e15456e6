"""A throw-away CA and server certificates, made anew for each stack and never committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.core.redact import Secret

_VALID = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class ServerCertificate:
    """A server's certificate and key, both PEM."""

    cert_pem: str
    key_pem: Secret


@dataclass(frozen=True)
class Certificates:
    """The CA certificate (PEM) and each server's certificate by service name."""

    ca_pem: str
    servers: Mapping[str, ServerCertificate]

    def server(self, name: str) -> tuple[str, str]:
        """Return certificate and key of one service, both PEM."""
        found = self.servers[name]
        return found.cert_pem, found.key_pem.reveal()


def create(names: Mapping[str, tuple[str, ...]]) -> Certificates:
    """Make a CA, and each service's certificate with these DNS names; the CA's key is dropped."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cutover harness CA")])
    ca = (
        _builder(subject=ca_name, issuer=ca_name, key=ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    servers = {
        service: _server(dns_names, ca=ca, ca_key=ca_key) for service, dns_names in names.items()
    }
    return Certificates(ca_pem=_pem(ca), servers=servers)


def _server(
    dns_names: tuple[str, ...], *, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey
) -> ServerCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    # A common name holds 64 characters at most; the DNS names are what clients check.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns_names[0][:64])])
    certificate = (
        _builder(subject=subject, issuer=ca.subject, key=key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return ServerCertificate(cert_pem=_pem(certificate), key_pem=Secret(key_pem.decode()))


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
