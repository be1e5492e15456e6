"""The Aurora stand-in in a real container: its demands on clients, and its secrets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from harness.core.redact import Secret
from harness.core.wait import GaveUp, Ready
from harness.stack import certificates
from harness.stack.component import PlannedComponent
from harness.stack.components import mysql
from harness.stack.stack import Stack
from harness.target.access import split_address
from harness.target.clients.mysql import Account, connect
from tests.docker.own_run import own_run

if TYPE_CHECKING:
    import docker

ENDPOINT = "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"
ACCOUNT = Account(schema="tickets", username="tickets", password=Secret(r"it's a \secret"))
CERTIFICATES = certificates.create({"mysql": (ENDPOINT,)})
SPEC = mysql.component(
    endpoint=ENDPOINT,
    ca_pem=CERTIFICATES.ca_pem,
    certificate=CERTIFICATES.server("mysql"),
    account=ACCOUNT,
)
PROBE = partial(mysql.probe, endpoint=ENDPOINT, ca_pem=CERTIFICATES.ca_pem, account=ACCOUNT)


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    ids = {"mysql": image("mysql")}
    with own_run(client, tmp_path_factory.mktemp("run")) as run:
        mysql_stack = Stack(run=run, client=client, images=ids, vpc_cidr="10.42.0.0/16")
        mysql_stack.create_networks()
        mysql_stack.start(SPEC)
        mysql_stack.wait_ready(PlannedComponent(SPEC, PROBE), check=lambda: None)
        yield mysql_stack


def query(stack: Stack, sql: str) -> list[tuple[Any, ...]]:
    connection = connect(
        stack.addresses["mysql"][mysql.PORT],
        endpoint=ENDPOINT,
        ca_pem=CERTIFICATES.ca_pem,
        account=ACCOUNT,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def inside(stack: Stack, command: str, *, user: str = "") -> str:
    done: Any = stack.containers["mysql"].exec_run(["sh", "-c", command], user=user)
    text: str = done.output.decode()
    return text


def test_connection_is_tls_with_production_name_verified(stack: Stack) -> None:
    ours, servers = mysql.hops(
        stack.addresses["mysql"][mysql.PORT],
        endpoint=ENDPOINT,
        ca_pem=CERTIFICATES.ca_pem,
        account=ACCOUNT,
    )
    assert ours.version == servers.version == "TLSv1.3"
    assert ours.cipher == servers.cipher


def test_plaintext_is_refused_with_aurora_error(stack: Stack) -> None:
    connection = pymysql.connect(
        host=ENDPOINT,
        user=ACCOUNT.username,
        password=ACCOUNT.password.reveal(),
        ssl_disabled=True,
        defer_connect=True,
    )
    with pytest.raises(pymysql.err.OperationalError) as refused:
        connection.connect(
            socket.create_connection(split_address(stack.addresses["mysql"][mysql.PORT]), 5)
        )
    assert refused.value.args == (
        3159,
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.",
    )


def test_probe_gives_up_on_another_authority(stack: Stack) -> None:
    other = certificates.create({}).ca_pem
    with pytest.raises(GaveUp, match="CERTIFICATE_VERIFY_FAILED"):
        mysql.probe(stack.addresses["mysql"], endpoint=ENDPOINT, ca_pem=other, account=ACCOUNT)


def test_probe_gives_up_on_a_name_that_the_certificate_lacks(stack: Stack) -> None:
    with pytest.raises(GaveUp, match="Hostname mismatch"):
        mysql.probe(
            stack.addresses["mysql"],
            endpoint="db.example",
            ca_pem=CERTIFICATES.ca_pem,
            account=ACCOUNT,
        )


def test_probe_gives_up_on_a_wrong_password(stack: Stack) -> None:
    wrong = Account("tickets", "tickets", Secret("not the password"))
    with pytest.raises(GaveUp, match="1045"):
        mysql.probe(
            stack.addresses["mysql"], endpoint=ENDPOINT, ca_pem=CERTIFICATES.ca_pem, account=wrong
        )


def test_account_may_only_what_an_app_needs(stack: Stack) -> None:
    (usage,), (grants,) = query(stack, "SHOW GRANTS")
    assert usage == "GRANT USAGE ON *.* TO `tickets`@`%`"
    # These are all that a schema has, and MySQL says so.
    assert grants == "GRANT ALL PRIVILEGES ON `tickets`.* TO `tickets`@`%`"
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        query(stack, "CREATE DATABASE elsewhere")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        query(stack, "SELECT user FROM mysql.user")


def test_a_connection_may_name_its_time_zone(stack: Stack) -> None:
    sql = "SELECT CONVERT_TZ('2026-11-28 12:00:00', 'UTC', 'America/Jamaica')"
    assert str(query(stack, sql)[0][0]) == "2026-11-28 07:00:00"


def test_a_foreign_key_may_name_columns_that_are_not_unique(stack: Stack) -> None:
    query(stack, "CREATE TABLE parent (code INT, KEY (code))")
    query(stack, "CREATE TABLE child (code INT, FOREIGN KEY (code) REFERENCES parent (code))")
    query(stack, "DROP TABLE child, parent")


def test_schema_speaks_utf8mb4(stack: Stack) -> None:
    assert query(stack, "SELECT @@character_set_database, @@sql_mode LIKE '%STRICT%'") == [
        ("utf8mb4", 1)
    ]


def test_password_is_left_in_no_file_and_not_in_inspect(stack: Stack) -> None:
    assert inside(stack, "ls -A /etc/mysql/init") == ""
    assert inside(stack, "timeout 1 cat /proc/1/fd/3") == ""
    container = stack.containers["mysql"]
    attributes = str(container.attrs)
    assert "secret" not in attributes
    assert "secret" not in bytes(container.logs()).decode()


def test_key_is_out_of_reach_of_other_users(stack: Stack) -> None:
    assert "Permission denied" in inside(stack, "cat /etc/mysql/tls/server.key 2>&1", user="nobody")


def test_root_comes_in_by_the_socket_only(stack: Stack) -> None:
    assert "root@localhost" in inside(stack, "mysql -uroot -Ne 'SELECT CURRENT_USER()'")
    assert "ERROR 1045" in inside(stack, "mysql -uroot -h127.0.0.1 -e 'SELECT 1' 2>&1", user="root")


def test_data_and_account_survive_a_restart(stack: Stack) -> None:
    query(stack, "CREATE TABLE IF NOT EXISTS kept (id INT PRIMARY KEY)")
    container = stack.containers["mysql"]
    container.restart(timeout=10)
    container.reload()
    stack.wait_ready(PlannedComponent(SPEC, PROBE), check=lambda: None)
    assert query(stack, "SHOW TABLES LIKE 'kept'") == [("kept",)]
    assert isinstance(PROBE(stack.addresses["mysql"]), Ready)
