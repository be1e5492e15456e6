"""A site on loopback, with its resolvers, behind the options of `cutover smoke`."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.redact import Secret
from harness.smoke import smoke
from harness.smoke.examination import Examination
from harness.smoke.result import Result, State
from harness.smoke.site import Endpoint, Route, Site
from harness.smoke.smoke import Report
from harness.smoke.traffic import Traffic
from tests.unit.smoke.fake_app import FakeApp, to_https
from tests.unit.smoke.fake_dns import HOST, NEW, OLD, FakeDns, serve_dns
from tests.unit.smoke.fake_host import Authority, Host, serve
from tests.unit.smoke.fake_probe import KEY, FakeProbe


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reject every connection, datagram and name look-up that leaves this machine."""

    def guard(name: str, place: int) -> None:
        genuine = getattr(socket.socket, name)

        def call(self: socket.socket, *args: Any) -> Any:
            if self.family != socket.AF_UNIX:
                _require_loopback(args[place][0])
            return genuine(self, *args)

        monkeypatch.setattr(socket.socket, name, call)

    guard("connect", 0)
    guard("connect_ex", 0)
    guard("sendto", -1)
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **settings: Any) -> Any:
        _require_loopback(host)
        return resolve(host, *args, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _require_loopback(host: str) -> None:
    try:
        is_fine = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_fine = False
    assert is_fine, f"a test asks {host}"


@dataclass
class World:
    """The site, and everything around it that a test may break."""

    site: Site
    app: FakeApp
    web: Host
    plain: Host
    old: Host
    old_app: FakeApp
    resolvers: list[FakeDns]
    authority: FakeDns
    issuer: Authority
    max_requests: int = 300

    def given(self, **changes: Any) -> None:
        """Change the operator's arguments."""
        self.site = replace(self.site, **changes)

    def examination(self) -> Examination:
        return Examination(self.site, Traffic(max_requests=self.max_requests, per_second=1000))

    def give_key(self) -> FakeProbe:
        """Install the probe, and give the operator its key."""
        self.app.probe = FakeProbe()
        self.given(key=Secret(KEY))
        return self.app.probe

    def report(self, *families: str) -> Report:
        """Run the checks of these families; of all by default."""
        chosen = [family for family in smoke.FAMILIES if not families or family.name in families]
        exam = self.examination()
        return smoke.report_of(exam, list(smoke.run(exam, chosen)))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A site in order: every check that can run is green."""
    issuer = Authority(tmp_path)
    app, old_app = FakeApp(), FakeApp(overrides={"/": (503, [], b"moved")})
    web = Host(app, tls=issuer.context())
    plain = Host(to_https)
    old = Host(old_app, tls=issuer.context())
    with ExitStack() as stack:
        for host, address in ((web, NEW), (plain, NEW), (old, OLD)):
            stack.enter_context(serve(host, address=address))
        resolvers = [stack.enter_context(serve_dns(f"resolver-{n}")) for n in (1, 2, 3)]
        authority = stack.enter_context(serve_dns("ns1"))
        site = Site(
            f"https://{HOST}",
            routes=(
                Route(HOST, 443, "127.0.0.1", web.port),
                Route(HOST, 80, "127.0.0.1", plain.port),
            ),
            resolvers=tuple(fake.server for fake in resolvers),
            authorities=(authority.server,),
            expected=(NEW,),
            old=Endpoint(OLD, old.port),
            ca_file=str(issuer.file),
        )
        yield World(site, app, web, plain, old, old_app, resolvers, authority, issuer)


def result(report: Report, name: str) -> Result:
    """Return one check's result."""
    return next(line.result for line in report.lines if line.name == name)


def states(report: Report, *wanted: State) -> dict[str, str]:
    """Return name and value of the checks in these states."""
    return {line.name: line.result.value for line in report.of(*wanted)}
