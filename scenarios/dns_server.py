"""A name server on loopback, with records that can change while it answers."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness.smoke.site import Endpoint, NameServer

Records = dict[tuple[str, str], tuple[int, list[str]]]
"""Name and type -> TTL and values."""
Server = TypeVar("Server", bound="DnsServer")


@dataclass
class DnsServer:
    """One name server."""

    label: str
    port: int = 0
    records: Records = field(default_factory=dict)
    status: str = "NOERROR"
    queries: list[tuple[str, str]] = field(default_factory=list)

    @property
    def server(self) -> NameServer:
        """The server as a resolver is given it."""
        return NameServer(self.label, Endpoint("127.0.0.1", self.port))

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """Answer one query, through aliases, as a resolver does."""
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
        if record := self.records.get((name, kind)):
            ttl, values = record
            reply.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", kind, *values))
        elif not any(owner == name for owner, _ in self.records) and not reply.answer:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@contextmanager
def serve_dns(server: Server) -> Iterator[Server]:
    """Answer queries until the end of the block."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            reply = server.answer(dns.message.from_wire(data))
            with suppress(OSError):  # the block has ended meanwhile
                socket.sendto(reply.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
