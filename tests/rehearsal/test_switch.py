"""The switch of DNS to the local edge and back, as `cutover watch` sees it.

The old host is a server on another loopback address, the resolvers are servers of the test's own
with a TTL of 60; no file of this machine is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.target.clients.published_port import PublishedPort
from tests.project import Project
from tests.rehearsal.public_edge import PublicEdge, public_edge
from tests.unit.smoke.fake_app import FakeApp
from tests.unit.smoke.fake_dns import NEW, OLD, FakeDns, serve_dns
from tests.unit.smoke.fake_host import Answer, Authority, Host, Request, serve

pytestmark = [pytest.mark.docker, pytest.mark.long]

Check = Callable[[Project], None]


@dataclass
class Switch:
    """Three resolvers, the old host, and the edge."""

    project: Project
    edge: PublicEdge
    resolvers: list[FakeDns]
    old: Host
    roots: Path

    def point(self, address: str, *resolvers: FakeDns) -> None:
        """Let resolvers, or all of them, give an address."""
        for fake in resolvers or self.resolvers:
            fake.records = {(self.edge.host, "A"): (60, [address])}

    def watch(self, *, until: str, events: list[tuple[str, Callable[[], None]]]) -> dict[str, Any]:
        """Watch until a host answers everywhere; do each thing when a text was printed."""
        servers = [f"127.0.0.1:{fake.port}" for fake in self.resolvers]
        command = self.project.start(
            *("watch", self.edge.url, "--json", "--until", until, "--for", "2m"),
            *("--every", "0.2s", "--old", OLD, "--expect", NEW, "--ca-file", str(self.roots)),
            *(word for server in servers for word in ("--resolver", server)),
            *("--connect-to", f"{OLD}:443:{OLD}:{self.old.port}"),
            *("--connect-to", f"{NEW}:443:{NEW}:{self.edge.https_port}"),
        )
        for text, event in events:
            command.wait_for(text)
            event()
        command.end()
        summary: dict[str, Any] = json.loads(command.said.splitlines()[-1])["summary"]
        return summary


@contextmanager
def switch(project: Project, edge: PublicEdge, directory: Path) -> Iterator[Switch]:
    """Serve resolvers and an old host, which passes its requests on to the new one's sessions."""
    directory.mkdir()
    issuer = Authority(directory)
    roots = directory / "roots.pem"
    roots.write_bytes(issuer.file.read_bytes() + edge.ca_file.read_bytes())
    with ExitStack() as stack:
        old = stack.enter_context(serve(Host(passing_on_to(edge)), address=OLD))
        old.tls = issuer.context(edge.host)
        resolvers = [stack.enter_context(serve_dns(f"resolver-{n}")) for n in (1, 2, 3)]
        made = Switch(project, edge, resolvers, old, roots)
        made.point(OLD)
        yield made


def passing_on_to(edge: PublicEdge) -> Callable[[Request], Answer]:
    """Return the answers of a host that shares database and APP_KEY with the new one."""

    def answer(request: Request) -> Answer:
        session = requests.Session()
        session.trust_env = False
        session.verify = str(edge.ca_file)
        session.mount("https://", PublishedPort(f"127.0.0.1:{edge.https_port}"))
        headers = {key: request.headers[key] for key in ("Cookie",) if key in request.headers}
        reply = session.get(
            f"{edge.url}{request.path}", headers=headers, allow_redirects=False, timeout=30
        )
        cookies = [("Set-Cookie", line) for line in reply.raw.headers.getlist("set-cookie")]
        content_type = ("Content-Type", reply.headers.get("Content-Type", "text/html"))
        return reply.status_code, [content_type, *cookies], reply.content

    return answer


def test_a_switch_forth_and_back_keeps_sessions(
    project: Project, nothing_left: Check, tmp_path: Path
) -> None:
    with public_edge(project) as edge, switch(project, edge, tmp_path / "old") as dns:
        first, second, _ = dns.resolvers
        half = f'"127.0.0.1:{first.port}": "new", "127.0.0.1:{second.port}": "old"'
        forth = dns.watch(
            until="new",
            events=[
                ('"session": "kept"', lambda: dns.point(NEW, first)),
                (half, lambda: dns.point(NEW)),
            ],
        )
        back = dns.watch(until="old", events=[('"session": "kept"', lambda: dns.point(OLD))])
        dns.old.answer = FakeApp()
        apart = dns.watch(until="new", events=[('"session": "kept"', lambda: dns.point(NEW))])
    for summary in (forth, back):
        assert (summary["errors"], summary["gap_s"], summary["sessions_lost"]) == ({}, 0.0, 0)
        assert (summary["green"], summary["longest_ttl_s"]) == (True, 60)
    assert back["first_new"] < back["last_old"]
    assert (apart["sessions_lost"], apart["green"]) == (1, False)
    nothing_left(project)
