"""The container that stands in for the RDS Proxy: MySQL Router, TLS on both hops, pooling."""

from __future__ import annotations

from harness.core.wait import NotYet, Ready
from harness.stack.component import Addresses, Component, File
from harness.stack.components import mysql
from harness.target.clients.mysql import Account

NETWORKS = ("operator", "proxy", "data")
"""Roles of its networks; ports are published on the first."""
PORT = 3306
TLS_DIRECTORY = "/etc/mysqlrouter/tls"
DESTINATION = "/etc/mysqlrouter/destination.conf"
_MIB = 1024**2


def component(
    *,
    endpoint: str,
    cluster_endpoint: str,
    ca_pem: str,
    certificate: tuple[str, str],
    shares_connections: bool = True,
) -> Component:
    """Describe the container.

    Args:
        endpoint: Production's name of the proxy endpoint, which the certificate carries.
        cluster_endpoint: Name under which it reaches the server and checks its certificate.
        ca_pem: The stack's CA.
        certificate: Certificate and key, both PEM.
        shares_connections: Whether a connection to the server serves many clients, as at RDS Proxy;
            MySQL Router then refuses several statements in one call, which RDS Proxy takes.
    """
    destination = (
        f"[routing:rw]\ndestinations = {cluster_endpoint}:{mysql.PORT}\n"
        f"connection_sharing = {shares_connections:d}\n"
    )
    return Component(
        name="proxy",
        image="proxy",
        networks={**dict.fromkeys(NETWORKS, ()), "proxy": (endpoint,)},
        environment={},
        files={
            **mysql.tls_files(TLS_DIRECTORY, ca_pem=ca_pem, certificate=certificate),
            DESTINATION: File(destination.encode()),
        },
        published=(PORT,),
        memory_bytes=128 * _MIB,
        pids_limit=64,
    )


def probe(addresses: Addresses, *, endpoint: str, ca_pem: str, account: Account) -> Ready | NotYet:
    """Ask ``SELECT 1`` as the app does, through the proxy; passes only when the server is ready."""
    return mysql.probe(addresses, endpoint=endpoint, ca_pem=ca_pem, account=account)
