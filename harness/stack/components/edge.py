"""The container that stands in for the load balancer: nginx, where TLS ends.

Its listeners' rules, targets and attributes are files that ``control`` replaces while it runs.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from harness.core.wait import GaveUp, NotYet, Ready
from harness.stack.component import Addresses, Component, File
from harness.target.access import split_address

NETWORKS = ("public", "app")
"""Roles of its networks; ports are published on the first."""
HTTP_PORT = 80
HTTPS_PORT = 443
USUAL = {HTTP_PORT: "HTTP", HTTPS_PORT: "HTTPS"}
"""Ports on which nginx always listens; without a listener it answers nothing there."""
_TIMEOUT_S = 3
_MIB = 1024**2


def component(*, certificate: tuple[str, str], ports: Mapping[int, str] | None = None) -> Component:
    """Describe the container.

    Args:
        certificate: Certificate and key for the public host, both PEM.
        ports: Port of each listener, with its protocol: HTTP or HTTPS.
    """
    pem, key = certificate
    listening = {**USUAL, **(ports or {})}
    return Component(
        name="edge",
        image="edge",
        networks=dict.fromkeys(NETWORKS, ()),
        environment={},
        files={
            "/etc/nginx/tls/edge.pem": File(pem.encode()),
            "/etc/nginx/tls/edge.key": File(key.encode(), mode=0o600),
            "/etc/nginx/harness/plain.conf": _listen(listening, "HTTP", words="default_server"),
            "/etc/nginx/harness/tls.conf": _listen(listening, "HTTPS", words="ssl default_server"),
        },
        published=tuple(listening),
        memory_bytes=96 * _MIB,
        pids_limit=64,
    )


def _listen(ports: Mapping[int, str], protocol: str, *, words: str) -> File:
    """Write nginx's words for the ports of a protocol; a server without any would take 80."""
    lines = [f"listen {int(port)} {words};" for port, scheme in ports.items() if scheme == protocol]
    return File("\n".join([*(lines or ["listen unix:/run/unused.sock;"]), ""]).encode())


def probe(addresses: Addresses, *, public_host: str, ca_pem: str) -> Ready | NotYet:
    """Ask for a page: each answer over verified TLS counts, since none needs a target."""
    import urllib3

    pool = urllib3.HTTPSConnectionPool(
        *split_address(addresses[HTTPS_PORT]),
        ca_cert_data=ca_pem,
        server_hostname=public_host,
        assert_hostname=public_host,
        retries=False,
        timeout=_TIMEOUT_S,
    )
    with pool:
        try:
            pool.request("GET", "/", headers={"Host": public_host}, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            cause = error.args[-1] if error.args else error
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise GaveUp(f"it will not get better: {cause}") from error
            return NotYet(str(error))
    return Ready()
