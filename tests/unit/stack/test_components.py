"""Each component and the answers of its probe, without a container."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import pymysql
import pytest

from harness.core.redact import Secret
from harness.core.wait import GaveUp, NotYet, Ready
from harness.stack import certificates
from harness.stack.component import Component, File
from harness.stack.components import cache, edge, emulator, mysql, proxy
from harness.target.clients.mysql import Account

CERTIFICATES = certificates.create(
    {
        "mysql": ("db.example",),
        "proxy": ("px.example",),
        "cache": ("cache.example",),
        "edge": ("h.ex",),
    }
)
ACCOUNT = Account(schema="tickets", username="tickets", password=Secret("pass'word\\"))
TOKEN = Secret("a token of sixteen characters")
CACHE = cache.Settings(
    "cache.example", 6379, tls=True, cluster=True, user=cache.DEFAULT_USER, token=TOKEN
)
SPECS = [
    mysql.component(
        endpoint="db.example",
        ca_pem=CERTIFICATES.ca_pem,
        certificate=CERTIFICATES.server("mysql"),
        account=ACCOUNT,
    ),
    proxy.component(
        endpoint="px.example",
        cluster_endpoint="db.example",
        ca_pem=CERTIFICATES.ca_pem,
        certificate=CERTIFICATES.server("proxy"),
    ),
    emulator.component(),
    edge.component(certificate=CERTIFICATES.server("edge")),
    cache.component(
        CACHE,
        beside="data",
        ca_pem=CERTIFICATES.ca_pem,
        certificate=CERTIFICATES.server("cache"),
    ),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_published_ports_are_on_a_network_that_reaches_them(spec: Component) -> None:
    first = next(iter(spec.networks))
    assert first in ("operator", "public")
    assert spec.published


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_limits_are_set_and_no_secret_is_in_what_inspect_shows(spec: Component) -> None:
    assert 64 * 1024**2 <= spec.memory_bytes <= 1024**3
    assert 16 <= spec.pids_limit <= 512
    text = f"{spec.environment} {spec.command}"
    assert ACCOUNT.password.reveal() not in text
    assert "PRIVATE KEY" not in text


def test_specs_show_no_content_of_files() -> None:
    assert "PRIVATE" not in repr(SPECS)
    assert repr(File(b"secret")) == "File(mode=420)"


def test_endpoints_are_aliases_on_the_side_of_their_clients_only() -> None:
    server, router = SPECS[0], SPECS[1]
    assert server.networks == {"operator": (), "data": ("db.example",)}
    assert router.networks == {"operator": (), "proxy": ("px.example",), "data": ()}


def test_init_sql_quotes_and_grants_on_the_schema_only() -> None:
    account = Account(schema="my_app", username="o'hara", password=Secret("a'b\\c"))
    create, user, grant = mysql.init_sql(account).splitlines()
    assert create == "CREATE DATABASE `my_app` CHARACTER SET utf8mb4;"
    assert user == (
        r"CREATE USER 'o''hara'@'%' IDENTIFIED WITH caching_sha2_password BY 'a''b\\c';"
    )
    assert grant.endswith(r" ON `my\_app`.* TO 'o''hara'@'%';")
    assert "ALL" not in grant


def test_the_server_has_the_parameters_of_the_cluster() -> None:
    options = {"character_set_server": "latin1", "collation_server": "latin1_bin"}
    server = mysql.component(
        endpoint="db.example",
        ca_pem=CERTIFICATES.ca_pem,
        certificate=CERTIFICATES.server("mysql"),
        account=ACCOUNT,
        options=options,
    )
    assert server.command == (
        *("start", "--character_set_server=latin1", "--collation_server=latin1_bin"),
    )
    assert SPECS[0].command == ()
    sql = mysql.init_sql(ACCOUNT, options=options).splitlines()
    assert sql[0] == "CREATE DATABASE `tickets` CHARACTER SET latin1 COLLATE latin1_bin;"


def test_init_sql_makes_each_account_with_the_same_rights() -> None:
    accounts = [Account("shop", name, Secret("a-password")) for name in ("shop", "shop_worker")]
    _, _, grant, user, other = mysql.init_sql(*accounts).splitlines()
    assert user.startswith("CREATE USER 'shop_worker'@'%'")
    assert other == grant.replace("'shop'@", "'shop_worker'@")


def test_proxy_is_sent_to_the_cluster_endpoint() -> None:
    destination = SPECS[1].files["/etc/mysqlrouter/destination.conf"].content
    sent = b"[routing:rw]\ndestinations = db.example:3306\n"
    assert destination == sent + b"connection_sharing = 1\n"


def test_edge_key_is_for_root_only() -> None:
    assert SPECS[3].files["/etc/nginx/tls/edge.key"].mode == 0o600


def test_edge_listens_on_the_ports_of_its_listeners() -> None:
    component = edge.component(
        certificate=CERTIFICATES.server("edge"), ports={443: "HTTPS", 8443: "HTTPS", 8080: "HTTP"}
    )
    assert component.published == (80, 443, 8443, 8080)
    written = {
        name: component.files[f"/etc/nginx/harness/{name}.conf"].content
        for name in ("plain", "tls")
    }
    assert written == {
        "plain": b"listen 80 default_server;\nlisten 8080 default_server;\n",
        "tls": b"listen 443 ssl default_server;\nlisten 8443 ssl default_server;\n",
    }
    only = edge.component(certificate=CERTIFICATES.server("edge"), ports={80: "HTTPS"})
    assert only.files["/etc/nginx/harness/plain.conf"].content == b"listen unix:/run/unused.sock;\n"


@pytest.mark.parametrize("name", ["mysql", "proxy"])
def test_database_probes_say_that_nothing_listens(name: str) -> None:
    module = {"mysql": mysql, "proxy": proxy}[name]
    answer = module.probe(
        {3306: "127.0.0.1:9"}, endpoint="db.example", ca_pem=CERTIFICATES.ca_pem, account=ACCOUNT
    )
    assert isinstance(answer, NotYet)
    assert "refused" in answer.reason


@pytest.mark.parametrize(
    "error",
    [
        pymysql.err.InternalError("Packet sequence number wrong - got 6 expected 1"),
        pymysql.err.OperationalError(1184, "Aborted connection 9 (init_connect command failed)"),
    ],
)
def test_a_query_that_fails_at_the_start_of_each_session_is_named(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(mysql, "hops", fail)
    ask = partial(
        mysql.probe, {3306: "127.0.0.1:9"}, endpoint="db.example", ca_pem="", account=ACCOUNT
    )
    with pytest.raises(GaveUp, match="init_connect fails: SET a=1"):
        ask(query="SET a=1")
    assert isinstance(ask(), NotYet)


class Emulator(BaseHTTPRequestHandler):
    """Healthy, but one service fails."""

    broken = ""
    seen: list[str] = []  # noqa: RUF012 - the server's class is its only shared state

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = self.headers.get("Authorization", "////")
        service = scope.split("/")[3]
        self.seen.append(scope)
        self.send_response(500 if service and service == self.broken else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"words")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def emulator_port() -> Iterator[int]:
    Emulator.broken = ""
    Emulator.seen = []
    server = HTTPServer(("127.0.0.1", 0), Emulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def emulator_answer(port: int) -> Ready | NotYet:
    return emulator.probe(
        {emulator.PORT: f"127.0.0.1:{port}"}, account_id="876000000876", region="us-east-1"
    )


def test_emulator_is_ready_after_one_call_of_each_service(emulator_port: int) -> None:
    assert emulator_answer(emulator_port) == Ready()
    services = [scope.split("/")[3] for scope in Emulator.seen]
    assert services == ["", *emulator.SERVICES]
    assert "Credential=876000000876/" in Emulator.seen[-1]


def test_emulator_probe_names_the_service_that_fails(emulator_port: int) -> None:
    Emulator.broken = "sqs"
    assert emulator_answer(emulator_port) == NotYet("sqs: HTTP 500: words")


def test_the_caches_settings_hold_no_token_and_follow_production() -> None:
    text = "\n".join(CACHE.lines)
    assert TOKEN.reveal() not in text
    assert {"port 0", "tls-port 6379", "cluster-enabled yes"} <= {*CACHE.lines}
    assert "user default on #" in text
    users = replace(CACHE, user="app", cluster=False)
    assert "user default off" in users.lines
    assert "cluster-enabled yes" not in users.lines
    assert replace(users, tls=False, token=None).lines == ["port 6379"]
