"""Name servers on loopback, with zones that a test writes."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from harness.smoke.site import Endpoint, NameServer

HOST = "shop.example"
NEW, OLD = "127.0.0.1", "127.0.0.2"
SOA = "ns1.example. admin.example. 7 3600 600 86400 60"


def zone(address: str = NEW, *, ttl: int = 60) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """Return the records of the shop's zone: name and type, TTL and values."""
    return {
        (HOST, "A"): (ttl, [address]),
        (HOST, "SOA"): (3600, [SOA]),
        (HOST, "NS"): (3600, ["ns1.example."]),
        ("ns1.example", "A"): (3600, ["127.0.0.1"]),
    }


@dataclass
class FakeDns:
    """One name server."""

    label: str
    port: int = 0
    records: dict[tuple[str, str], tuple[int, list[str]]] = field(default_factory=zone)
    status: str = "NOERROR"
    delay_s: float = 0.0
    queries: list[tuple[str, str]] = field(default_factory=list)

    @property
    def server(self) -> NameServer:
        return NameServer(self.label, Endpoint("127.0.0.1", self.port))

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.queries.append((name, kind))
        reply = dns.message.make_response(query)
        if self.status != "NOERROR":
            reply.set_rcode(dns.rcode.from_text(self.status))
            return reply
        while alias := self.records.get((name, "CNAME")):
            ttl, (target,) = alias
            reply.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", "CNAME", target))
            name = target.rstrip(".")
        if found := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(f"{name}.", found[0], "IN", kind, *found[1]))
        elif not any(known == name for known, _ in self.records) and not reply.answer:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@contextmanager
def serve_dns(label: str) -> Iterator[FakeDns]:
    """Answer queries until the end of the block."""
    fake = FakeDns(label)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            time.sleep(fake.delay_s)
            socket.sendto(fake.answer(dns.message.from_wire(data)).to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        fake.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
