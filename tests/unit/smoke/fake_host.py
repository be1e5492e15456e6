"""Certificates with every fault, for the hosts on loopback."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from scenarios.web_host import Answer, Headers, Host, Request, serve
from tests.unit.smoke.fake_dns import HOST

__all__ = ["Answer", "Authority", "Headers", "Host", "Request", "limit", "serve"]


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority:
    """A certificate authority with an intermediate, as the public ones have."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.root = trustme.CA()
        self.intermediate = self.root.create_child_ca()
        self.file = directory / "root.pem"
        self.root.cert_pem.write_to_path(self.file)

    def expired_intermediate(self) -> ssl.SSLContext:
        """Return a server's context with a good certificate below an intermediate past its end."""
        now = datetime.now(UTC)
        root, middle, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        root_pem = _certificate("root", root, by=("root", root), ends=now + timedelta(99))
        pems = [
            _certificate(HOST, leaf, by=("middle", middle), ends=now + timedelta(90), ca=False),
            _certificate("middle", middle, by=("root", root), ends=now - timedelta(days=1)),
        ]
        self.file.write_bytes(root_pem)
        return self._serve(_key_pem(leaf) + b"".join(pems))

    def short_key(self) -> ssl.SSLContext:
        """Return a server's context with an RSA key of 1024 bits."""
        key = rsa.generate_private_key(65537, 1024)
        root = ec.generate_private_key(ec.SECP256R1())
        ends = datetime.now(UTC) + timedelta(days=90)
        self.file.write_bytes(_certificate("root", root, by=("root", root), ends=ends))
        pem = _certificate(HOST, key, by=("root", root), ends=ends, ca=False)
        return self._serve(_key_pem(key) + pem, ciphers="ALL:@SECLEVEL=0")

    def _serve(self, pems: bytes, *, ciphers: str = "DEFAULT") -> ssl.SSLContext:
        file = self._directory / "server.pem"
        file.write_bytes(pems)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(ciphers)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.load_cert_chain(file)
        return context

    def context(
        self,
        *names: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        has_intermediate: bool = True,
        key_type: trustme.KeyType = trustme.KeyType.ECDSA,
    ) -> ssl.SSLContext:
        """Return a server's context with a new certificate."""
        leaf = self.intermediate.issue_cert(
            *(names or (HOST,)), not_before=not_before, not_after=not_after, key_type=key_type
        )
        blobs = leaf.cert_chain_pems if has_intermediate else leaf.cert_chain_pems[:1]
        pems = b"".join(blob.bytes() for blob in blobs)
        return self._serve(leaf.private_key_pem.bytes() + pems)


def _certificate(
    name: str, key: Key, *, by: tuple[str, Key], ends: datetime, ca: bool = True
) -> bytes:
    """Return a certificate in PEM, issued by another's name and key."""
    subject, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, by[0])
    )
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=400))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
    return builder.sign(by[1], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def limit(context: ssl.SSLContext, *, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    """Let a server speak these versions alone, old ones included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    context.set_ciphers("ALL:@SECLEVEL=0")
