"""Clients keep production's names and go to loopback, in any environment."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import docker.errors
import pytest
import requests

from harness.core.errors import TargetError
from harness.core.redact import Secret, redact
from harness.stack import engine
from harness.target.access import Access
from harness.target.clients import aws, http, mysql
from harness.target.clients.probe import ProbeClient, ProbeRefused, answer_or_unavailable
from harness.target.target import Target
from tests.unit.local_servers import HOST, Answer, Request, certificate, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
URL = f"https://{HOST}"


def ok(request: Request) -> Answer:
    return 200, {"Content-Type": "text/plain"}, f"{request.method} {request.path}".encode()


# files of an image


class Stored:
    """A container with files that are links and texts."""

    def __init__(self, **files: str) -> None:
        self.files = {f"/{name}": text for name, text in files.items()}

    def get_archive(self, path: str) -> tuple[list[bytes], dict[str, str]]:
        if path not in self.files:
            raise docker.errors.NotFound("no such file")
        text = self.files[path]
        target = text.removeprefix("-> ") if text.startswith("-> ") else ""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            info = tarfile.TarInfo("x")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        return [packed.getvalue()], {"linkTarget": target}


def test_a_file_is_read_through_links() -> None:
    stored = Stored(a="-> b", b="-> /c", c="text", loop="-> loop")
    assert engine.file_of(stored, "/a") == b"text"
    assert engine.file_of(stored, "/none") is None
    assert engine.file_of(stored, "/loop") is None


# HTTP


def test_https_goes_to_loopback_under_the_public_name(tmp_path: Path) -> None:
    pair = certificate(tmp_path)
    with serve(ok, tls=pair) as server:
        access = Access(public_url=URL, https=server.address, ca_file=str(pair[0]))
        answer = http.web(access).get(f"{URL}/events?x=1", timeout=5)
    assert answer.text == "GET /events?x=1"
    assert server.seen[0].headers["Host"] == HOST


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    pair = certificate(tmp_path, name="elsewhere.example")
    with serve(ok, tls=pair) as server:
        access = Access(public_url=URL, https=server.address, ca_file=str(pair[0]))
        with pytest.raises(requests.exceptions.SSLError, match="not valid for"):
            http.web(access).get(URL, timeout=5)


def test_the_stacks_ca_wins_over_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with serve(ok, tls=pair) as server:
        access = Access(public_url=URL, https=server.address, ca_file=str(pair[0]))
        assert http.web(access).get(URL, timeout=5).status_code == 200


def test_plain_http_has_a_port_of_its_own() -> None:
    def redirect(_: Request) -> Answer:
        return 301, {"Location": f"{URL}/"}, b""

    with serve(redirect) as server:
        access = Access(public_url=URL, http=server.address)
        answer = http.web(access).get(f"http://{HOST}/", allow_redirects=False, timeout=5)
    assert answer.headers["Location"] == f"{URL}/"


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    access = Access(public_url=URL, https=f"127.0.0.1:{port}")
    with pytest.raises(requests.ConnectionError) as failure:
        http.web(access).get(URL, timeout=5)
    message = str(failure.value)
    assert message.startswith(f"published at 127.0.0.1:{port}: ")
    assert f"HTTPSConnectionPool(host='{HOST}', port=443)" in message
    assert "Connection refused" in message


def test_a_redirect_to_another_host_names_that_host(tmp_path: Path) -> None:
    pair = certificate(tmp_path)

    def redirect(request: Request) -> Answer:
        if request.path == "/":
            return 301, {"Location": "http://elsewhere.example:8080/end"}, b""
        return 200, {}, b"the end"

    with serve(redirect, tls=pair) as server, serve(redirect) as plain:
        access = Access(
            public_url=URL, https=server.address, http=plain.address, ca_file=str(pair[0])
        )
        answer = http.web(access).get(f"{URL}:443/", timeout=5)
    assert answer.text == "the end"
    assert server.seen[0].headers["Host"] == HOST
    assert plain.seen[0].headers["Host"] == "elsewhere.example:8080"


def test_a_host_header_of_the_callers_is_left_alone() -> None:
    with serve(ok) as server:
        access = Access(public_url=URL, http=server.address)
        http.web(access).get(f"http://{HOST}/", headers={"Host": "other.example"}, timeout=5)
    assert server.seen[0].headers["Host"] == "other.example"


# the probe


def test_the_probe_signs_what_it_sends() -> None:
    def answer(request: Request) -> Answer:
        headers = request.headers
        lines = [
            headers.get("X-HTTP-Method-Override", request.method),
            request.path,
            hashlib.sha256(request.body).hexdigest(),
            headers["X-Probe-Timestamp"],
            headers["X-Probe-Nonce"],
        ]
        good = hmac.new(b"the key", "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        matches = good == headers["X-Probe-Signature"]
        return 200, {}, json.dumps({"matches": matches, "body": request.body.decode()}).encode()

    with serve(answer) as server:
        probe = ProbeClient(
            requests.Session(), base_url=f"http://{server.address}", key=lambda: "the key"
        )
        assert probe.put("a", "b") == {"matches": True, "body": '{"key": "a", "value": "b"}'}
        assert probe.whoami()["matches"]
        assert probe.slow(2, timeout_s=5).json()["matches"]
    nonces = [request.headers["X-Probe-Nonce"] for request in server.seen]
    assert len(set(nonces)) == 3
    assert all(len(nonce) == 32 for nonce in nonces)
    # A load balancer or nginx may let through what a browser's forms send only.
    assert [request.method for request in server.seen] == ["POST", "GET", "GET"]


def test_a_signed_request_can_be_replayed_as_it_was() -> None:
    with serve(ok) as server:
        probe = ProbeClient(requests.Session(), base_url=f"http://{server.address}", key=lambda: "")
        request = probe.signed("GET", "whoami")
        probe.send_signed(request)
        probe.send_signed(request)
    first, second = (replay.headers["X-Probe-Signature"] for replay in server.seen)
    assert first == second


def test_the_probe_of_an_app_below_a_path_is_below_it() -> None:
    with serve(lambda _: (200, {}, b"{}")) as server:
        address = f"http://{server.address}/shop"
        probe = ProbeClient(requests.Session(), base_url=address, key=lambda: "")
        probe.session()
    assert server.seen[0].path == "/shop/_probe/v1/session"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((404, {}, b"<h1>Not\n Found</h1>"), "answered 404, and should answer 200 and JSON: <h1>"),
        ((200, {}, b"[]"), "answered 200, and should answer 200 and JSON: []"),
        ((200, {}, b"hello"), "hello"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: Answer, text: str) -> None:
    with serve(lambda _: answer) as server:
        probe = ProbeClient(requests.Session(), base_url=f"http://{server.address}", key=lambda: "")
        with pytest.raises(ProbeRefused) as failure:
            probe.session()
    assert "GET /_probe/v1/session" in str(failure.value)
    assert text in str(failure.value)


def test_the_probes_key_comes_from_the_configuration_where_secrets_are_out_of_reach() -> None:
    target = Target("url", Access(public_url=URL), frozenset(), probe_key=Secret("given-key"))
    assert aws.probe_key(target) == "given-key"


def test_without_any_key_the_message_names_the_variable() -> None:
    with pytest.raises(TargetError, match="CUTOVER_PROBE_KEY"):
        aws.probe_key(Target("url", Access(public_url=URL), frozenset()))


# AWS

HOSTILE = {
    "AWS_PROFILE": "no-such-profile",
    "AWS_ACCESS_KEY_ID": "AKIAREALLYREAL",
    "AWS_SECRET_ACCESS_KEY": "really-real",
    "AWS_SESSION_TOKEN": "real-token",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_SECRETSMANAGER": "http://127.0.0.1:9",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_CA_BUNDLE": "/nonexistent.pem",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_RETRY_MODE": "no-such-mode",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "LOCALSTACK_HOST": "127.0.0.1:9",
    "USE_SSL": "1",
}


@pytest.mark.parametrize("service", ["secretsmanager", "ecs"])
def test_local_aws_clients_ignore_the_environment(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # another test's may be there
    answers: dict[str, tuple[str, dict[str, list[str]]]] = {
        "secretsmanager": ("list_secrets", {"SecretList": []}),
        "ecs": ("list_clusters", {"clusterArns": []}),
    }
    call, content = answers[service]
    with serve(lambda _: (200, {}, json.dumps(content).encode())) as server:
        here = f"http://{server.address}"
        access = Access(
            public_url=URL,
            emulator=here,
            control=here,
            account_id="876000000876",
            region="us-east-1",
        )
        getattr(aws.aws(access, service), call)()
        assert {name: os.environ[name] for name in HOSTILE} == HOSTILE
    assert boto3.DEFAULT_SESSION is None
    headers = server.seen[0].headers
    assert "Credential=876000000876/2" in headers["Authorization"]
    assert f"/us-east-1/{service}/" in headers["Authorization"]
    assert "X-Amz-Security-Token" not in headers


def test_the_values_of_a_secret_are_blanked_from_then_on() -> None:
    text = json.dumps({"username": "tickets", "password": "s3cr3t-of-the-app"})
    answer = json.dumps({"Name": "tickets/db", "SecretString": text}).encode()
    with serve(lambda _: (200, {}, answer)) as server:
        access = Access(
            public_url=URL,
            emulator=f"http://{server.address}",
            account_id="876000000876",
            region="us-east-1",
        )
        keys = aws.secret(access, "tickets/db")
    assert keys["password"] == "s3cr3t-of-the-app"
    assert redact("with s3cr3t-of-the-app in it") == "with *** in it"


def test_a_parameter_is_read_in_its_region_and_blanked_unless_it_is_a_user() -> None:
    body = {"Parameters": [{"Name": "/shop/password", "Value": "parameter-of-the-shop"}]}
    arn = "arn:aws:ssm:eu-west-1:876000000876:parameter/shop/password"
    with serve(lambda _: (200, {}, json.dumps(body).encode())) as server:
        access = Access(
            public_url=URL,
            emulator=f"http://{server.address}",
            account_id="876000000876",
            region="us-east-1",
            probe_parameter=arn,
            injected={"DB_USERNAME": arn, "DB_PASSWORD": "/shop/password"},
        )
        assert aws.injected(access, arn, variable="DB_USERNAME") == "parameter-of-the-shop"
        assert redact("parameter-of-the-shop") == "parameter-of-the-shop"
        assert aws.database_account(access) == ("parameter-of-the-shop",) * 2
        assert redact("parameter-of-the-shop") == "***"
        target = Target(name="local", access=access, capabilities=frozenset())
        assert aws.probe_key(target) == "parameter-of-the-shop"
        with pytest.raises(TargetError, match="The web task has no secret DB_PASSWORD"):
            aws.database_account(replace(access, injected={}, database_user="shop"))
    assert "/eu-west-1/ssm/" in server.seen[0].headers["Authorization"]


def test_the_account_may_be_in_a_secret_that_the_task_has_as_a_whole() -> None:
    body = {"SecretString": json.dumps({"DB_USERNAME": "shop", "DB_PASSWORD": "in-a-whole"})}
    arn = "arn:aws:secretsmanager:us-east-1:876000000876:secret:shop/all-Wk3dE5"
    with serve(lambda _: (200, {}, json.dumps(body).encode())) as server:
        access = Access(
            public_url=URL,
            emulator=f"http://{server.address}",
            account_id="876000000876",
            region="us-east-1",
            injected={"APP_SECRETS": arn},
        )
        assert aws.database_account(access) == ("shop", "in-a-whole")
    assert redact("in-a-whole") == "***"


def test_importing_the_clients_imports_no_library() -> None:
    heavy = ["boto3", "botocore", "docker", "localstack_client", "pymysql", "requests"]
    code = (
        f"import sys, harness.target.clients.aws; print(sorted(set(sys.modules) & set({heavy!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# MySQL


@pytest.fixture
def refusing_mysql() -> Iterator[int]:
    """A server that refuses whoever connects, in MySQL's protocol."""
    message = b"\xff" + (2026).to_bytes(2, "little") + b"#HY000SSL is required from client"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(len(message).to_bytes(3, "little") + b"\0" + message)

        thread = threading.Thread(target=refuse)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_mysql_is_reached_through_loopback(refusing_mysql: int) -> None:
    import pymysql

    access = Access(
        public_url=URL,
        proxy=f"127.0.0.1:{refusing_mysql}",
        proxy_endpoint="tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com",
        database="tickets",
    )
    with pytest.raises(pymysql.err.OperationalError, match="SSL is required from client"):
        mysql.session(access, hop="proxy", user="tickets", password="x", tls=False)


def test_a_web_tier_that_is_away_is_no_answer_and_an_apps_refusal_is_one() -> None:
    def refuse(status: int, body: str = "") -> None:
        raise ProbeRefused("GET /_probe/v1/ticks", status=status, body=body)

    assert answer_or_unavailable(lambda: {"ticks": []}) == [{"ticks": []}]
    assert "answered 503" in answer_or_unavailable(lambda: refuse(503))
    gateway = "<html><title>502 Bad Gateway</title></html>"
    assert "502" in answer_or_unavailable(lambda: refuse(502, gateway), also_bad_gateway=True)
    with pytest.raises(ProbeRefused):
        answer_or_unavailable(lambda: refuse(502, gateway))
    with pytest.raises(ProbeRefused):
        answer_or_unavailable(lambda: refuse(502, '{"error": "x"}'), also_bad_gateway=True)
    with pytest.raises(ProbeRefused):
        answer_or_unavailable(lambda: refuse(401))
