"""MySQL connections and accounts, with TLS required and the name verified."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.redact import Secret
from harness.target.access import Access, split_address

if TYPE_CHECKING:
    import pymysql

TIMEOUT_S = 10


def session(
    access: Access,
    *,
    hop: str,
    user: str,
    password: str,
    tls: bool = True,
    answer_s: int = TIMEOUT_S,
) -> pymysql.connections.Connection[Any]:
    """Connect to the ``proxy`` or to the ``server`` as an operator, verifying production's name.

    With ``tls`` off no TLS is asked for, which both must refuse. An answer may take ``answer_s``.
    """
    host, address = {
        "proxy": (access.proxy_endpoint, access.proxy),
        "server": (access.cluster_endpoint, access.mysql),
    }[hop]
    context = ssl.create_default_context(cafile=access.ca_file or None) if tls else None
    return _connect(
        address,
        host=host,
        user=user,
        password=password,
        database=access.database,
        context=context,
        answer_s=answer_s,
    )


GRANTS = (
    *("SELECT", "INSERT", "UPDATE", "DELETE"),
    *("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE TEMPORARY TABLES", "LOCK TABLES"),
    *("CREATE VIEW", "SHOW VIEW", "TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "EVENT"),
)
"""The rights of an app and its migrations: all that there are on a schema, on its own only."""


@dataclass(frozen=True)
class Account:
    """The app's schema and its account there."""

    schema: str
    username: str
    password: Secret


def account_sql(account: Account, *, again: bool = False) -> str:
    """Write the SQL that makes an account; ``again`` gives one that exists this password."""
    schema = account.schema.replace("`", "``")
    pattern = schema.replace("_", r"\_").replace("%", r"\%")
    user = f"{_quoted(account.username)}@'%'"
    password = f"IDENTIFIED WITH caching_sha2_password BY {_quoted(account.password.reveal())}"
    creation = (
        f"CREATE USER IF NOT EXISTS {user} {password};\nALTER USER {user} {password};\n"
        if again
        else f"CREATE USER {user} {password};\n"
    )
    return f"{creation}GRANT {', '.join(GRANTS)} ON `{pattern}`.* TO {user};\n"


def connect(
    address: str, *, endpoint: str, ca_pem: str, account: Account
) -> pymysql.connections.Connection[Any]:
    """Connect to a ``host:port`` as the app, verifying the CA and production's name."""
    return _connect(
        address,
        host=endpoint,
        user=account.username,
        password=account.password.reveal(),
        database=account.schema,
        context=ssl.create_default_context(cadata=ca_pem),
    )


def _connect(  # noqa: PLR0913 - all of them make one connection
    address: str,
    *,
    host: str,
    user: str,
    password: str,
    database: str,
    context: ssl.SSLContext | None,
    answer_s: int = TIMEOUT_S,
) -> pymysql.connections.Connection[Any]:
    """Connect to an address under another name; no context means that no TLS is asked for."""
    import pymysql

    tls: dict[str, Any] = {"ssl": context} if context else {"ssl_disabled": True}
    connection = pymysql.connect(
        host=host,
        user=user,
        password=password,
        database=database,
        connect_timeout=TIMEOUT_S,
        read_timeout=answer_s,
        defer_connect=True,
        **tls,
    )
    connection.connect(socket.create_connection(split_address(address), TIMEOUT_S))
    return connection


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
