"""The RDS Proxy stand-in in real containers: TLS on both hops, the way to the server, pooling."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from pymysql.constants import CLIENT

from harness.core.redact import Secret
from harness.core.wait import Deadline, GaveUp, NotYet, Ready, wait_until
from harness.diagnosis.patterns import server
from harness.stack import certificates
from harness.stack.component import Component, PlannedComponent
from harness.stack.components import mysql, proxy
from harness.stack.stack import Stack
from harness.target.access import split_address
from harness.target.clients.mysql import Account, connect
from tests.docker.own_run import own_run

if TYPE_CHECKING:
    import docker

CLUSTER = "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"
ENDPOINT = "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com"
ACCOUNT = Account(schema="tickets", username="tickets", password=Secret("proxy-password"))
CERTIFICATES = certificates.create({"mysql": (CLUSTER,), "proxy": (ENDPOINT,)})
CA = CERTIFICATES.ca_pem
OTHER_NAME = "other.cluster.example"
SERVER = replace(
    mysql.component(
        endpoint=CLUSTER, ca_pem=CA, certificate=CERTIFICATES.server("mysql"), account=ACCOUNT
    ),
    networks={"operator": (), "data": (CLUSTER, OTHER_NAME)},
)
describe = partial(proxy.component, endpoint=ENDPOINT, certificate=CERTIFICATES.server("proxy"))
SPEC = describe(cluster_endpoint=CLUSTER, ca_pem=CA)
PROBE = partial(proxy.probe, endpoint=ENDPOINT, ca_pem=CA, account=ACCOUNT)


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    ids = {"mysql": image("mysql"), "proxy": image("proxy")}
    with own_run(client, tmp_path_factory.mktemp("run")) as run:
        proxy_stack = Stack(run=run, client=client, images=ids, vpc_cidr="10.43.0.0/16")
        proxy_stack.create_networks()
        proxy_stack.start(SERVER)
        proxy_stack.start(SPEC)
        proxy_stack.wait_ready(PlannedComponent(SPEC, PROBE), check=lambda: None)
        yield proxy_stack


@contextmanager
def another(stack: Stack, component: Component) -> Iterator[Callable[[], Ready | NotYet]]:
    """Run a proxy that differs, in the first one's place; yield its probe."""
    _replace_proxy(stack, component)
    try:
        yield lambda: PROBE(stack.addresses["proxy"])
    finally:
        _replace_proxy(stack, SPEC)
        stack.wait_ready(PlannedComponent(SPEC, PROBE), check=lambda: None)


def _replace_proxy(stack: Stack, component: Component) -> None:
    stack.containers["proxy"].remove(force=True)
    stack.start(component)


def test_both_hops_are_tls(stack: Stack) -> None:
    clients, servers = mysql.hops(
        stack.addresses["proxy"][proxy.PORT],
        endpoint=ENDPOINT,
        ca_pem=CA,
        account=ACCOUNT,
    )
    assert clients.version == "TLSv1.3"
    assert servers.version == "TLSv1.3"
    assert clients.cipher
    assert servers.cipher


def test_plaintext_is_refused(stack: Stack) -> None:
    with pytest.raises(pymysql.err.OperationalError) as refused:
        _connect(stack, ssl_disabled=True)
    assert refused.value.args == (2026, "SSL connection error: SSL is required from client")


def test_probe_gives_up_on_another_authority(stack: Stack) -> None:
    with pytest.raises(GaveUp, match="CERTIFICATE_VERIFY_FAILED"):
        proxy.probe(
            stack.addresses["proxy"],
            endpoint=ENDPOINT,
            ca_pem=certificates.create({}).ca_pem,
            account=ACCOUNT,
        )


def test_proxy_has_the_production_name_and_the_cluster_only_behind_it(stack: Stack) -> None:
    container = stack.containers["proxy"]
    container.reload()
    networks = container.attrs["NetworkSettings"]["Networks"]
    aliases = {
        name.rpartition("-")[2]: set(network["Aliases"]) for name, network in networks.items()
    }
    assert ENDPOINT in aliases["proxy"]
    assert ENDPOINT not in aliases["data"]


def test_server_connections_are_shared(stack: Stack) -> None:
    # One after the other: at once, each may well have a server connection for a moment.
    clients = 30
    with contextlib.ExitStack() as open_until_counted:
        for _ in range(clients):
            connection = connect(
                stack.addresses["proxy"][proxy.PORT],
                endpoint=ENDPOINT,
                ca_pem=CA,
                account=ACCOUNT,
            )
            open_until_counted.callback(connection.close)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        done: Any = stack.containers["mysql"].exec_run(
            ["mysql", "-uroot", "-Ne", "SHOW STATUS LIKE 'Threads_connected'"]
        )
    assert int(done.output.split()[1]) < clients / 2


STATEMENTS_THAT_SHARING_REFUSES = {
    4501: "SELECT 1; SELECT 2",
    3566: "SELECT LAST_INSERT_ID()",
}


@pytest.mark.parametrize("code", STATEMENTS_THAT_SHARING_REFUSES)
def test_shared_connection_refuses_what_rds_proxy_takes_and_the_pattern_knows(
    stack: Stack, code: int
) -> None:
    with pytest.raises(pymysql.Error, match=str(code)) as refused:
        _send(stack, STATEMENTS_THAT_SHARING_REFUSES[code])
    message = "{} {}".format(*refused.value.args)
    causes = [pattern.cause for pattern in server.SERVER if re.search(pattern.match, message)]
    assert len(causes) == 1
    assert "set overlay.connection_sharing = false" in causes[0]


def test_connections_of_their_own_take_every_statement(stack: Stack) -> None:
    own = describe(cluster_endpoint=CLUSTER, ca_pem=CA, shares_connections=False)
    with another(stack, own) as probe:
        wait_until(probe, deadline=Deadline(15), interval_s=0.2)
        for statement in STATEMENTS_THAT_SHARING_REFUSES.values():
            _send(stack, statement)


def _connect(stack: Stack, **options: Any) -> pymysql.connections.Connection[Any]:
    connection: pymysql.connections.Connection[Any] = pymysql.connect(
        host=ENDPOINT,
        user=ACCOUNT.username,
        password=ACCOUNT.password.reveal(),
        defer_connect=True,
        **options,
    )
    connection.connect(
        socket.create_connection(split_address(stack.addresses["proxy"][proxy.PORT]), 5)
    )
    return connection


def _send(stack: Stack, statement: str) -> None:
    connection = _connect(
        stack,
        ssl=ssl.create_default_context(cadata=CA),
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_probe_says_what_the_proxy_says_while_the_server_is_away(stack: Stack) -> None:
    server = stack.containers["mysql"]
    server.pause()
    try:
        answer = PROBE(stack.addresses["proxy"])
    finally:
        server.unpause()
    assert isinstance(answer, NotYet)
    wait_until(lambda: PROBE(stack.addresses["proxy"]), deadline=Deadline(20))


def test_a_server_certificate_for_another_name_is_refused(stack: Stack) -> None:
    differing = describe(cluster_endpoint=OTHER_NAME, ca_pem=CA)
    with another(stack, differing) as probe:
        assert _refusal(probe) == "certificate verify failed"


def test_a_server_of_another_authority_is_refused(stack: Stack) -> None:
    differing = describe(cluster_endpoint=CLUSTER, ca_pem=certificates.create({}).ca_pem)
    with another(stack, differing) as probe:
        assert _refusal(probe) == "certificate verify failed"


def _refusal(probe: Callable[[], Ready | NotYet]) -> str:
    """Wait for the refusal of the second hop; before its port is open, a proxy says nothing."""
    reasons: list[str] = []

    def refused() -> Ready | NotYet:
        answer = probe()
        assert isinstance(answer, NotYet), "the proxy took a certificate that it must refuse"
        reasons.append(answer.reason)
        return Ready() if "certificate verify failed" in answer.reason else answer

    wait_until(refused, deadline=Deadline(15), interval_s=0.2)
    assert "connecting to destination failed with TLS error" in reasons[-1]
    return "certificate verify failed"
