"""TLS handshakes with one address of the site, under the site's name."""

from __future__ import annotations

import socket
import ssl
import warnings
from dataclasses import dataclass

import certifi
from cryptography import x509

from harness.smoke.site import Endpoint

TIMEOUT_S = 4.0
_CIPHERS = "DEFAULT"
"""OpenSSL's own list, as curl uses it: Python's leaves out ciphers that browsers still accept."""
_OLD_CIPHERS = "ALL:@SECLEVEL=0"
"""OpenSSL offers TLS 1.0 and 1.1 at security level 0 only."""


@dataclass(frozen=True)
class Handshake:
    """The outcome of one handshake."""

    version: str
    cipher: str
    protocol: str
    """By ALPN; empty if the server chose none."""
    certificate: x509.Certificate


def verifying(ca_file: str) -> ssl.SSLContext:
    """Return a context with the system's roots or those of a file; it fetches no intermediate."""
    context = _client()
    paths = ssl.get_default_verify_paths()
    if ca_file or not (paths.cafile or paths.capath):
        # A Python that was built elsewhere may know no roots of this machine.
        context.load_verify_locations(ca_file or certifi.where())
    else:
        context.load_default_certs()
    return context


def unverifying() -> ssl.SSLContext:
    """Return a context that accepts every certificate, to read it."""
    context = _client()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _client() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def only(version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a context that offers one version of TLS alone and accepts every certificate."""
    context = unverifying()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions, offered on purpose
        context.minimum_version = context.maximum_version = version
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers(_OLD_CIPHERS)
    return context


def shake(endpoint: Endpoint, *, host: str, context: ssl.SSLContext) -> Handshake:
    """Connect and shake hands once.

    Raises:
        ssl.SSLError: The handshake failed.
        OSError: No connection, or no answer in time.
    """
    with (
        socket.create_connection((endpoint.host, endpoint.port), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        der = tls.getpeercert(binary_form=True)
        cipher = tls.cipher()
        if der is None or cipher is None:
            raise ssl.SSLError("the server sent no certificate")
        return Handshake(
            version=tls.version() or "",
            cipher=cipher[0],
            protocol=tls.selected_alpn_protocol() or "",
            certificate=x509.load_der_x509_certificate(der),
        )
