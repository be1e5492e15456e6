"""Faults of certificate and TLS, each named by one check."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.smoke import handshake
from harness.smoke.result import Action, State
from harness.smoke.site import Route
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Authority, limit
from tests.unit.smoke.faults import Fault

NOW = datetime.now(UTC)


def certificate(world: World, *names: str, **settings: Any) -> None:
    world.web.tls = world.issuer.context(*names, **settings)


def versions(world: World, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    assert world.web.tls is not None
    limit(world.web.tls, lowest=lowest, highest=highest)


def without_http_2(world: World) -> None:
    assert world.web.tls is not None
    world.web.tls.set_alpn_protocols(["http/1.1"])


def nobody_listens(world: World) -> None:
    world.given(routes=(Route(HOST, 443, "127.0.0.1", 1), world.site.routes[1]))


def without_forward_secrecy(world: World) -> None:
    import trustme

    certificate(world, key_type=trustme.KeyType.RSA)
    assert world.web.tls is not None
    world.web.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    world.web.tls.set_ciphers("AES128-GCM-SHA256")


FAULTS = [
    Fault(
        "an expired certificate",
        lambda world: certificate(world, not_after=NOW - timedelta(days=1)),
        "days left",
        "expired on ",
        "browsers show a warning page: renew the certificate",
        Action.ROLL_BACK,
    ),
    Fault(
        "a certificate that begins tomorrow",
        lambda world: certificate(world, not_before=NOW + timedelta(days=1)),
        "days left",
        "valid from ",
        "browsers show a warning page until then",
        Action.WAIT,
    ),
    Fault(
        "a certificate with ten days left",
        lambda world: certificate(world, not_after=NOW + timedelta(days=10, hours=1)),
        "days left",
        "10 days, until ",
        "its validation record is missing",
    ),
    Fault(
        "a missing intermediate",
        lambda world: certificate(world, has_intermediate=False),
        "chain",
        "unable to get local issuer certificate; issued by ",
        "the server does not send the intermediate certificate",
        Action.ROLL_BACK,
    ),
    Fault(
        "an intermediate past its end",
        lambda world: setattr(world.web, "tls", world.issuer.expired_intermediate()),
        "chain",
        "certificate has expired; issued by CN=middle",
        "an intermediate certificate, which the server sends, has expired",
        Action.ROLL_BACK,
    ),
    Fault(
        "a key of 1024 bits",
        lambda world: setattr(world.web, "tls", world.issuer.short_key()),
        "certificate key",
        "RSA 1024",
        "browsers refuse keys this weak",
        Action.ROLL_BACK,
    ),
    Fault(
        "a certificate for another name",
        lambda world: certificate(world, "other.example"),
        "certificate name",
        "other.example: not shop.example",
        "the listener has another site's certificate",
        Action.ROLL_BACK,
    ),
    Fault(
        "TLS 1.0 and 1.1 accepted",
        lambda world: versions(world, ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3),
        "versions",
        "accepts TLS 1.0, TLS 1.1, TLS 1.2, TLS 1.3",
        "TLS 1.0, TLS 1.1 is broken",
    ),
    Fault(
        "no TLS 1.3",
        lambda world: versions(world, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        "versions",
        "accepts TLS 1.2",
        "TLS 1.3 is missing from the listener's security policy",
        state=State.WARNING,
    ),
    Fault(
        "no forward secrecy",
        without_forward_secrecy,
        "forward secrecy",
        "AES128-GCM-SHA256",
        "prefer ECDHE ciphers",
        state=State.WARNING,
        also=("versions",),
    ),
    Fault(
        "no HTTP/2",
        without_http_2,
        "http 2",
        "http/1.1",
        "pages load slower without HTTP/2",
        state=State.WARNING,
    ),
    Fault(
        "nobody listens on 443",
        nobody_listens,
        "connection",
        "127.0.0.1:1: Connection refused",
        "check the load balancer's listener on 443 and its security group",
        Action.ROLL_BACK,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_tls_is_named(world: World, fault: Fault) -> None:
    fault.require(world, "tls", "app", "http")


def test_a_private_address_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def shake(*_args: object, **_settings: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(handshake, "shake", shake)
    world.given(routes=(Route(HOST, 443, "10.40.1.7", 443), world.site.routes[1]))
    connection = result(world.report("tls"), "connection")
    assert connection.value == "10.40.1.7:443: no answer within 4 s"
    assert connection.meaning.startswith("visitors cannot reach 10.40.1.7, a private address")


def test_an_unknown_authority_is_named(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world.web.tls = Authority(tmp_path_factory.mktemp("other")).context()
    report = world.report()
    assert list(states(report, State.RED, State.WARNING)) == ["chain"]
    assert "or its root is unknown" in result(report, "chain").meaning


def test_without_a_connection_nothing_else_is_asked(world: World) -> None:
    nobody_listens(world)
    report = world.report()
    skipped = report.of(State.NOT_RUN)
    reasons = {line.result.value for line in skipped if line.family != "probe"}
    assert reasons == {
        "needs the check connection, which is red",
        "needs the check front page, which is not run",
        "needs the check session lasts, which is not run",
    }
    assert world.web.requests == []


def test_a_wildcard_covers_one_label(world: World) -> None:
    certificate(world, "*.example")
    assert states(world.report(), State.RED) == {}


def test_a_host_that_accepts_and_is_silent_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.given(routes=(Route(HOST, 443, "127.0.0.1", silent.getsockname()[1]),))
        report = world.report("tls", "app")
    assert list(states(report, State.RED)) == ["connection"]
    assert result(report, "connection").value.endswith(": no answer within 0.2 s")
