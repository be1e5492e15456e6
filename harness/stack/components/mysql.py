"""The container that stands in for the Aurora cluster: real MySQL, TLS required, an app account.

The schema and the account are made by SQL that is copied in before the start. The container unlinks
that file before the server runs, so the password is in no file, variable or ``docker inspect``; and
the server listens only when the SQL is done, so the app account's ``SELECT 1`` is readiness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.core.wait import GaveUp, NotYet, Ready
from harness.stack.component import Addresses, Component, File
from harness.target.clients.mysql import Account, account_sql, connect

NETWORKS = ("operator", "data")
"""Roles of its networks; ports are published on the first."""
PORT = 3306
TLS_DIRECTORY = "/etc/mysql/tls"
INIT_SQL = "/etc/mysql/init/init.sql"
_ACCESS_DENIED = 1045
_ABORTED = 1184
_FAILS = (
    "the database ends each session at its first query, since RDS Proxy's InitQuery or the"
    " cluster's init_connect fails: {query}"
)
_MIB = 1024**2


@dataclass(frozen=True)
class Hop:
    """TLS of one hop, as it was negotiated."""

    version: str
    cipher: str


def component(
    *,
    endpoint: str,
    ca_pem: str,
    certificate: tuple[str, str],
    account: Account,
    others: Iterable[Account] = (),
    options: Mapping[str, str] | None = None,
) -> Component:
    """Describe the container.

    Args:
        endpoint: Production's name of the cluster endpoint, which the certificate carries.
        ca_pem: The stack's CA.
        certificate: Certificate and key, both PEM.
        account: Made at the start.
        others: Likewise; accounts that only some of the tasks have.
        options: The server's, as the cluster's parameter group has them.
    """
    options = options or {}
    return Component(
        name="mysql",
        image="mysql",
        networks={**dict.fromkeys(NETWORKS, ()), "data": (endpoint,)},
        environment={},
        files={
            **tls_files(TLS_DIRECTORY, ca_pem=ca_pem, certificate=certificate),
            INIT_SQL: File(init_sql(account, *others, options=options).encode()),
        },
        published=(PORT,),
        memory_bytes=640 * _MIB,
        pids_limit=400,
        command=("start", *(f"--{name}={value}" for name, value in options.items()))
        if options
        else (),
    )


def tls_files(directory: str, *, ca_pem: str, certificate: tuple[str, str]) -> dict[str, File]:
    """Name the CA, certificate and key; the directory in the image keeps other users out."""
    files = key_files(directory, certificate)
    return {f"{directory}/ca.pem": File(ca_pem.encode()), **files}


def key_files(directory: str, certificate: tuple[str, str]) -> dict[str, File]:
    """Name a certificate and its key."""
    pem, key = certificate
    return {
        f"{directory}/server.pem": File(pem.encode()),
        f"{directory}/server.key": File(key.encode()),
    }


def init_sql(
    account: Account, *other_accounts: Account, options: Mapping[str, str] | None = None
) -> str:
    """Write the SQL that makes the schema and the app's accounts.

    An account itself does not demand TLS: the server does, with the error that Aurora gives.
    """
    schema, options = account.schema.replace("`", "``"), options or {}
    accounts = "".join(map(account_sql, (account, *other_accounts)))
    charset = options.get("character_set_server", "utf8mb4")
    collation = options.get("collation_server", "")
    collate = f" COLLATE {collation}" if collation else ""
    return f"CREATE DATABASE `{schema}` CHARACTER SET {charset}{collate};\n{accounts}"


def probe(
    addresses: Addresses, *, endpoint: str, ca_pem: str, account: Account, query: str = ""
) -> Ready | NotYet:
    """Ask ``SELECT 1`` as the app does: TLS, CA and production's name verified, in its schema.

    Args:
        addresses: The container's.
        endpoint: Production's name of the cluster endpoint.
        ca_pem: The stack's CA.
        account: The app's.
        query: With which the server begins each session, and ends it where the query fails.
    """
    import pymysql

    try:
        hops(addresses[PORT], endpoint=endpoint, ca_pem=ca_pem, account=account)
    except pymysql.err.OperationalError as error:
        if error.args[0] == _ACCESS_DENIED or "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise GaveUp(f"it will not get better: {error}") from error
        if error.args[0] == _ABORTED and query:
            raise GaveUp(_FAILS.format(query=query)) from error
        return NotYet(str(error))
    except pymysql.err.InternalError as error:  # an answer that this client does not expect
        if query:
            raise GaveUp(_FAILS.format(query=query)) from error
        return NotYet(str(error))
    except (OSError, pymysql.err.MySQLError) as error:
        return NotYet(str(error))
    return Ready()


def hops(address: str, *, endpoint: str, ca_pem: str, account: Account) -> tuple[Hop, Hop]:
    """Return the TLS of both ends of a connection: ours, and that of the server's own connection.

    They are one hop when the server is asked directly, and two through the proxy.

    Raises:
        pymysql.err.MySQLError: No connection, or one without TLS at the server.
    """
    import pymysql

    connection = connect(address, endpoint=endpoint, ca_pem=ca_pem, account=account)
    try:
        connection_socket = vars(connection)["_sock"]
        clients = Hop(version=connection_socket.version(), cipher=connection_socket.cipher()[0])
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SHOW STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')")
            status = dict(cursor.fetchall())
    finally:
        connection.close()
    if not status.get("Ssl_cipher"):
        raise pymysql.err.OperationalError(0, "the server's connection has no TLS")
    return clients, Hop(version=status["Ssl_version"], cipher=status["Ssl_cipher"])
