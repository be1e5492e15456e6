"""Phase 6: the schema, the DNS record, and visitors."""

from __future__ import annotations

from collections.abc import Iterator

from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, absent, check


@check("6.schema", by_hand=True)
def schema(account: Account) -> Iterator[Finding]:
    """No migration is pending, and the sessions table is there."""
    del account
    raise NotCovered(
        "it runs a command in a task, and nothing is started here",
        key="php artisan migrate:status --pending, by ECS Exec in a web task",
    )


@check(
    "6.dns",
    reads=(
        "route53:ListHostedZonesByName",
        "route53:ListResourceRecordSets",
        "elasticloadbalancing:DescribeLoadBalancers",
    ),
    not_local="no name server is up; `cutover verify -k dns_switch` rehearses the switch",
)
def dns(account: Account) -> Iterator[Finding]:
    """The public host's record in Route 53 leads to the load balancer."""
    host, zone = account.access.public_host, _zone(account)
    answer = account.read(
        "route53",
        "ListResourceRecordSets",
        HostedZoneId=zone,
        StartRecordName=host,
        at_most=10,
    )
    balancer = account.load_balancer()
    dns_name = str(balancer["DNSName"]).lower() if balancer else "the load balancer, which lacks"
    records = [
        record_set
        for record_set in answer["ResourceRecordSets"]
        if record_set["Name"].rstrip(".") == host and record_set["Type"] in ("A", "AAAA", "CNAME")
    ]
    if not records:
        yield absent(f"record of {host}", remedy="make it an alias of the load balancer")
    for record in records:
        values = [str(entry["Value"]) for entry in record.get("ResourceRecords", ())]
        target = record.get("AliasTarget", {}).get("DNSName", "") or ", ".join(values)
        if target.rstrip(".").lower().removeprefix("dualstack.") != dns_name:
            ttl = f", TTL {record['TTL']} s" if "TTL" in record else ""
            thing = f"record {record['Type']} of {host}"
            remedy = "`cutover phase 6 --plan`: the switch"
            yield Finding(thing, f"an alias of {dns_name}", f"{target}{ttl}", remedy)


def _zone(account: Account) -> str:
    """Return the id of the public hosted zone that has the host.

    Raises:
        NotCovered: The account has none.
    """
    host = account.access.public_host
    labels = host.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        answer = account.read("route53", "ListHostedZonesByName", DNSName=name, at_most=5)
        for zone in answer["HostedZones"]:
            if zone["Name"] == f"{name}." and not zone.get("Config", {}).get("PrivateZone"):
                return str(zone["Id"])
    key = f"cutover smoke https://{host} --expect ADDRESS"
    raise NotCovered(f"no hosted zone of this account has {host}", key=key)


@check("6.validations", by_hand=True)
def validations(account: Account) -> Iterator[Finding]:
    """Sessions persist, uploads come back, mail arrives, jobs are done, the scheduler fires."""
    host = account.access.public_host
    key = f"cutover verify --target aws, and cutover smoke https://{host}"
    raise NotCovered("scenarios show it", key=key)


CHECKS = (schema, dns, validations)
