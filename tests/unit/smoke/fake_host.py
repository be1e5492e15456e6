"""Certificates with every fault, for the hosts on loopback."""

from __future__ import annotations

import ssl
import warnings
from datetime import datetime
from pathlib import Path

import trustme

from scenarios.web_host import Answer, Headers, Host, Request, serve
from tests.unit.smoke.fake_dns import HOST

__all__ = ["Answer", "Authority", "Headers", "Host", "Request", "limit", "serve"]


class Authority:
    """A certificate authority with an intermediate, as the public ones have."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.root = trustme.CA()
        self.intermediate = self.root.create_child_ca()
        self.file = directory / "root.pem"
        self.root.cert_pem.write_to_path(self.file)

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
        file = self._directory / "server.pem"
        file.write_bytes(leaf.private_key_pem.bytes() + b"".join(blob.bytes() for blob in blobs))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.load_cert_chain(file)
        return context


def limit(context: ssl.SSLContext, *, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    """Let a server speak these versions alone, old ones included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    context.set_ciphers("ALL:@SECLEVEL=0")
