"""Checks of DNS: the switch as resolvers and the zone's own servers answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.smoke import names
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import NameServer, Site, is_address

if TYPE_CHECKING:
    from harness.smoke.examination import Examination
    from harness.smoke.names import Answer

NEW, OLD, NEITHER = "new", "old", "neither"
LONGEST_TTL_S = 300
_ELB = ".elb.amazonaws.com"
_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Values of a CAA record with which ACM issues (ACM user guide, "Configure a CAA record")."""


def obstacle(site: Site) -> str:
    """Return the reason for which DNS is not looked at; empty without one."""
    if is_address(site.host):
        return "the URL has an address and no name"
    if site.routes and not site.expected:
        return "the address is given by --connect-to or --resolve; --expect brings DNS back"
    return ""


def public_resolvers(exam: Examination) -> Result:
    """Compare the addresses that resolvers give with the new and the old host's."""
    answers = exam.resolved
    source = f"A {exam.site.host} at {_labels(answers)}"
    results = {answer.server.label: host_of(exam, answer) for answer in answers}
    counts = Counter(results.values())
    value = _value(answers, results)
    failed = [answer for answer in answers if not answer.is_good]
    if all(answer.is_silent for answer in answers):
        raise NotRun("no resolver can be reached from here")
    if failed == list(answers):
        return red(
            Action.ROLL_BACK,
            value,
            source,
            f"no resolver finds {exam.site.host}: restore the record at the DNS provider",
        )
    if counts[NEITHER]:
        return red(
            Action.MEND,
            value,
            source,
            "a resolver gives an address that is neither the new host's nor the old one's:"
            " correct the record, or give every new address with --expect",
        )
    if counts[OLD]:
        left = max(a.ttl_s or 0 for a in answers if results[a.server.label] == OLD)
        return red(
            Action.WAIT,
            value,
            source,
            f"visitors of these resolvers still reach the old host, for up to {left} s more;"
            " if it takes longer, look at the authoritative servers",
        )
    if any(not answer.is_silent for answer in failed):
        return red(Action.MEND, value, source, _failed_resolver(failed))
    if failed:
        return warning(
            value,
            source,
            "visitors of this resolver may not find the site, or this network closes port 53: check"
            " again from another network",
        )
    return green(value, source)


def authoritative_servers(exam: Examination) -> Result:
    """Compare the addresses that the zone's own servers give with the new and the old host's."""
    answers = exam.authoritative
    if not answers:
        raise NotRun("no resolver names the zone's servers")
    if all(answer.is_silent for answer in answers):
        raise NotRun("no name server of the zone can be reached from here")
    source = f"A {exam.site.host} at {_labels(answers)}"
    results = {answer.server.label: host_of(exam, answer) for answer in answers}
    value = _value(answers, results)
    states = set(results.values())
    if any(not answer.is_good for answer in answers):
        return red(
            Action.MEND,
            value,
            source,
            "a name server of the zone does not answer for this name: correct it, or take it out"
            " of the NS records",
        )
    if states == {OLD}:
        return red(
            Action.MEND,
            value,
            source,
            "the record still leads to the old host: the switch has not happened, or was undone",
        )
    if OLD in states or NEITHER in states:
        return red(
            Action.MEND,
            value,
            source,
            "the zone's servers disagree with the switch: change the record on every one of them",
        )
    return green(value, source)


def zone_serials(exam: Examination) -> Result:
    """Compare the serial numbers of the zone at its own servers."""
    zone, answers = _soa(exam)
    serials = {a.server.label: a.records[0].split()[2] for a in answers if a.records}
    if not serials:
        raise NotRun("no authoritative server gives the zone's SOA record")
    value = ", ".join(f"{label} {serial}" for label, serial in serials.items())
    source = f"SOA {zone} at {_labels(answers)}"
    if len(set(serials.values())) > 1:
        return warning(
            value, source, "the zone's servers hold different versions: the transfer is under way"
        )
    return green(value, source)


def ipv6_addresses(exam: Examination) -> Result:
    """Look for an AAAA record that leads to the old host or to an address not expected."""
    servers = exam.authorities or exam.resolvers
    answers = _query(servers, exam.site.host, "AAAA", recursive=not exam.authorities)
    source = f"AAAA {exam.site.host} at {_labels(answers)}"
    records = sorted({record for answer in answers for record in answer.records})
    if not records:
        return green("none", source)
    value = ", ".join(records)
    aliases = {alias for answer in answers for alias in answer.aliases}
    if set(records) <= exam.new_ipv6_addresses or _leads_to_new(exam, aliases):
        return green(value, source)
    if set(records) & exam.old_addresses or exam.new_ipv6_addresses or exam.new_names:
        return red(
            Action.MEND,
            value,
            source,
            "visitors with IPv6 are led past the new host: remove the AAAA record or point it to"
            " the load balancer",
        )
    return warning(
        value, source, "see that this is the new host, and give it with --expect from now on"
    )


def time_to_live(exam: Examination) -> Result:
    """Read the record's TTL: the time that a way back takes."""
    ttls = [a.ttl_s for a in exam.authoritative if a.is_good and a.ttl_s is not None]
    if not ttls:
        raise NotRun("no authoritative server gives the record's TTL")
    source = f"A {exam.site.host} at {_labels(exam.authoritative)}"
    value = f"{max(ttls)} s"
    if max(ttls) > LONGEST_TTL_S:
        return warning(
            value, source, f"a way back takes that long: keep it at {LONGEST_TTL_S} s or below"
        )
    return green(value, source)


def certificate_authorities(exam: Examination) -> Result:
    """Read the CAA records that decide whether ACM may renew the certificate."""
    for domain in names.ancestors(exam.site.host)[:-1]:
        answers = _query(exam.resolvers, domain, "CAA")
        answer = next((answer for answer in answers if answer.records), None)
        if answer is None:
            continue
        source = f"CAA {domain} at {answer.server.label}"
        value = "; ".join(answer.records)
        issuers = [record for record in answer.records if " issue " in record]
        if issuers and not any(name in record for record in issuers for name in _AMAZON):
            return warning(
                value,
                source,
                'ACM cannot renew a certificate for this name: add 0 issue "amazon.com"',
            )
        return green(value, source)
    return green("none: every authority may issue", f"CAA {exam.site.host}")


def sibling_name(exam: Examination) -> Result:
    """Look where www. or the bare domain leads, if it exists."""
    sibling = next(name for name in exam.site.siblings if name != exam.site.host)
    answers = _query(exam.resolvers, sibling, "A")
    source = f"A {sibling} at {_labels(answers)}"
    records = sorted({record for answer in answers for record in answer.records})
    if not records:
        return green("does not exist", source)
    value = ", ".join(records)
    if set(records) & exam.old_addresses:
        return red(
            Action.MEND,
            f"{value}: the old host",
            source,
            f"visitors of {sibling} still reach the old host: switch this record, too",
        )
    return green(value, source)


def _query(
    servers: tuple[NameServer, ...], name: str, record_type: str, *, recursive: bool = True
) -> tuple[Answer, ...]:
    answers = names.query_all(servers, name, record_type, recursive=recursive)
    if all(answer.is_silent for answer in answers):
        raise NotRun("no name server can be reached from here")
    return answers


def host_of(exam: Examination, answer: Answer) -> str:
    """Return the host that an answer leads to, or its status."""
    if not answer.is_good:
        return answer.status
    if not answer.records and not answer.aliases:
        return "no address"
    # An authoritative server gives the alias alone where its target is in another zone.
    records = set(answer.records or names.addresses(exam.resolvers, answer.aliases[-1]))
    if records & exam.old_addresses:
        return OLD
    if records & exam.new_addresses or _leads_to_new(exam, answer.aliases):
        return NEW
    if exam.site.expected:
        return NEITHER
    return NEW if exam.old_addresses else ", ".join((*answer.aliases, *answer.records))


def _leads_to_new(exam: Examination, aliases: Iterable[str]) -> bool:
    """Return whether a CNAME chain ends at the load balancer's name."""
    if exam.new_names:
        return not exam.new_names.isdisjoint(aliases)
    return not exam.site.expected and any(alias.endswith(_ELB) for alias in aliases)


def _value(answers: tuple[Answer, ...], results: dict[str, str]) -> str:
    """Group the servers by result: ``1 of 2 new 192.0.2.1 (TTL 60) at a; 1 of 2 SERVFAIL at b``."""
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(results[answer.server.label], []).append(answer)
    parts = []
    for result, group in groups.items():
        ttl = max((answer.ttl_s for answer in group if answer.ttl_s is not None), default=None)
        records = sorted({record for answer in group for record in answer.records})
        address = f" {', '.join(records)}" if result in (NEW, OLD, NEITHER) and records else ""
        left = f" (TTL {ttl})" if ttl is not None else ""
        place = "" if len(group) == len(answers) else f" at {_labels(tuple(group))}"
        parts.append(f"{len(group)} of {len(answers)} {result}{address}{left}{place}")
    return "; ".join(parts)


def _failed_resolver(failed: list[Answer]) -> str:
    if any(answer.status == "SERVFAIL" for answer in failed):
        return (
            "SERVFAIL at some resolvers only is mostly a broken DNSSEC chain: compare the DS record"
            " at the registrar with the zone's keys"
        )
    if any(answer.status == "NXDOMAIN" for answer in failed):
        return "a resolver remembers that the name does not exist; if it lasts, correct the zone"
    return "visitors of this resolver do not reach the site: look at the zone's name servers"


def _soa(exam: Examination) -> tuple[str, tuple[Answer, ...]]:
    for domain in names.ancestors(exam.site.host):
        answers = names.query_all(exam.authorities, domain, "SOA", recursive=False)
        if any(answer.records for answer in answers):
            return domain, answers
    return exam.site.host, ()


def _labels(answers: tuple[Answer, ...]) -> str:
    return ", ".join(answer.server.label for answer in answers)


CHECKS = (
    public_resolvers,
    authoritative_servers,
    zone_serials,
    ipv6_addresses,
    time_to_live,
    certificate_authorities,
    sibling_name,
)
