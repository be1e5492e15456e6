"""Checks of the zone: its servers, its other records, and the name beside the site's."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from harness.smoke import handshake, names
from harness.smoke.checks.dns import labels, leads_to_new, query
from harness.smoke.result import Action, NotRun, Result, green, red, warning

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

LONGEST_TTL_S = 300
_WRONG_NAME = 62
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH."""
_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Values of a CAA record with which ACM issues (ACM user guide, "Configure a CAA record")."""


def zone_serials(exam: Examination) -> Result:
    """Compare the serial numbers of the zone at its own servers; each provider counts by itself."""
    zone, answers = exam.soa
    records = {a.server.label: a.records[0].split() for a in answers if a.records}
    if not records:
        raise NotRun("no authoritative server gives the zone's SOA record")
    value = ", ".join(f"{label} {fields[2]}" for label, fields in records.items())
    source = f"SOA {zone} at {labels(answers)}"
    primaries = {fields[0] for fields in records.values()}
    if len({(fields[0], fields[2]) for fields in records.values()}) > len(primaries):
        return warning(
            value, source, "the zone's servers hold different versions: the transfer is under way"
        )
    return green(value, source)


def delegation(exam: Examination) -> Result:
    """Compare the zone's name servers as resolvers know them with those that the zone names."""
    zone, resolver_view, own = _two_views(exam, "NS")
    source = f"NS {zone} at resolvers and at the zone's servers"
    value = ", ".join(sorted(own))
    if strangers := sorted(resolver_view - own):
        return warning(
            f"{value}; resolvers also know {', '.join(strangers)}",
            source,
            "a move of the zone is under way, or the registrar and the zone disagree: until then"
            " change every record at both providers",
        )
    return green(value, source)


def mail_exchangers(exam: Examination) -> Result:
    """Look for MX records that resolvers still remember, and the zone no longer has."""
    zone, resolver_view, own = _two_views(exam, "MX")
    source = f"MX {zone} at resolvers and at the zone's servers"
    if resolver_view and not own:
        return red(
            Action.MEND,
            f"{', '.join(sorted(resolver_view))}: at resolvers alone",
            source,
            f"nobody will be able to mail to {zone} once caches run out: add the old zone's MX and"
            " TXT records to the new one",
        )
    return green(", ".join(sorted(own)) or "none", source)


def _two_views(exam: Examination, record_type: str) -> tuple[str, set[str], set[str]]:
    """Return the zone, and its records of a type at the resolvers and at its own servers."""
    zone, answers = exam.soa
    if not any(answer.is_good for answer in answers):
        raise NotRun("no authoritative server gives the zone's SOA record")
    own = names.query_all(exam.authorities, zone, record_type, recursive=False)
    resolver_answers = names.query_all(exam.resolvers, zone, record_type)
    views = [
        {record.lower() for answer in group if answer.is_good for record in answer.records}
        for group in (resolver_answers, own)
    ]
    return zone, views[0], views[1]


def ipv6_addresses(exam: Examination) -> Result:
    """Look for an AAAA record that leads to the old host or to an address not expected."""
    servers = exam.authorities or exam.resolvers
    answers = query(servers, exam.site.host, "AAAA", recursive=not exam.authorities)
    source = f"AAAA {exam.site.host} at {labels(answers)}"
    records = sorted({record for answer in answers for record in answer.records})
    if not records:
        return green("none", source)
    value = ", ".join(records)
    aliases = {alias for answer in answers for alias in answer.aliases}
    if set(records) <= exam.new_ipv6_addresses or leads_to_new(exam, aliases):
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
    source = f"A {exam.site.host} at {labels(exam.authoritative)}"
    value = f"{max(ttls)} s"
    if max(ttls) > LONGEST_TTL_S:
        return warning(
            value, source, f"a way back takes that long: keep it at {LONGEST_TTL_S} s or below"
        )
    return green(value, source)


def certificate_authorities(exam: Examination) -> Result:
    """Read the CAA records that decide whether ACM may renew the certificate."""
    for domain in names.ancestors(exam.site.host)[:-1]:
        answers = query(exam.resolvers, domain, "CAA")
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
    answers = query(exam.resolvers, sibling, "A")
    source = f"A {sibling} at {labels(answers)}"
    records = sorted({record for answer in answers for record in answer.records})
    if not records:
        return green("does not exist", source)
    value = ", ".join(records)
    if set(records) & exam.old_addresses and not _is_wildcard(exam, sibling, records):
        return red(
            Action.MEND,
            f"{value}: the old host",
            source,
            f"visitors of {sibling} still reach the old host: switch this record, too",
        )
    if set(records) & exam.new_addresses and not _has_certificate(exam, sibling):
        return red(
            Action.MEND,
            f"{value}: the new host, without a certificate for it",
            source,
            f"visitors of {sibling} get a warning page: add the name to the certificate, or another"
            " certificate to the listener",
        )
    return green(value, source)


def _is_wildcard(exam: Examination, sibling: str, records: list[str]) -> bool:
    """Return whether every name beside the sibling leads there: it is nobody's address then."""
    other = f"cutover-smoke-{exam.run_id}.{sibling.partition('.')[2]}"
    answers = query(exam.resolvers, other, "A")
    return {record for answer in answers for record in answer.records} == set(records)


def _has_certificate(exam: Examination, sibling: str) -> bool:
    """Return whether the site's address has a certificate for the sibling, if it has a good one."""
    try:
        exam.shake(handshake.verifying(exam.site.ca_file), host=sibling)
    except ssl.SSLCertVerificationError as error:
        return error.verify_code != _WRONG_NAME
    except OSError:
        return True  # the check of the connection names it
    return True


CHECKS = (
    zone_serials,
    delegation,
    mail_exchangers,
    ipv6_addresses,
    time_to_live,
    certificate_authorities,
    sibling_name,
)
