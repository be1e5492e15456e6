"""Faults of DNS, each named by one check."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from harness.smoke import names
from harness.smoke.result import Action, NotRun, State
from harness.smoke.site import Endpoint
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_dns import HOST, OLD, SOA, FakeDns, zone
from tests.unit.smoke.faults import Fault

ELB = "my-alb-1.eu-west-1.elb.amazonaws.com"


def old_at(world: World, *servers: FakeDns) -> None:
    for fake in servers or (*world.resolvers, world.authority):
        fake.records = zone(OLD, ttl=240)


def everywhere(world: World, name: str, kind: str, ttl: int, *records: str) -> None:
    for fake in (*world.resolvers, world.authority):
        fake.records[name, kind] = (ttl, list(records))


def status(world: World, text: str, *, every: bool = False) -> None:
    for fake in world.resolvers if every else world.resolvers[:1]:
        fake.status = text


def one_of_two(world: World) -> None:
    everywhere(world, HOST, "A", 60, "127.0.0.1", OLD)


def no_address(world: World) -> None:
    del world.resolvers[0].records[HOST, "A"]


def a_negative_answer(world: World) -> None:
    resolver = world.resolvers[0]
    del resolver.records[HOST, "A"]
    resolver.negative = (86400, SOA)


def without_mail(world: World) -> None:
    for fake in world.resolvers:
        fake.records[HOST, "MX"] = (3600, ["10 mail.example."])


def another_delegation(world: World) -> None:
    world.resolvers[0].records[HOST, "NS"] = (3600, ["ns1.old.example."])


def a_balancer_that_is_gone(world: World) -> None:
    world.given(expected=(ELB,))


def www_without_a_certificate(world: World) -> None:
    everywhere(world, f"www.{HOST}", "A", 60, "127.0.0.1")


def slow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.resolvers[1].delay_s = 1.0
    monkeypatch.setattr(names, "query", partial(names.query, timeout_s=0.5))


def second_authority(world: World) -> None:
    other = world.resolvers[0]
    world.given(authorities=(world.authority.server, replace(other.server, label="ns2")))
    world.given(resolvers=world.site.resolvers[1:])
    other.records = {**zone(), (HOST, "SOA"): (3600, [SOA.replace(" 7 ", " 6 ")])}


def ipv6_of_another_host(world: World) -> None:
    everywhere(world, HOST, "AAAA", 60, "2001:db8::7")
    world.given(expected=("127.0.0.1", "2001:db8::1"))


FAULTS = [
    Fault(
        "one resolver still gives the old host",
        lambda world: old_at(world, world.resolvers[2]),
        "public resolvers",
        "2 of 3 new 127.0.0.1 (TTL 60) at resolver-1, resolver-2;"
        " 1 of 3 old 127.0.0.2 (TTL 240) at resolver-3",
        "visitors of these resolvers still reach the old host, for up to 240 s more",
        Action.WAIT,
    ),
    Fault(
        "the record was not switched",
        old_at,
        "authoritative servers",
        "1 of 1 old 127.0.0.2 (TTL 240)",
        "the switch has not happened, or was undone",
        also=("public resolvers",),
    ),
    Fault(
        "split DNS: one resolver gives a third address",
        lambda world: world.resolvers[0].records.update(zone("127.0.0.9")),
        "public resolvers",
        "1 of 3 neither 127.0.0.9 (TTL 60) at resolver-1",
        "neither the new host's nor the old one's",
    ),
    Fault(
        "SERVFAIL at one resolver",
        lambda world: status(world, "SERVFAIL"),
        "public resolvers",
        "1 of 3 SERVFAIL at resolver-1",
        "a broken DNSSEC chain",
    ),
    Fault(
        "NXDOMAIN at one resolver",
        lambda world: status(world, "NXDOMAIN"),
        "public resolvers",
        "1 of 3 NXDOMAIN at resolver-1",
        "a resolver remembers that the name does not exist",
    ),
    Fault(
        "no resolver finds the name",
        lambda world: status(world, "NXDOMAIN", every=True),
        "public resolvers",
        "3 of 3 NXDOMAIN",
        "no resolver finds shop.example",
        Action.ROLL_BACK,
    ),
    Fault(
        "a name server of the zone fails",
        lambda world: setattr(world.authority, "status", "REFUSED"),
        "authoritative servers",
        "1 of 1 REFUSED",
        "a name server of the zone does not answer for this name",
    ),
    Fault(
        "the zone's servers hold different versions",
        second_authority,
        "zone serials",
        "ns1 7, ns2 6",
        "the transfer is under way",
        state=State.WARNING,
    ),
    Fault(
        "an AAAA record leads past the new host",
        ipv6_of_another_host,
        "ipv6 addresses",
        "2001:db8::7",
        "visitors with IPv6 are led past the new host",
    ),
    Fault(
        "an AAAA record of which nothing is known",
        lambda world: everywhere(world, HOST, "AAAA", 60, "2001:db8::7"),
        "ipv6 addresses",
        "2001:db8::7",
        "give it with --expect",
        state=State.WARNING,
    ),
    Fault(
        "a TTL of a day",
        lambda world: everywhere(world, HOST, "A", 86400, "127.0.0.1"),
        "time to live",
        "86400 s",
        "a way back takes that long",
        state=State.WARNING,
    ),
    Fault(
        "a CAA record without Amazon",
        lambda world: everywhere(world, HOST, "CAA", 60, '0 issue "letsencrypt.org"'),
        "certificate authorities",
        'issue "letsencrypt.org"',
        "ACM cannot renew a certificate for this name",
        state=State.WARNING,
    ),
    Fault(
        "the old address beside the new one",
        one_of_two,
        "public resolvers",
        "3 of 3 new and old 127.0.0.1, 127.0.0.2 (TTL 60)",
        "visitors land on either: remove the old one",
        also=("authoritative servers",),
    ),
    Fault(
        "a resolver without an address",
        no_address,
        "public resolvers",
        "1 of 3 no address at resolver-1",
        "a resolver remembers that the name does not exist",
    ),
    Fault(
        "a resolver that remembers the lack of the record",
        a_negative_answer,
        "public resolvers",
        "1 of 3 no address (TTL 60) at resolver-1",
        "remember that the name does not exist, for up to 60 s more",
        Action.WAIT,
    ),
    Fault(
        "the zone moved without its MX records",
        without_mail,
        "mail exchangers",
        "10 mail.example.: at resolvers alone",
        "add the old zone's MX and TXT records to the new one",
    ),
    Fault(
        "a resolver knows other name servers",
        another_delegation,
        "delegation",
        "resolvers also know ns1.old.example.",
        "a move of the zone is under way",
        state=State.WARNING,
    ),
    Fault(
        "the name of --expect is gone",
        a_balancer_that_is_gone,
        "public resolvers",
        "3 of 3 neither 127.0.0.1",
        f"no resolver knows {ELB} of --expect",
        also=("authoritative servers",),
    ),
    Fault(
        "www without a certificate",
        www_without_a_certificate,
        "sibling name",
        "127.0.0.1: the new host, without a certificate for it",
        "visitors of www.shop.example get a warning page",
    ),
    Fault(
        "www still leads to the old host",
        lambda world: everywhere(world, f"www.{HOST}", "A", 60, OLD),
        "sibling name",
        "127.0.0.2: the old host",
        "switch this record, too",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_dns_is_named(world: World, fault: Fault) -> None:
    fault.require(world, "dns", "tls")


def test_a_slow_resolver_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(world, monkeypatch)
    report = world.report("dns", "tls")
    assert result(report, "public resolvers").state == State.WARNING
    assert states(report, State.RED, State.WARNING) == {
        "public resolvers": "2 of 3 new 127.0.0.1 (TTL 60) at resolver-1, resolver-3;"
        " 1 of 3 no answer within 0.5 s at resolver-2"
    }
    assert "check again from another network" in result(report, "public resolvers").meaning


def test_a_network_that_closes_port_53_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fake in (*world.resolvers, world.authority):
        fake.delay_s = 0.3
    monkeypatch.setattr(names, "query", partial(names.query, timeout_s=0.05))
    report = world.report("dns")
    assert states(report, State.RED, State.WARNING) == {}
    assert states(report, State.NOT_RUN) == {
        "public resolvers": "no resolver can be reached from here",
        "authoritative servers": "no name server of the zone can be reached from here",
        **dict.fromkeys(
            ("zone serials", "delegation", "mail exchangers"),
            "no authoritative server gives the zone's SOA record",
        ),
        "ipv6 addresses": "no name server can be reached from here",
        "certificate authorities": "no name server can be reached from here",
        "sibling name": "no name server can be reached from here",
        "time to live": "no authoritative server gives the record's TTL",
    }


def test_an_alias_of_the_load_balancer_is_new_without_any_option(world: World) -> None:
    for fake in (*world.resolvers, world.authority):
        del fake.records[HOST, "A"]
        fake.records |= {(HOST, "CNAME"): (60, [f"{ELB}."]), (ELB, "A"): (60, ["127.0.0.1"])}
    world.given(expected=(), old=None)
    answers = world.examination().resolved
    assert answers[0].aliases == (ELB,)
    world.given(expected=(ELB,))
    report = world.report("dns", "tls")
    assert result(report, "public resolvers").value == "3 of 3 new 127.0.0.1 (TTL 60)"
    assert states(report, State.RED) == {}


def test_an_alias_is_new_by_the_addresses_behind_it(world: World) -> None:
    for fake in (*world.resolvers, world.authority):
        del fake.records[HOST, "A"]
        fake.records[HOST, "CNAME"] = (60, [f"{ELB}."])
    for fake in world.resolvers:
        fake.records[ELB, "A"] = (60, ["127.0.0.1"])
    report = world.report("dns", "tls")
    assert states(report, State.RED, State.WARNING) == {}
    assert result(report, "authoritative servers").value == "1 of 1 new (TTL 60)"


def test_an_aaaa_record_of_the_load_balancer_is_fine(world: World) -> None:
    everywhere(world, HOST, "AAAA", 60, "2001:db8::1")
    everywhere(world, ELB, "AAAA", 60, "2001:db8::1")
    everywhere(world, ELB, "A", 60, "127.0.0.1")
    world.given(expected=(ELB,))
    assert states(world.report("dns", "tls"), State.RED, State.WARNING) == {}


def test_a_stale_resolver_does_not_lead_the_checks_to_the_old_host(world: World) -> None:
    old_at(world, *world.resolvers)
    world.given(routes=())
    assert world.examination().endpoint == Endpoint("127.0.0.1", 443)


def test_dns_is_left_out_before_the_switch(world: World) -> None:
    world.given(expected=())
    report = world.report("dns", "tls")
    lines = [line for line in report.lines if line.family == "dns"]
    assert {line.result.state for line in lines} == {State.NOT_RUN}
    assert "--expect brings DNS back" in lines[0].result.value


def test_without_any_address_nothing_is_guessed(world: World) -> None:
    for fake in (*world.resolvers, world.authority):
        fake.records = {}
    world.given(routes=(), expected=())
    with pytest.raises(NotRun, match=r"no server has an address of shop\.example"):
        _ = world.examination().endpoints


def test_the_zones_servers_come_from_its_ns_records(world: World) -> None:
    world.given(authorities=())
    (server,) = world.examination().authorities
    assert (server.label, server.endpoint) == ("ns1.example", Endpoint("127.0.0.1", 53))


def test_serials_of_two_providers_are_not_compared(world: World) -> None:
    second_authority(world)
    other = "ns-1.awsdns-0.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    world.resolvers[0].records[HOST, "SOA"] = (900, [other])
    assert result(world.report("dns"), "zone serials").state == State.GREEN


def test_a_wildcard_beside_the_host_is_nobodys_address(world: World) -> None:
    class Wildcard(dict[tuple[str, str], tuple[int, list[str]]]):
        def get(self, key: tuple[str, str], _default: object = None) -> Any:
            is_sibling = key[0].endswith(f".{HOST}") and key[1] == "A"
            return (60, [OLD]) if is_sibling else dict.get(self, key)

    for fake in (*world.resolvers, world.authority):
        fake.records = Wildcard(fake.records)
    assert result(world.report("dns"), "sibling name").state == State.GREEN


def test_www_with_a_certificate_of_its_own_is_fine(world: World) -> None:
    www_without_a_certificate(world)
    world.web.tls = world.issuer.context(HOST, f"www.{HOST}")
    assert states(world.report("dns", "tls"), State.RED, State.WARNING) == {}
