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

NEW, OLD, MIXED, NEITHER = "new", "old", "new and old", "neither"
NO_ADDRESS = "no address"
_MIXED = (
    "the record has the old host's address beside the new one's, and visitors land on either:"
    " remove the old one"
)
_DISAGREE = "the zone's servers disagree with the switch: change the record on every one of them"
_ELB = (".elb.amazonaws.com", ".elb.amazonaws.com.cn")


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
    source = f"A {exam.site.host} at {labels(answers)}"
    results = {answer.server.label: host_of(exam, answer) for answer in answers}
    counts = Counter(results.values())
    value = _value(answers, results)
    failed = [a for a in answers if not a.is_good or results[a.server.label] == NO_ADDRESS]
    if all(answer.is_silent for answer in answers):
        raise NotRun("no resolver can be reached from here")
    if failed == list(answers):
        return red(
            Action.ROLL_BACK,
            value,
            source,
            f"no resolver finds {exam.site.host}: restore the record at the DNS provider, and what"
            " it leads to",
        )
    if meaning := _misled(exam, counts):
        return red(Action.MEND, value, source, meaning)
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
        return _of_failed(exam, failed, value=value, source=source)
    if failed:
        return warning(
            value,
            source,
            "visitors of this resolver may not find the site, or this network closes port 53: check"
            " again from another network",
        )
    return green(value, source)


def _misled(exam: Examination, counts: Counter[str]) -> str:
    """Return the meaning of addresses that no switch explains; empty without one."""
    if counts[MIXED]:
        return _MIXED
    if not counts[NEITHER]:
        return ""
    return _lost_names(exam) or (
        "a resolver gives an address that is neither the new host's nor the old one's:"
        " correct the record, or give every new address with --expect"
    )


def authoritative_servers(exam: Examination) -> Result:
    """Compare the addresses that the zone's own servers give with the new and the old host's."""
    answers = exam.authoritative
    if not answers:
        raise NotRun("no resolver names the zone's servers")
    if all(answer.is_silent for answer in answers):
        raise NotRun("no name server of the zone can be reached from here")
    source = f"A {exam.site.host} at {labels(answers)}"
    results = {answer.server.label: host_of(exam, answer) for answer in answers}
    value = _value(answers, results)
    states = set(results.values())
    if MIXED in states:
        return red(Action.MEND, value, source, _MIXED)
    if NO_ADDRESS in states or any(not answer.is_good for answer in answers):
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
            _lost_names(exam) or _DISAGREE,
        )
    return green(value, source)


def query(
    servers: tuple[NameServer, ...], name: str, record_type: str, *, recursive: bool = True
) -> tuple[Answer, ...]:
    """Ask every server.

    Raises:
        NotRun: None can be reached.
    """
    answers = names.query_all(servers, name, record_type, recursive=recursive)
    if all(answer.is_silent for answer in answers):
        raise NotRun("no name server can be reached from here")
    return answers


def host_of(exam: Examination, answer: Answer) -> str:
    """Return the host that an answer leads to, or its status."""
    if not answer.is_good:
        return answer.status
    # An authoritative server gives the alias alone where its target is in another zone.
    aliases = answer.aliases[-1:]
    records = set(answer.records).union(
        *(names.addresses(exam.resolvers, alias) for alias in aliases if not answer.records)
    )
    if not records:
        return NO_ADDRESS
    if records & exam.old_addresses:
        return MIXED if records - exam.old_addresses else OLD
    if records & exam.new_addresses or leads_to_new(exam, answer.aliases):
        return NEW
    if exam.site.expected:
        return NEITHER
    return NEW if exam.old_addresses else ", ".join((*answer.aliases, *answer.records))


def leads_to_new(exam: Examination, aliases: Iterable[str]) -> bool:
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
        address = (
            f" {', '.join(records)}" if result in (NEW, OLD, MIXED, NEITHER) and records else ""
        )
        left = f" (TTL {ttl})" if ttl is not None else ""
        place = "" if len(group) == len(answers) else f" at {labels(tuple(group))}"
        parts.append(f"{len(group)} of {len(answers)} {result}{address}{left}{place}")
    return "; ".join(parts)


def _lost_names(exam: Examination) -> str:
    """Return the meaning of an expected name without an address; empty if each has one."""
    lost = [name for name in sorted(exam.new_names) if not names.addresses(exam.resolvers, name)]
    if not lost:
        return ""
    return f"no resolver knows {', '.join(lost)} of --expect: correct it, or look at the balancer"


def _of_failed(exam: Examination, failed: list[Answer], *, value: str, source: str) -> Result:
    """Return the result of resolvers that do not find a name that others find."""
    ttls = [answer.ttl_s for answer in failed]
    own = [host_of(exam, answer) for answer in exam.authoritative]
    if own and NO_ADDRESS not in own and all(a.is_good for a in exam.authoritative) and all(ttls):
        left = max(ttl or 0 for ttl in ttls)
        meaning = f"these resolvers remember that the name does not exist, for up to {left} s more"
        return red(Action.WAIT, value, source, meaning)
    return red(Action.MEND, value, source, _failed_resolver(failed))


def _failed_resolver(failed: list[Answer]) -> str:
    if any(answer.status == "SERVFAIL" for answer in failed):
        return (
            "SERVFAIL at some resolvers only is mostly a broken DNSSEC chain: compare the DS record"
            " at the registrar with the zone's keys"
        )
    if any(answer.is_good or answer.status == "NXDOMAIN" for answer in failed):
        return "a resolver remembers that the name does not exist; if it lasts, correct the zone"
    return "visitors of this resolver do not reach the site: look at the zone's name servers"


def labels(answers: tuple[Answer, ...]) -> str:
    """Return the names of the servers that answered."""
    return ", ".join(answer.server.label for answer in answers)


CHECKS = (public_resolvers, authoritative_servers)
