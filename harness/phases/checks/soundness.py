"""Soundness of the files of [phases]: nothing that AWS refuses or visitors suffer from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.inputs.files import phase_files
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, check

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call

_LONGEST_TTL_S = 3600
_FILES = ("network", "database", "dns", "scaling")


@check("0.files-sound")
def soundness(account: Account) -> Iterator[Finding]:
    """The files of [phases] have two zones, a private database, short TTLs, sane capacities."""
    production = account.production
    if not any(f"phases.{name}" in production.documents for name in _FILES):
        raise NotCovered("there are no files of [phases]", key="set phases.dns and the others")
    for name, rule in zip(_FILES, (_of_network, _of_database, _of_dns, _of_scaling), strict=True):
        place = production.path_of(f"phases.{name}")
        for expected, actual in rule(account, list(phase_files.calls(production, name))):
            yield Finding(place, expected, actual, f"correct {place}")


def _of_network(_account: Account, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    subnets = [call.given for call in calls if call.operation == "CreateSubnet"]
    zones = {one.get("AvailabilityZone", one.get("AvailabilityZoneId")) for one in subnets}
    if len(zones) == 1 and None not in zones:
        yield "subnets in two Availability Zones, as load balancer and cluster need", "has one"


def _of_database(_account: Account, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    if any(call.given.get("PubliclyAccessible") for call in calls):
        yield "PubliclyAccessible false: the app alone reaches the database", "makes it public"


def _of_scaling(account: Account, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    access = account.access
    web = f"service/{access.cluster}/{access.services.get(access.web)}"
    for call in calls:
        # A MinCapacity above MaxCapacity is an error of the file: inputs.checks.phases.
        if call.given.get("MinCapacity") == 0 and call.given.get("ResourceId") == web:
            yield "a MinCapacity of 1 at least: at 0 visitors find no task", "has 0"


def _of_dns(account: Account, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    """Route 53 takes no second record of a type, and nothing beside a CNAME: it needs a DELETE.

    Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    and https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html (CNAME).
    """
    host = account.access.public_host
    batches = [list(_changes_of(call, host)) for call in calls]
    ttls = [ttl for batch in batches for _, _, ttl in batch]
    if max(ttls, default=0) > _LONGEST_TTL_S:
        yield "a TTL of 60 s: the way back takes that long", f"has {max(ttls)} s"
    if len(batches) != 2:
        return
    for batch, other in zip(batches, reversed(batches), strict=True):
        present = {record_type for action, record_type, _ in other if action != "DELETE"}
        present -= {record_type for action, record_type, _ in batch if action == "DELETE"}
        for action, record_type, _ in batch:
            others = sorted(one for one in present - {record_type} if "CNAME" in (one, record_type))
            if action == "CREATE" and record_type in present:
                yield f"UPSERT: {host} has a record of type {record_type} already", "has CREATE"
            elif action != "DELETE" and others:
                yield (
                    f"a DELETE of the {others[0]} record of {host} in the same change",
                    f"makes a {record_type} record beside it",
                )


def _changes_of(call: Call, host: str) -> Iterator[tuple[str, str, int]]:
    """Yield action, type and TTL of each change of the host's records."""
    for change in call.given["ChangeBatch"]["Changes"]:
        record = change["ResourceRecordSet"]
        if str(record["Name"]).rstrip(".") == host:
            yield change["Action"], record["Type"], record.get("TTL", 0)
