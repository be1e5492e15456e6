"""Name servers on loopback, with zones that a test writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.message
import dns.rrset

from scenarios import dns_server
from scenarios.dns_server import DnsServer, Records

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
class FakeDns(DnsServer):
    """One name server, which may be slow."""

    records: Records = field(default_factory=zone)
    delay_s: float = 0.0
    negative: tuple[int, str] | None = None
    """TTL and SOA record of empty answers."""

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        time.sleep(self.delay_s)
        reply = super().answer(query)
        if self.negative and not reply.answer:
            ttl, soa = self.negative
            reply.authority.append(dns.rrset.from_text(f"{HOST}.", ttl, "IN", "SOA", soa))
        return reply


@contextmanager
def serve_dns(label: str) -> Iterator[FakeDns]:
    """Answer queries until the end of the block."""
    with dns_server.serve_dns(FakeDns(label)) as fake:
        yield fake
