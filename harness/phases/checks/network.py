"""Phase 1: the certificate, the chain of security groups, the subnets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from harness.inputs.files.security_groups import parse_group
from harness.phases import group_chain
from harness.phases.account import Account
from harness.phases.group_chain import LOAD_BALANCER, TASKS
from harness.phases.phase import Finding, absent, check

_CERTIFICATE_DAYS = 30
_KEY_TYPES = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
"""ACM lists certificates of the first two only, unless the others are asked for.

https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
"""
_ZONES = 2
_NO_EC2 = "the file's groups are packet rules, and there is no ec2 API"


@check("1.chain-in-file", readiness=True)
def chain_in_file(account: Account) -> Iterator[Finding]:
    """The file's ingress rules name groups; visitors alone come by address, to ports 80 and 443."""
    production = account.production
    owned = group_chain.owners(production)
    return group_chain.breaks(production.network.groups.groups.values(), owned)


@check("1.sg-chain", reads=("ec2:DescribeSecurityGroups",), not_local=_NO_EC2, readiness=True)
def chain(account: Account) -> Iterator[Finding]:
    """The account's security groups admit the peers of the file, and nobody else."""
    groups = account.production.network.groups.groups.values()
    answer = account.read(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[{"Name": "group-id", "Values": [group.id for group in groups]}],
    )
    deployed = [parse_group(raw) for raw in answer["SecurityGroups"]]
    yield from group_chain.differences(groups, deployed)
    yield from group_chain.breaks(deployed, group_chain.owners(account.production))


@check(
    "1.certificate",
    reads=("acm:ListCertificates", "acm:DescribeCertificate"),
    not_local="the load balancer has a certificate of the stack's own CA",
    readiness=True,
)
def certificate(account: Account) -> Iterator[Finding]:
    """A certificate for the public host is issued in the Region, and valid for 30 days more."""
    host = account.access.public_host
    statuses = ["ISSUED", "PENDING_VALIDATION", "FAILED", "EXPIRED", "VALIDATION_TIMED_OUT"]
    response = account.read(
        "acm",
        "ListCertificates",
        CertificateStatuses=statuses,
        Includes={"keyTypes": list(_KEY_TYPES)},
    )
    described = [
        account.read("acm", "DescribeCertificate", CertificateArn=summary["CertificateArn"])
        for summary in response["CertificateSummaryList"]
        if covers(_names(summary), host)
    ]
    certificates = [answer["Certificate"] for answer in described if answer]
    faults = [text for text in map(partial(_fault, account), certificates) if text]
    if not certificates:
        remedy = f"aws acm request-certificate --domain-name {host} --validation-method DNS"
        yield absent(f"certificate for {host} in {account.access.region}", remedy=remedy)
    elif len(faults) == len(certificates):
        remedy = "put its validation record into DNS (describe-certificate shows it), and wait"
        yield Finding(f"certificate for {host}", "ISSUED, 30 days or more", faults[0], remedy)


def _names(summary: Mapping[str, Any]) -> list[str]:
    return [summary["DomainName"], *summary.get("SubjectAlternativeNameSummaries", ())]


def covers(names: Iterable[str], host: str) -> bool:
    """Whether a certificate's names cover a host; a wildcard stands for one label."""
    return any(
        name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])
        for name in names
    )


def _fault(account: Account, certificate: Mapping[str, Any]) -> str:
    if certificate["Status"] != "ISSUED":
        return f"is {certificate['Status']}"
    days = (certificate["NotAfter"] - account.now()).days
    renews = certificate.get("RenewalEligibility") == "ELIGIBLE"
    if days < _CERTIFICATE_DAYS:
        return f"ends in {days} days" + ("" if renews else ", and ACM does not renew it")
    return ""


@check(
    "1.subnets",
    reads=("ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"),
    not_local="there are networks of the engine, and no subnets",
    readiness=True,
)
def subnets(account: Account) -> Iterator[Finding]:
    """The load balancer is in public subnets, tasks are in private ones, each in two zones."""
    production = account.production
    public = list(production.load_balancer["LoadBalancer"].get("Subnets") or ())
    service = production.services[production.web].create
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    private = list(network.get("subnets") or ())
    answer = account.read("ec2", "DescribeSubnets", SubnetIds=[*dict.fromkeys([*public, *private])])
    by_id = {subnet["SubnetId"]: subnet for subnet in answer["Subnets"]} if answer else {}
    for owner, ids in ((LOAD_BALANCER, public), (TASKS, private)):
        missing = [subnet for subnet in ids if subnet not in by_id]
        zones = {by_id[subnet]["AvailabilityZone"] for subnet in ids if subnet in by_id}
        if missing:
            remedy = "create it, or correct its id in the file"
            yield absent(f"subnet {', '.join(missing)} of {owner}", remedy=remedy)
        elif len(zones) < _ZONES:
            actual = f"all in {', '.join(zones)}"
            remedy = "add a subnet of another zone"
            yield Finding(f"subnets of {owner}", "two Availability Zones", actual, remedy)
    if by_id:
        yield from _routes(account, by_id, public=public, private=private)


def _routes(
    account: Account, by_id: Mapping[str, Any], *, public: list[str], private: list[str]
) -> Iterator[Finding]:
    vpc = next(iter(by_id.values()))["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = account.read("ec2", "DescribeRouteTables", Filters=filters)["RouteTables"]
    for subnet in public:
        if not _leads_to(tables, subnet, "igw-"):
            yield Finding(
                f"subnet {subnet} of {LOAD_BALANCER}",
                "a route to an internet gateway",
                "has none: no visitor reaches the load balancer",
                "add the route 0.0.0.0/0 to the VPC's internet gateway",
            )
    for subnet in private:
        if _leads_to(tables, subnet, "igw-"):
            yield Finding(
                f"subnet {subnet} of {TASKS}",
                "no route to an internet gateway",
                "has one: it is a public subnet",
                "move the tasks to subnets with a route to a NAT gateway, or to VPC endpoints",
            )
    without_nat = [subnet for subnet in private if not _leads_to(tables, subnet, "nat-")]
    if without_nat:
        answer = account.read("ec2", "DescribeVpcEndpoints", Filters=filters)
        yield from _endpoints(account, answer["VpcEndpoints"], tables, subnets=without_nat)


def _endpoints(
    account: Account,
    endpoints: Iterable[Mapping[str, Any]],
    tables: Iterable[Mapping[str, Any]],
    *,
    subnets: list[str],
) -> Iterator[Finding]:
    """Find APIs that tasks in subnets without a NAT gateway do not reach."""
    region, group = account.access.region, account.production.network.endpoints_group
    by_name: dict[str, list[str]] = {}
    for endpoint in endpoints:
        name = str(endpoint["ServiceName"]).partition(f"{region}.")[2]
        by_name.setdefault(name, []).append(
            _fault_of_endpoint(endpoint, tables, subnets, group=group)
        )
    needed = needed_endpoints(account)
    missing = [name for name in needed if name not in by_name]
    if missing:
        yield Finding(
            f"subnet {', '.join(subnets)} of {TASKS}",
            "a route to a NAT gateway, or a VPC endpoint for each API that tasks call",
            f"has no NAT gateway, and the VPC no endpoint for {', '.join(missing)}",
            "create the endpoints, or a route 0.0.0.0/0 to a NAT gateway",
        )
    for name in needed:
        faults = by_name.get(name, [""])
        if all(faults):
            thing = f"VPC endpoint for {name}"
            yield Finding(thing, f"tasks reach {name} by it", faults[0], "modify the endpoint")


def _fault_of_endpoint(
    endpoint: Mapping[str, Any],
    tables: Iterable[Mapping[str, Any]],
    subnets: list[str],
    *,
    group: str,
) -> str:
    """Return why tasks do not reach an API by an endpoint; empty where they do.

    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html and
    https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    """
    if str(endpoint.get("State", "available")).lower() != "available":
        return f"its state is {endpoint['State']}"
    if endpoint.get("VpcEndpointType") == "Gateway":
        used = set(endpoint.get("RouteTableIds") or ())
        without = [
            subnet
            for subnet in subnets
            if not {t.get("RouteTableId") for t in _tables_of(tables, subnet)} & used
        ]
        return f"the route table of {', '.join(without)} does not lead to it" if without else ""
    if not endpoint.get("PrivateDnsEnabled", True):
        return "it has no private DNS: the API's name leads past it"
    groups = [entry["GroupId"] for entry in endpoint.get("Groups") or ()]
    return f"its security groups are {', '.join(groups)}" if group and group not in groups else ""


def _leads_to(tables: Iterable[Mapping[str, Any]], subnet: str, prefix: str) -> bool:
    """Whether the route table of a subnet, or else the main one, leads to a gateway."""
    return any(
        str(route.get("GatewayId") or route.get("NatGatewayId") or "").startswith(prefix)
        for table in _tables_of(tables, subnet)
        for route in table["Routes"]
    )


def _tables_of(tables: Iterable[Mapping[str, Any]], subnet: str) -> list[Mapping[str, Any]]:
    """Return the route table of a subnet, or else the main one."""
    own = [
        table
        for table in tables
        if any(association.get("SubnetId") == subnet for association in table["Associations"])
    ]
    return own or [table for table in tables if any(a.get("Main") for a in table["Associations"])]


def needed_endpoints(account: Account) -> list[str]:
    """Return the endpoints without which no task starts, or none does its work.

    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html.
    """
    resources = account.access.resources
    by_resource = {"queue": "sqs", "identity": "email"}
    used = [name for resource, name in by_resource.items() if resource in resources]
    parameters = ["ssm"] if account.production.config.parameters else []
    return ["ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", *used, *parameters]


CHECKS = (chain_in_file, chain, certificate, subnets)
