"""The app reaches its database over TLS, and through RDS Proxy only where there is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.report import emulated, not_covered, proved
from harness.target.resources.proxy_metrics import (
    QUERIES,
    QUERIES_WITHOUT_TLS,
    REQUESTS,
    REQUESTS_WITH_TLS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.proxy_metrics import ProxyMetrics
    from harness.target.target import Differences

UNTRUSTED_CA = Path(__file__).with_name("untrusted_ca.pem")
NO_SHELL = not_covered("no command can be run in a task there")
NO_SERVER = not_covered("the server is not reachable from outside its network")
ANSWER_WITHIN_S = 10
NO_ANSWER_WITHIN_S = 2
ONE_CLOCK_S = 600
"""Time zones differ by a quarter of an hour at least; clocks by far less."""
TYPES_SINCE_MYSQL_9 = ("vector",)
"""Aurora MySQL 3 is compatible with MySQL 8.0. https://dev.mysql.com/doc/refman/9.0/en/vector.html"""
TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")

through_a_task = pytest.mark.requires("probe", "ecs", "elb", "exec")
behind_the_proxy = pytest.mark.requires("probe", "ecs", "elb", "exec", "proxy")
by_router = pytest.mark.truth(
    local=emulated("MySQL Router stands in for RDS Proxy, whose CA and wording are Amazon's"),
    aws=proved,
    url=NO_SHELL,
)


@pytest.fixture
def connect(run_in_task: Callable[..., ExecResult]) -> Callable[..., dict[str, Any]]:
    """Try one connection from inside a web task, with the task's own credentials."""

    def run(*, host: str, tls: str, within_s: int = ANSWER_WITHIN_S) -> dict[str, Any]:
        artisan = ["php", "artisan", "cutover-probe:connect", "--json"]
        command = [*artisan, f"--timeout={within_s}", f"--host={host}", f"--tls={tls}"]
        done = run_in_task(command)
        assert done.exit_code == 0, f"{' '.join(artisan)} failed: {done.stdout}{done.stderr}"
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result

    return run


@by_router
@behind_the_proxy
@pytest.mark.read_only
def test_plaintext_is_refused_at_the_proxy(
    connect: Callable[..., dict[str, Any]],
    access: Access,
    differences: Differences,
    observe: Callable[..., None],
) -> None:
    attempt = connect(host=access.proxy_endpoint, tls="off")
    observe("refusal", text=attempt["error"])
    assert not attempt["ok"], "the proxy accepts a connection without TLS"
    assert any(text in attempt["error"] for text in differences.plaintext_at_proxy), (
        f"the proxy refuses a connection without TLS with another error: {attempt['error']}"
    )


@pytest.mark.truth(
    local=emulated("MySQL 9.7 stands in for Aurora; require_secure_transport is the same variable"),
    aws=NO_SERVER,
    url=NO_SERVER,
)
@pytest.mark.requires("sql")
@pytest.mark.read_only
def test_plaintext_is_refused_at_the_server(
    mysql: Callable[..., Any], differences: Differences
) -> None:
    import pymysql

    with mysql("server") as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
        assert cursor.fetchone()[1] in TLS_VERSIONS
    with pytest.raises(pymysql.err.OperationalError) as refusal:
        mysql("server", tls=False)
    assert any(text in str(refusal.value) for text in differences.plaintext_at_server), (
        f"the server refuses a connection without TLS with another error: {refusal.value}"
    )


@pytest.mark.truth(local=proved, aws=NO_SERVER, url=NO_SERVER)
@pytest.mark.requires("sql")
@pytest.mark.read_only
def test_columns_have_types_that_aurora_has(mysql: Callable[..., Any]) -> None:
    with mysql("server") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE"
            " table_schema = DATABASE() AND data_type IN %s",
            (TYPES_SINCE_MYSQL_9,),
        )
        for table, column, kind in cursor.fetchall():
            expect(
                False,
                f"{table}.{column} is of the type {kind}",
                cause=f"the column {column} of {table} is of the type {kind}, which MySQL has since"
                " 9.0 and Aurora does not have: its migration fails there",
                certain=True,
            )


@pytest.mark.truth(local=proved, aws=NO_SERVER, url=NO_SERVER)
@pytest.mark.requires("sql")
@pytest.mark.read_only
def test_tables_are_kept_by_innodb(mysql: Callable[..., Any]) -> None:
    with mysql("server") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, engine FROM information_schema.tables WHERE table_schema ="
            " DATABASE() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'"
        )
        for table, engine in cursor.fetchall():
            expect(
                False,
                f"{table} is a table of {engine}",
                cause=f"the table {table} is kept by {engine}: Aurora keeps InnoDB's tables alone,"
                f" and {engine} has no transactions, row locks and foreign keys; take engine out of"
                " config/database.php and the migrations",
                certain=True,
            )


@pytest.mark.truth(
    local=emulated("MySQL Router reports the session of its own hop, RDS Proxy hides it"),
    aws=emulated("RDS Proxy hides the second hop: its facts are no evidence"),
    url=emulated("RDS Proxy hides the second hop: what is read there is not evidence"),
)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_database_connection_uses_tls_and_verifies_names(
    probe: ProbeClient, access: Access, record_property: Callable[[str, object], None]
) -> None:
    facts = probe.database()
    record_property("time zones", f"app {facts['app_time_zone']}, database {facts['time_zone']}")
    # Laravel takes one host of a list at random for each connection.
    hosts = facts["host"] if isinstance(facts["host"], list) else [facts["host"]]
    owner = "the proxy" if access.proxy_endpoint else "the database"
    for host in hosts:
        expect(
            host == (access.database_endpoint or host),
            f"the app uses {host} and not {owner}",
            cause=SettingCause("DB_HOST", f"DB_HOST is {host}, and must be {owner}'s endpoint"),
        )
    expect(
        facts["ca"],
        "the app connects to the database without a CA file",
        cause=SettingCause(
            "MYSQL_ATTR_SSL_CA",
            "the app speaks to the database in plain text: MYSQL_ATTR_SSL_CA is not set in the"
            " task, or config/database.php does not use it",
        ),
    )
    expect(
        facts["verify"],
        "the app does not verify the database's certificate",
        cause="the app does not verify the database's certificate: ATTR_SSL_VERIFY_SERVER_CERT is"
        " off in config/database.php",
    )
    assert facts["tls_version"] in TLS_VERSIONS, f"the server sees {facts['tls_version']!r}"


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_queries_by_the_databases_clock_fit_the_apps(
    probe: ProbeClient, app_code: dict[str, Any]
) -> None:
    facts = probe.database()
    ahead_s = facts.get("clock_ahead_s") or 0
    hours = f"{round(abs(ahead_s) / 3600, 1):g} h {'ahead of' if ahead_s > 0 else 'behind'} it"
    for use in app_code.get("clocks", ()):
        expect(
            abs(ahead_s) < ONE_CLOCK_S,
            f"the app's clock is {ahead_s} s ahead of the database's",
            cause=f"{use['file']} line {use['line']} asks for the database's {use['function']}, and"
            f" the app writes times that are {hours}: its zone is {facts['app_time_zone']}, the"
            f" database's {facts['time_zone']}: pass now() as a binding, or set the app's to"
            " UTC",
            certain=True,
        )


@by_router
@through_a_task
@pytest.mark.read_only
def test_database_certificate_is_valid_for_its_name(
    connect: Callable[..., dict[str, Any]],
    run_in_task: Callable[..., ExecResult],
    access: Access,
) -> None:
    host = access.database_endpoint
    handshake = connect(host=host, tls="system")
    assert handshake["ok"], f"{host} is refused under its own name: {handshake['error']}"
    resolve = ["php", "-r", f"echo gethostbyname('{host}');"]
    address = run_in_task(resolve).stdout
    unnamed = connect(host=address, tls="system")
    assert not unnamed["ok"], f"{host} is accepted as {address}, which its certificate lacks"


@by_router
@through_a_task
@pytest.mark.read_only
def test_certificate_of_an_untrusted_ca_is_refused(
    connect: Callable[..., dict[str, Any]],
    run_in_task: Callable[..., ExecResult],
    access: Access,
) -> None:
    file = "/tmp/untrusted-ca.pem"  # noqa: S108 - in a task's own file system
    write = ["sh", "-c", 'printf %s "$1" > "$2"', "sh", UNTRUSTED_CA.read_text(), file]
    assert run_in_task(write).exit_code == 0
    attempt = connect(host=access.database_endpoint, tls=file)
    assert not attempt["ok"], "the app accepts a certificate of a CA that it does not trust"
    assert "SSL" in attempt["error"], f"refused, but not for its certificate: {attempt['error']}"


@pytest.fixture
def assert_unreachable(
    connect: Callable[..., dict[str, Any]], run_in_task: Callable[..., ExecResult]
) -> Callable[[str], None]:
    """Check that a web task cannot connect to a host: no name, no route, or no answer."""

    def check(host: str) -> None:
        # The resolver can take long over an unknown name; an address needs no resolver.
        limit = ["timeout", str(NO_ANSWER_WITHIN_S)]
        if run_in_task([*limit, "getent", "ahosts", host]).exit_code != 0:
            return
        attempt = connect(host=host, tls="system", within_s=NO_ANSWER_WITHIN_S)
        assert not attempt["ok"], f"a web task reaches the database server at {host}"
        assert "[2002]" in attempt["error"], f"the server at {host} answers: {attempt['error']}"

    return check


@pytest.mark.truth(
    local=emulated("Docker networks stand in for security groups"), aws=proved, url=NO_SHELL
)
@behind_the_proxy
@pytest.mark.read_only
def test_app_cannot_reach_the_server_by_name(
    assert_unreachable: Callable[[str], None], access: Access
) -> None:
    assert_unreachable(access.cluster_endpoint)


@pytest.mark.truth(
    local=emulated("Docker networks stand in for security groups"),
    aws=not_covered("the server's address is not known there"),
    url=NO_SHELL,
)
@pytest.mark.requires("probe", "ecs", "elb", "exec", "containers", "proxy")
@pytest.mark.read_only
def test_app_cannot_reach_the_server_by_address(
    assert_unreachable: Callable[[str], None], containers: Containers
) -> None:
    for address, _ in containers.addresses("mysql").values():
        assert_unreachable(address)


@pytest.mark.truth(
    local=emulated("Router pins at a server-side prepare as RDS Proxy does, and less for SET"),
    aws=proved,
    url=proved,
)
@pytest.mark.requires("http", "probe", "proxy")
@pytest.mark.read_only
def test_app_does_not_pin_its_connections(probe: ProbeClient) -> None:
    facts = probe.database()
    name = facts.get("connection", "")
    expect(
        facts["emulated_prepares"],
        f"the app prepares statements at the server, on its connection {name!r}",
        cause="RDS Proxy pins every connection that prepares a statement at the server: set"
        f' PDO::ATTR_EMULATE_PREPARES to true for the connection "{name}", which DB_CONNECTION'
        " names, in config/database.php",
        certain=True,
    )


@pytest.mark.truth(
    local=not_covered("MySQL Router has no metrics"),
    aws=proved,
    url=not_covered("CloudWatch is the account's"),
)
@pytest.mark.requires("metrics", "proxy")
@pytest.mark.read_only(runs_last=True)
def test_proxy_counts_no_query_and_no_connection_without_tls(
    proxy_metrics: ProxyMetrics, observe: Callable[..., None]
) -> None:
    minutes = proxy_metrics.minutes(QUERIES, QUERIES_WITHOUT_TLS, REQUESTS, REQUESTS_WITH_TLS)
    counts = {name: sum(values) for name, values in minutes.items()}
    observe("without TLS", number=counts[QUERIES_WITHOUT_TLS])
    if not counts[QUERIES]:
        pytest.skip("not covered: RDS Proxy has counted no query for a quarter of an hour")
    expect(
        not counts[QUERIES_WITHOUT_TLS],
        f"RDS Proxy has counted {counts[QUERIES_WITHOUT_TLS]:.0f} queries without TLS",
        cause="a client of RDS Proxy connects without TLS: set RequireTLS of the proxy",
        certain=True,
    )
    expect(
        counts[REQUESTS_WITH_TLS] == counts[REQUESTS],
        f"of {counts[REQUESTS]:.0f} connections that RDS Proxy asked of the database,"
        f" {counts[REQUESTS_WITH_TLS]:.0f} were asked with TLS",
        cause="RDS Proxy connects to the database without TLS: set RequireTLS of the proxy, and"
        " require_secure_transport in the cluster's parameter group",
    )
