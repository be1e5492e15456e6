"""DNS answers of single servers: no cache, no search list, no retry at another server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from harness.smoke.site import DNS_PORT, Endpoint, NameServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dns.rrset import RRset

TIMEOUT_S = 3.0
PUBLIC_RESOLVERS = ("1.1.1.1", "8.8.8.8", "9.9.9.9")
GOOD = "NOERROR"
SILENCE = "no answer"


@dataclass(frozen=True)
class Answer:
    """One server's answer for a name and a record type."""

    server: NameServer
    status: str
    """The response code, as NXDOMAIN, or the reason of no answer."""
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Targets of the CNAME chain, in lower case and without the last dot."""
    ttl_s: int | None = None
    """The shortest of the answer; of an empty one, that for which resolvers remember it."""

    @property
    def is_silent(self) -> bool:
        """Whether nothing came back: the server is down, or this network closes port 53."""
        return self.status.startswith(SILENCE)

    @property
    def is_good(self) -> bool:
        """Whether the server answered for a name that exists."""
        return self.status == GOOD


def system_resolvers() -> tuple[NameServer, ...]:
    """Return this machine's resolvers, and three public ones."""
    try:
        system = [str(server) for server in dns.resolver.Resolver().nameservers]
    except dns.resolver.NoResolverConfiguration:
        system = []
    own = [NameServer(f"system {ip}", Endpoint(ip, DNS_PORT)) for ip in system]
    public = [NameServer(ip, Endpoint(ip, DNS_PORT)) for ip in PUBLIC_RESOLVERS]
    return (*own, *public)


def query(
    server: NameServer,
    name: str,
    record_type: str,
    *,
    recursive: bool = True,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Ask one server once."""
    rdata_type = dns.rdatatype.from_text(record_type)
    message = dns.message.make_query(name, rdata_type)
    if not recursive:
        message.flags &= ~dns.flags.RD
    host, port = server.endpoint.host, server.endpoint.port
    try:
        answer, _ = dns.query.udp_with_fallback(message, host, timeout=timeout_s, port=port)
    except dns.exception.Timeout:
        return Answer(server, f"{SILENCE} within {timeout_s:g} s")
    except (dns.exception.DNSException, OSError) as error:
        return Answer(server, f"{SILENCE}: {error or type(error).__name__}")
    ttls = [rrset.ttl for rrset in answer.answer]
    if not ttls:
        # RFC 2308, 5: an empty answer is remembered for the smaller of SOA's TTL and its minimum.
        ttls = [min(rrset.ttl, _minimum(rrset)) for rrset in answer.authority if _is_soa(rrset)]
    return Answer(
        server,
        dns.rcode.to_text(answer.rcode()),
        records=tuple(
            sorted(item.to_text() for r in answer.answer if r.rdtype == rdata_type for item in r)
        ),
        aliases=tuple(
            _plain(item.target)
            for r in answer.answer
            if r.rdtype == dns.rdatatype.CNAME
            for item in r
        ),
        ttl_s=min(ttls, default=None),
    )


def query_all(
    servers: Sequence[NameServer], name: str, record_type: str, *, recursive: bool = True
) -> tuple[Answer, ...]:
    """Ask every server at the same time."""
    if not servers:
        return ()
    with ThreadPoolExecutor(len(servers)) as pool:
        return tuple(
            pool.map(lambda server: query(server, name, record_type, recursive=recursive), servers)
        )


def first_good(servers: Sequence[NameServer], name: str, record_type: str) -> Answer | None:
    """Return the first answer for a name that exists; None if there is none."""
    answers = query_all(servers, name, record_type)
    return next((answer for answer in answers if answer.is_good), None)


def ancestors(name: str) -> list[str]:
    """Return the name and the domains above it, the root excluded."""
    labels = name.rstrip(".").split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def authorities(resolvers: Sequence[NameServer], name: str) -> tuple[NameServer, ...]:
    """Return the name servers of the zone that holds the name, by the zone's NS records."""
    for domain in ancestors(name):
        answer = first_good(resolvers, domain, "NS")
        if answer is not None and answer.records:
            hosts = [record.rstrip(".").lower() for record in answer.records]
            return tuple(
                NameServer(host, Endpoint(address, DNS_PORT))
                for host in hosts
                for address in addresses(resolvers, host)[:1]
            )
    return ()


def addresses(
    resolvers: Sequence[NameServer], host: str, record_type: str = "A"
) -> tuple[str, ...]:
    """Return the addresses of a host at the first resolver that knows it."""
    answer = first_good(resolvers, host, record_type)
    return answer.records if answer else ()


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _is_soa(rrset: RRset) -> bool:
    return rrset.rdtype == dns.rdatatype.SOA


def _minimum(rrset: RRset) -> int:
    return int(rrset[0].minimum)
