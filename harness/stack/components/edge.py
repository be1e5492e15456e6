"""The container that stands in for the load balancer: nginx, where TLS ends.

Its targets and attributes are files that ``control`` replaces while it runs.
"""

from __future__ import annotations

import ssl

from harness.core.wait import GaveUp, NotYet, Ready
from harness.stack.component import Addresses, Component, File
from harness.target.access import split_address

NETWORKS = ("public", "app")
"""Roles of its networks; ports are published on the first."""
HTTP_PORT = 80
HTTPS_PORT = 443
_TIMEOUT_S = 3
_OTHER_HOST = "other.invalid"
_MIB = 1024**2


def component(*, public_host: str, certificate: tuple[str, str]) -> Component:
    """Describe the container.

    Args:
        public_host: The one host that the listener's rule forwards; any other gets a fixed 404.
        certificate: Certificate and key for that host, both PEM.
    """
    pem, key = certificate
    return Component(
        name="edge",
        image="edge",
        networks=dict.fromkeys(NETWORKS, ()),
        environment={},
        files={
            "/etc/nginx/tls/edge.pem": File(pem.encode()),
            "/etc/nginx/tls/edge.key": File(key.encode(), mode=0o600),
            "/etc/nginx/harness/host.conf": File(f"server_name {public_host};\n".encode()),
        },
        published=(HTTP_PORT, HTTPS_PORT),
        memory_bytes=96 * _MIB,
        pids_limit=64,
    )


def probe(addresses: Addresses, *, public_host: str, ca_pem: str) -> Ready | NotYet:
    """Ask for a host that is not served: the fixed answer, over verified TLS, needs no target."""
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
            answer = pool.request("GET", "/", headers={"Host": _OTHER_HOST})
        except urllib3.exceptions.HTTPError as error:
            cause = error.args[-1] if error.args else error
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise GaveUp(f"it will not get better: {cause}") from error
            return NotYet(str(error))
    if answer.status != 404:
        return NotYet(f"HTTP {answer.status} instead of the fixed 404 for another host")
    return Ready()
