"""The file of the DNS switch: records that Route 53 takes, the load balancer's, and a way back.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html (values), and
https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html (zones of aliases).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.inputs.checks.phases import BALANCER
from harness.phases.checks.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.inputs.files.api_calls import Call
    from harness.phases.account import Account

_LONGEST_TTL_S = 300
"""As `cutover smoke` asks for it."""
_CLOUDFRONT, _CLOUDFRONT_ZONE = ".cloudfront.net", "Z2FDTNDATAQYW2"
_SWITCH_AND_ROLLBACK = 2


@dataclass(frozen=True)
class Change:
    """One change of a record of the public host."""

    zone: str
    action: str
    record: Mapping[str, Any]
    key: str

    @property
    def record_type(self) -> str:
        """The type of the record."""
        return str(self.record["Type"])

    @property
    def set_identifier(self) -> str:
        """The identifier among several records of a name and type, weighted ones for instance."""
        return str(self.record.get("SetIdentifier", ""))

    @property
    def identity(self) -> tuple[str, str, str]:
        """Zone, type and identifier: two changes with the same are of one record."""
        return self.zone, self.record_type, self.set_identifier

    @property
    def answer(self) -> dict[str, Any]:
        """The record without its TTL."""
        return {name: value for name, value in self.record.items() if name != "TTL"}

    @property
    def values(self) -> list[str]:
        """The values, or the target of the alias."""
        alias = self.record.get("AliasTarget")
        if alias:
            return [str(alias.get("DNSName", ""))]
        return [str(record.get("Value", "")) for record in self.record.get("ResourceRecords") or ()]


def changes_of(call: Call, host: str) -> list[Change]:
    """Return the changes of the host's records."""
    changes = call.input["ChangeBatch"]["Changes"]
    return [
        Change(
            str(call.input.get("HostedZoneId", "")),
            str(change["Action"]),
            change["ResourceRecordSet"],
            f"{call.key}.ChangeBatch.Changes[{index}]",
        )
        for index, change in enumerate(changes)
        if str(change["ResourceRecordSet"]["Name"]).rstrip(".") == host
    ]


def differences(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Go through changes that Route 53 refuses, or that lead elsewhere or not back."""
    batches = [changes_of(call, account.access.public_host) for call in calls]
    for change in (change for batch in batches for change in batch):
        yield from _of_alias(change)
    for batch in batches:
        if batch and all(change.action == "DELETE" for change in batch):
            expected = "UPSERT: nobody finds the host without a record"
            yield Difference(f"{batch[0].key}.Action", expected, "has DELETE, and sets no record")
    if batches:
        for change in batches[0]:
            yield from _of_switch(account, change)
    if len(batches) == _SWITCH_AND_ROLLBACK:
        for batch, other in zip(batches, reversed(batches), strict=True):
            yield from _of_present(account, batch, other)
        yield from _of_rollback(*batches)


def _of_alias(change: Change) -> Iterator[Difference]:
    target = change.record.get("AliasTarget") or {}
    zone, name = str(target.get("HostedZoneId", "")), str(target.get("DNSName", "")).rstrip(".")
    place = f"{change.key}.ResourceRecordSet.AliasTarget.HostedZoneId"
    if name.endswith(_CLOUDFRONT) and zone != _CLOUDFRONT_ZONE:
        yield Difference(place, f"{_CLOUDFRONT_ZONE}, the zone of CloudFront", f"is {zone}")
    elif BALANCER.fullmatch(name) and zone == change.zone:
        expected = "the load balancer's zone, CanonicalHostedZoneId of describe-load-balancers"
        yield Difference(place, expected, f"is {zone}, the zone of the record itself")


def _of_switch(account: Account, change: Change) -> Iterator[Difference]:
    """The way back does not take long; the name of a load balancer is that of this one."""
    ttl = int(change.record.get("TTL", 0))
    if change.action != "DELETE" and ttl > _LONGEST_TTL_S:
        expected = "a TTL of 60 s: the way back takes that long"
        yield Difference(f"{change.key}.ResourceRecordSet.TTL", expected, f"has {ttl} s")
    balancer = account.production.load_balancer["LoadBalancer"]
    is_internal = balancer.get("Scheme") == "internal"
    for value in change.values if change.action != "DELETE" else ():
        match = BALANCER.fullmatch(value)
        target = (str(balancer["Name"]).lower(), is_internal)
        if match and (match["name"].lower(), bool(match["internal"])) != target:
            scheme = "internal" if is_internal else "internet-facing"
            expected = f"the {scheme} load balancer {balancer['Name']}"
            yield Difference(f"{change.key}.ResourceRecordSet", expected, f"leads to {value}")


def _of_present(account: Account, batch: list[Change], other: list[Change]) -> Iterator[Difference]:
    """Route 53 takes no second record of a type, and nothing beside a CNAME: it needs a DELETE."""
    host = account.access.public_host
    present = {entry.record_type for entry in other if entry.action != "DELETE"}
    present -= {entry.record_type for entry in batch if entry.action == "DELETE"}
    for change in batch:
        record_type = change.record_type
        conflicts = sorted(
            type_name
            for type_name in present - {record_type}
            if "CNAME" in (type_name, record_type)
        )
        if change.action == "CREATE" and record_type in present:
            expected = f"UPSERT: {host} has a record of type {record_type} already"
            yield Difference(f"{change.key}.Action", expected, "has CREATE")
        elif change.action != "DELETE" and conflicts:
            expected = f"a DELETE of the {conflicts[0]} record of {host} in the same change"
            yield Difference(change.key, expected, f"makes a {record_type} record beside it")


def _of_rollback(switch: list[Change], rollback: list[Change]) -> Iterator[Difference]:
    """The way back takes each record of the switch in the same zone, and leads elsewhere."""
    back = {entry.identity: entry for entry in rollback}
    for change in switch if rollback else ():
        other = back.get(change.identity)
        if change.action == "DELETE":
            continue
        if other is None:
            # Of weighted records the way back may change one alone.
            if not change.set_identifier:
                yield Difference(
                    "ChangeResourceRecordSets[1].ChangeBatch.Changes",
                    f"the {change.record_type} record of the zone {change.zone}, which the switch"
                    " sets",
                    "leaves it as it is",
                )
        elif other.action != "DELETE" and change.values and other.answer == change.answer:
            expected = "the values of the old host"
            yield Difference(f"{other.key}.ResourceRecordSet", expected, "has those of the switch")
