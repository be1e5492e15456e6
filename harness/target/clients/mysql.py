"""MySQL connections and accounts, with TLS required and the name verified."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

from harness.target.access import Access, split_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.redact import Secret

if TYPE_CHECKING:
    import pymysql

MYSQL_TIMEOUT_S = 10


def session(
    access: Access, *, hop: str, user: str, password: str, tls: bool = True
) -> pymysql.connections.Connection[Any]:
    """Connect to the ``proxy`` or to the ``server`` as an operator, verifying production's name.

    With ``tls`` off no TLS is asked for, which both must refuse.
    """
    import pymysql

    name, address = {
        "proxy": (access.proxy_endpoint, access.proxy),
        "server": (access.cluster_endpoint, access.mysql),
    }[hop]
    settings: Mapping[str, Any] = (
        {"ssl": ssl.create_default_context(cafile=access.ca_file or None)}
        if tls
        else {"ssl_disabled": True}
    )
    connection = pymysql.connect(
        host=name,
        user=user,
        password=password,
        database=access.database,
        connect_timeout=MYSQL_TIMEOUT_S,
        read_timeout=MYSQL_TIMEOUT_S,
        defer_connect=True,
        **settings,
    )
    connection.connect(socket.create_connection(split_address(address), MYSQL_TIMEOUT_S))
    return connection


GRANTS = (
    *("SELECT", "INSERT", "UPDATE", "DELETE"),
    *("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE TEMPORARY TABLES", "LOCK TABLES"),
)
"""What an app and its migrations need, on its own schema only."""


_TIMEOUT_S = 5


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
    made = (
        f"CREATE USER IF NOT EXISTS {user} {password};\nALTER USER {user} {password};\n"
        if again
        else f"CREATE USER {user} {password};\n"
    )
    return f"{made}GRANT {', '.join(GRANTS)} ON `{pattern}`.* TO {user};\n"


def connect(
    port: int, *, endpoint: str, ca_pem: str, account: Account
) -> pymysql.connections.Connection[Any]:
    """Connect to a port of 127.0.0.1 as the app, verifying the CA and production's name."""
    import pymysql

    connection = pymysql.connect(
        host=endpoint,
        user=account.username,
        password=account.password.reveal(),
        database=account.schema,
        ssl=ssl.create_default_context(cadata=ca_pem),
        connect_timeout=_TIMEOUT_S,
        read_timeout=_TIMEOUT_S,
        defer_connect=True,
    )
    connection.connect(socket.create_connection(("127.0.0.1", port), _TIMEOUT_S))
    return connection


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
