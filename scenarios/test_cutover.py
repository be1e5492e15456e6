"""Visitors keep their sessions while DNS leads them from the old host to the new one, and back.

Three name servers stand for the resolvers of the world, with a TTL of 60 s. The old host has a
certificate of its own and passes its visitors on to the app, as if it shared database and APP_KEY.
`cutover watch` and `cutover smoke` are the observers.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.diagnosis.expect import SESSION, expect
from harness.report import emulated, not_covered
from harness.smoke import smoke
from harness.smoke.checks import dns
from harness.smoke.checks.dns import NEW, OLD
from harness.smoke.examination import Examination
from harness.smoke.result import Action, Result, State
from harness.smoke.site import HTTPS_PORT, Endpoint, Route, Site
from harness.smoke.smoke import Family
from harness.smoke.traffic import Traffic
from harness.smoke.watch import STEADY, Sample, Summary, Watch
from harness.stack import certificates
from harness.target.access import split_address
from scenarios.dns_server import DnsServer, serve_dns
from scenarios.web_host import Answer, Host, Request, serve

if TYPE_CHECKING:
    import requests

    from harness.target.access import Access

ADDRESSES = {OLD: "203.0.113.10", NEW: "198.51.100.10"}
"""Of networks that are for documentation (RFC 5737); connections to them go to loopback."""
TTL_S = 60
EVERY_S = 0.25
WITHIN_S = 45.0
REQUESTS = 2000

as_switch = pytest.mark.truth(
    local=emulated(
        "name servers and an old host of the harness's own stand in for DNS and the former hosting,"
        " which shares database and APP_KEY"
    ),
    aws=not_covered("production's zone is switched once, by its owner: `cutover watch` follows"),
    url=not_covered("production's zone is switched once, by its owner: `cutover watch` follows"),
)
in_a_browser = pytest.mark.requires("http", "containers")


@dataclass
class Switch:
    """A site, the name servers that lead to it, and the old host."""

    site: Site
    resolvers: tuple[DnsServer, ...]

    def lead(self, host: str, *resolvers: DnsServer) -> None:
        """Let name servers, or all of them, lead to the old or the new host."""
        for resolver in resolvers or self.resolvers:
            resolver.records = {(self.site.host, "A"): (TTL_S, [ADDRESSES[host]])}

    def watch(self, *, until: str) -> tuple[Summary, list[Sample]]:
        """Watch a switch that reaches one resolver before the others."""
        first, *rest = self.resolvers
        steps = {STEADY + 1: [first], 2 * STEADY + 4: rest}
        work = Watch(
            self._examination(), until=until, for_s=WITHIN_S, every_s=EVERY_S, session_every=1
        )

        def step(_sample: Sample) -> None:
            if resolvers := steps.get(len(work.samples)):
                self.lead(until, *resolvers)

        return work.run(on_sample=step), work.samples

    def look(self) -> Result:
        """Return smoke's judgement of the resolvers."""
        (line,) = smoke.run(self._examination(), [Family("dns", (dns.public_resolvers,))])
        return line.result

    def _examination(self) -> Examination:
        return Examination(self.site, Traffic(max_requests=REQUESTS, per_second=REQUESTS))


@pytest.fixture
def switch(
    access: Access, web: Callable[[], requests.Session], sign_in_page: str, tmp_path: Path
) -> Iterator[Switch]:
    """Resolvers that lead to the old host."""
    with stand_ins(access, web=web, sign_in_page=sign_in_page, folder=tmp_path) as dns_switch:
        yield dns_switch


@contextmanager
def stand_ins(
    access: Access, *, web: Callable[[], requests.Session], sign_in_page: str, folder: Path
) -> Iterator[Switch]:
    """Serve resolvers and an old host; connections to both hosts end on this machine."""

    def pass_on(request: Request) -> Answer:
        headers = {name: request.headers[name] for name in ("Cookie",) if name in request.headers}
        answer = web().request(
            request.method,
            f"{access.public_url}{request.path}",
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        cookies = [("Set-Cookie", line) for line in answer.raw.headers.getlist("set-cookie")]
        fields = [(name, answer.headers[name]) for name in _PASSED_ON if name in answer.headers]
        return answer.status_code, [*fields, *cookies], answer.content

    with ExitStack() as stack:
        old = stack.enter_context(serve(Host(pass_on)))
        ca_pem, old.tls = _certificate(access.public_host, folder)
        roots = folder / "roots.pem"
        roots.write_text(Path(access.ca_file).read_text(encoding="utf-8") + ca_pem)
        resolvers = tuple(
            stack.enter_context(serve_dns(DnsServer(f"resolver {number}"))) for number in (1, 2, 3)
        )
        site = Site(
            access.public_url,
            routes=(
                _route(OLD, "127.0.0.1", old.port),
                _route(NEW, *split_address(access.https)),
            ),
            resolvers=tuple(resolver.server for resolver in resolvers),
            authorities=tuple(resolver.server for resolver in resolvers),
            expected=(ADDRESSES[NEW],),
            old=Endpoint(ADDRESSES[OLD], HTTPS_PORT),
            sign_in_path=sign_in_page,
            ca_file=str(roots),
        )
        dns_switch = Switch(site, resolvers)
        dns_switch.lead(OLD)
        yield dns_switch


_PASSED_ON = ("Content-Type", "Location")


def _route(host: str, address: str, port: int) -> Route:
    return Route(ADDRESSES[host], HTTPS_PORT, address, port)


def _certificate(host: str, folder: Path) -> tuple[str, ssl.SSLContext]:
    """Return the authority of the old host's certificate, and its side of TLS."""
    authority = certificates.create({"old": (host,)})
    certificate, key = authority.server("old")
    file = folder / "old.pem"
    file.touch(mode=0o600)
    file.write_text(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return authority.ca_pem, context


def expect_kept_sessions(summary: Summary, samples: list[Sample]) -> None:
    """Check that no visitor noticed the switch."""
    errors = ", ".join(f"{count} x {error}" for error, count in summary.errors.items())
    expect(not errors, f"visitors met errors during the switch: {errors}")
    if not any(sample.session for sample in samples):
        pytest.skip("not covered: the sign-in form shows no token by which a session is known")
    expect(
        not summary.sessions_lost,
        f"{summary.sessions_lost} looks at the session found another one",
        about=SESSION,
    )
    assert summary.is_complete, f"the switch did not end in {WITHIN_S:g} s: {samples[-1]}"
    assert summary.longest_ttl_s == TTL_S
    hosts = [sample.host for sample in samples]
    assert set(hosts[STEADY : 2 * STEADY + 4]) == {OLD, NEW}, "the half of the switch was not seen"


@as_switch
@in_a_browser
@pytest.mark.read_only
def test_sessions_last_through_the_dns_switch(switch: Switch) -> None:
    expect_kept_sessions(*switch.watch(until=NEW))


@as_switch
@in_a_browser
@pytest.mark.read_only
def test_sessions_last_on_the_way_back_to_the_old_host(switch: Switch) -> None:
    switch.lead(NEW)
    expect_kept_sessions(*switch.watch(until=OLD))


@as_switch
@in_a_browser
@pytest.mark.read_only
def test_half_of_a_dns_switch_is_seen_by_smoke(switch: Switch) -> None:
    first, *_ = switch.resolvers
    switch.lead(NEW, first)
    half = switch.look()
    assert (half.state, half.action) == (State.RED, Action.WAIT), half
    assert f"for up to {TTL_S} s more" in half.meaning
    switch.lead(NEW)
    assert switch.look().state is State.GREEN
