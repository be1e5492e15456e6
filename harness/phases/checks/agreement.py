"""Agreement of the files of [phases] with the others: they name the same things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.inputs import api_calls, references
from harness.inputs.config import SecretValue
from harness.phases.account import Account, of_files
from harness.phases.checks.network import covers, needed_endpoints
from harness.phases.checks.readiness import container_log_groups
from harness.phases.phase import Finding, NotCovered, check

if TYPE_CHECKING:
    from harness.inputs.production import Production

_ENGINES = ("aurora-mysql", "mysql")
_Inputs = Callable[[str], list[Mapping[str, Any]]]
"""Returns the inputs of an operation in the file."""


@check("0.files-agree")
def agreement(account: Account) -> Iterator[Finding]:
    """The files of [phases] name the host, cluster, proxy, image and log groups of the others."""
    documents = account.production.documents
    named = [name for name in _RULES if f"phases.{name}" in documents]
    if not named:
        raise NotCovered("there are no files of [phases]", key="set phases.dns and the others")
    for name in named:
        calls = list(api_calls.calls_in(documents[f"phases.{name}"].data))

        def inputs(operation: str, calls: list[api_calls.Call] = calls) -> list[Mapping[str, Any]]:
            return [call.given for call in calls if call.operation == operation]

        for expected, actual in _RULES[name](account, inputs):
            place = account.production.path_of(f"phases.{name}")
            yield Finding(place, expected, actual, f"correct {place}, or the file beside it")


def contradictions(production: Production) -> Iterator[str]:
    """Say in a line each where a file of [phases] names another thing than the files beside it."""
    with suppress(NotCovered):
        for one in agreement.examine(of_files(production)):
            yield f"{one.thing} {one.actual}, expected {one.expected}: `cutover preflight` is red"


def _of_certificate(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    host = account.access.public_host
    for given in inputs("RequestCertificate"):
        names = [given["DomainName"], *given.get("SubjectAlternativeNames", ())]
        if not covers(names, host):
            yield f"a certificate for {host}", f"is for {', '.join(names)}"


def _of_network(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    """The VPC is the configuration's, and tasks reach every API that they call."""
    subnets = {str(one["SubnetId"]) for one in inputs("AssociateRouteTable") if "SubnetId" in one}
    if subnets and len(subnets) == len(inputs("CreateSubnet")):
        tasks = account.production.tasks.values()
        for subnet in dict.fromkeys(one for task in tasks for one in task.network.subnets):
            if subnet not in subnets:
                yield f"the subnet {subnet}, in which tasks start", "associates no such subnet"
    wanted = account.production.config.vpc_cidr
    ranges = [str(one.get("CidrBlock")) for one in inputs("CreateVpc")]
    if ranges and ranges != [wanted]:
        yield f"one VPC with {wanted}, network.vpc_cidr", f"has {', '.join(ranges)}"
    routes = [one for one in inputs("CreateRoute") if "NatGatewayId" in one]
    if routes or inputs("CreateNatGateway"):
        return
    names = {str(one["ServiceName"]).split(".", 3)[-1] for one in inputs("CreateVpcEndpoint")}
    lacking = [name for name in needed_endpoints(account) if name not in names]
    if lacking:
        yield (
            "a NAT gateway, or a VPC endpoint for each API that tasks call",
            f"has no endpoint for {', '.join(lacking)}",
        )
    yield from _of_gateways(account, inputs)


def _of_gateways(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    """A gateway endpoint has a route in each table of the tasks' subnets.

    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html (routing).
    """
    tasks = account.production.tasks.values()
    own = {subnet for task in tasks for subnet in task.network.subnets}
    tables = {
        str(one["RouteTableId"])
        for one in inputs("AssociateRouteTable")
        if one.get("SubnetId") in own
    }
    for one in inputs("CreateVpcEndpoint"):
        given = one.get("RouteTableIds") or []
        lacking = sorted(tables.difference(given))
        if one.get("VpcEndpointType", "Gateway") == "Gateway" and lacking:
            yield (
                f"the endpoint {one['ServiceName']} in the route tables of the tasks' subnets,"
                f" {', '.join(lacking)}",
                f"has {', '.join(given) or 'none'}",
            )


def _of_database(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    access, database = account.access, account.production.config.database.name
    for given in (*inputs("CreateDBCluster"), *inputs("CreateDBInstance")):
        if given["Engine"] not in _ENGINES:
            yield f"the engine {' or '.join(_ENGINES)}", f"is {given['Engine']}"
    network = account.production.network
    for given in inputs("CreateDBCluster"):
        if access.cluster_name and given["DBClusterIdentifier"] != access.cluster_name:
            yield f"the cluster {access.cluster_name}", f"has {given['DBClusterIdentifier']}"
        if given.get("DatabaseName", database) != database:
            yield f"the database {database}, database.name", f"makes {given['DatabaseName']}"
        yield from _of_groups(given, network.database_group, key="network.database_group")
    for given in inputs("CreateDBProxy"):
        yield from _of_groups(given, network.proxy_group, key="network.proxy_group")
        arns = [str(one.get("SecretArn", "")) for one in given.get("Auth") or ()]
        for arn in arns:
            if _lacks_account(arn, account.production.config.secrets):
                yield "a secret with username and password in Auth", f"has {arn}, without them"
        yield from _of_accounts(account.production, arns)
        if access.proxy_name and given["DBProxyName"] != access.proxy_name:
            yield f"the proxy {access.proxy_name}", f"has {given['DBProxyName']}"
        if not given.get("RequireTLS"):
            yield "RequireTLS true", "takes connections without TLS"
        if any(one.get("IAMAuth") == "REQUIRED" for one in given.get("Auth") or ()):
            yield "IAMAuth DISABLED: tasks sign in with a password", "has IAMAuth REQUIRED"


def _of_groups(resource: Mapping[str, Any], group: str, *, key: str) -> Iterator[tuple[str, str]]:
    """The resource has the group that the rehearsal took for its own."""
    groups = resource.get("VpcSecurityGroupIds") or ()
    if group and groups and group not in groups:
        yield f"the security group {group}, {key}", f"has {', '.join(groups)}"


def _lacks_account(arn: str, secrets: Mapping[str, SecretValue]) -> bool:
    """Whether RDS Proxy finds no account in a secret; one that nobody here knows is not judged."""
    value = next((secrets[name] for name in secrets if _is_of(arn, name)), None)
    return isinstance(value, Mapping) and not {"username", "password"} <= value.keys()


def _of_accounts(production: Production, arns: list[str]) -> Iterator[tuple[str, str]]:
    """The proxy has the account of each task, where it has that of any: it knows no other."""
    names = set(references.secrets_with(production, "DB_PASSWORD"))
    known = {name for name in names if any(_is_of(arn, name) for arn in arns)}
    for name in sorted(names - known if known else ()):
        yield f"the secret {name}, with which tasks sign in, in Auth", f"has {', '.join(arns)}"


def _is_of(arn: str, name: str) -> bool:
    """Whether an ARN is of a secret of this name; AWS adds a hyphen and six characters to it."""
    given = arn.rpartition(":secret:")[2]
    return given == name or given.rpartition("-")[0] == name


def _of_registry(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    names = [str(given["repositoryName"]) for given in inputs("CreateRepository")]
    repository = account.production.app_image.partition("/")[2].partition(":")[0]
    if names and repository.partition("@")[0] not in names:
        yield f"the repository {repository}", f"has {', '.join(names)}"


def _of_logs(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    names = {str(given["logGroupName"]) for given in inputs("CreateLogGroup")}
    for name in dict.fromkeys(container_log_groups(account)):
        if name not in names:
            yield f"the log group {name}", "lacks it"


def _of_dns(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    host, changes = account.access.public_host, inputs("ChangeResourceRecordSets")
    if len(changes) != 2:
        yield "two changes: the switch, then its rollback", f"has {len(changes)}"
    for given in changes:
        records = [one["ResourceRecordSet"] for one in given["ChangeBatch"]["Changes"]]
        names = {str(record["Name"]).rstrip(".") for record in records}
        if host not in names:
            yield f"a record of {host}", f"changes {', '.join(sorted(names))}"


def _of_scaling(account: Account, inputs: _Inputs) -> Iterator[tuple[str, str]]:
    cluster, services = account.access.cluster, account.access.services.values()
    known = [f"service/{cluster}/{name}" for name in services]
    for given in (*inputs("RegisterScalableTarget"), *inputs("PutScalingPolicy")):
        if given["ResourceId"] not in known:
            yield f"one of {', '.join(known)}", f"has {given['ResourceId']}"


_RULES: Mapping[str, Callable[[Account, _Inputs], Iterator[tuple[str, str]]]] = {
    "certificate": _of_certificate,
    "network": _of_network,
    "database": _of_database,
    "registry": _of_registry,
    "logs": _of_logs,
    "dns": _of_dns,
    "scaling": _of_scaling,
}
"""Key of [phases] -> the rule; it yields pairs of expected and actual."""
