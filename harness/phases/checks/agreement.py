"""Agreement of the files of [phases] with the others: they name the same things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.inputs.checks import references, trusted_proxies
from harness.inputs.config import SecretValue
from harness.inputs.files import listeners, phase_files
from harness.inputs.files.api_calls import Call
from harness.phases.account import Account
from harness.phases.checks.difference import Difference, Rules, calls_of, inputs_of
from harness.phases.checks.network import covers, needed_endpoints
from harness.phases.checks.readiness import container_log_groups
from harness.phases.phase import Finding, NotCovered, check

if TYPE_CHECKING:
    from harness.inputs.production import Production

_VPC_ALONE = {"CreateVpc", "ModifyVpcAttribute"}
_ENGINES = ("aurora-mysql", "mysql")


@check("0.files-agree")
def agreement(account: Account) -> Iterator[Finding]:
    """The files of [phases] name the host, cluster, proxy, image and log groups of the others."""
    production = account.production
    if not any(f"phases.{name}" in production.documents for name in RULES):
        raise NotCovered("there are no files of [phases]", key="set phases.dns and the others")
    for name in RULES:
        calls = phase_files.calls(production, name)
        for difference in RULES[name](account, calls) if calls else ():
            yield difference.in_file(production.path_of(f"phases.{name}"))
    changes = phase_files.calls(production, "dns")
    if changes and len(changes) != 2:
        place, expected = production.path_of("phases.dns"), "the switch, then its rollback"
        yield Finding(place, expected, f"has {len(changes)} changes", f"write both in {place}")


def _of_certificate(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """The certificate has the public host, and each host that the listener's rules name."""
    requested = calls_of("RequestCertificate", calls)
    lists = [
        [c.input["DomainName"], *c.input.get("SubjectAlternativeNames", ())] for c in requested
    ]
    names = [name for domains in lists for name in domains]
    one_for_all = [
        listener
        for listener in listeners.of_production(account.production)
        if listener.protocol == "HTTPS" and len(listener.create.get("Certificates") or ()) == 1
    ]
    hosts = [
        account.access.public_host,
        *(host for listener in one_for_all for host in listener.hosts),
    ]
    for host in dict.fromkeys(hosts) if requested else ():
        if not covers(names, host):
            key = f"{requested[0].key}.DomainName"
            yield Difference(key, f"a certificate for {host}", f"is for {', '.join(names)}")


def _of_network(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """The VPC is the configuration's, and tasks reach every API that they call."""
    places = [
        place for place in calls_of("AssociateRouteTable", calls) if "SubnetId" in place.input
    ]
    subnets = {str(place.input["SubnetId"]) for place in places}
    if subnets and len(subnets) == len(calls_of("CreateSubnet", calls)):
        tasks = account.production.tasks.values()
        for subnet in dict.fromkeys(
            subnet_id for task in tasks for subnet_id in task.network.subnets
        ):
            if subnet not in subnets:
                expected = f"the subnet {subnet}, in which tasks start"
                yield Difference("AssociateRouteTable", expected, "associates no such subnet")
    cidr = account.production.config.vpc_cidr
    ranges = [str(vpc.get("CidrBlock")) for vpc in inputs_of("CreateVpc", calls)]
    if ranges and ranges != [cidr]:
        expected = f"one VPC with {cidr}, network.vpc_cidr"
        yield Difference("CreateVpc", expected, f"has {', '.join(ranges)}")
    yield from _of_trust(account, calls)
    routes = [route for route in inputs_of("CreateRoute", calls) if "NatGatewayId" in route]
    if (
        routes
        or calls_of("CreateNatGateway", calls)
        or {api_call.operation for api_call in calls} <= _VPC_ALONE
    ):
        return  # a file with the VPC alone shows no way out, and denies none
    endpoints = inputs_of("CreateVpcEndpoint", calls)
    names = {
        str(endpoint["ServiceName"]).split(".", 3)[-1]
        for endpoint in endpoints
        if endpoint.get("PrivateDnsEnabled", True)  # else the API's own name leads to the internet
    }
    lacking = [name for name in needed_endpoints(account) if name not in names]
    if lacking:
        yield Difference(
            "CreateVpcEndpoint" if endpoints else "",
            "a NAT gateway, or a VPC endpoint for each API that tasks call",
            f"has no endpoint for {', '.join(lacking)}"
            + (" with PrivateDnsEnabled" if len(names) < len(endpoints) else ""),
        )
    yield from _of_private_names(account, calls)
    yield from _of_gateways(account, calls)
    group = account.production.network.endpoints_group
    for call in calls_of("CreateVpcEndpoint", calls):
        groups = call.input.get("SecurityGroupIds") or ()
        if group and groups and group not in groups:
            expected = f"the security group {group}, network.endpoints_group"
            yield Difference(f"{call.key}.SecurityGroupIds", expected, f"has {', '.join(groups)}")


def _of_trust(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """The app trusts as many of the file's subnets as the load balancer has nodes in, at least."""
    balancer = account.production.load_balancer["LoadBalancer"]
    used = balancer.get("Subnets") or balancer.get("SubnetMappings") or ()
    blocks = [str(subnet.get("CidrBlock", "")) for subnet in inputs_of("CreateSubnet", calls)]
    subnets = [network for text in blocks if (network := trusted_proxies.network(text))]
    trusted = trusted_proxies.networks(account.production)
    inside = [subnet for subnet in subnets if any(subnet.subnet_of(other) for other in trusted)]
    if len(subnets) > len(used) > len(inside) > 0:
        yield Difference(
            "CreateSubnet",
            f"each of the load balancer's {len(used)} subnets in TRUSTED_PROXIES of the web task",
            f"has {', '.join(map(str, inside))} in it, and no other: the app believes no"
            " X-Forwarded-Proto from the load balancer's other nodes",
        )


def _of_private_names(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """A VPC that the file makes has the DNS host names which private names of endpoints need.

    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
    (prerequisites); a VPC that is there already, or was printed, is not judged.
    """
    vpcs = calls_of("CreateVpc", calls)
    document = account.production.documents["phases.network"]
    attributes = inputs_of("ModifyVpcAttribute", calls)
    enabled = any(
        (attribute.get("EnableDnsHostnames") or {}).get("Value") for attribute in attributes
    )
    if not vpcs or document.origins or enabled:
        return
    for call in calls_of("CreateVpcEndpoint", calls):
        if call.input.get("VpcEndpointType") == "Interface" and call.input.get(
            "PrivateDnsEnabled", True
        ):
            yield Difference(
                vpcs[0].key,
                "ModifyVpcAttribute with EnableDnsHostnames true, which private names of endpoints"
                f" need ({call.key}.PrivateDnsEnabled)",
                "makes a VPC without DNS host names, AWS's default",
            )
            return


def _of_gateways(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """A gateway endpoint has a route in each table of the tasks' subnets.

    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html (routing).
    """
    tasks = account.production.tasks.values()
    own = {subnet for task in tasks for subnet in task.network.subnets}
    tables = {
        str(association["RouteTableId"])
        for association in inputs_of("AssociateRouteTable", calls)
        if association.get("SubnetId") in own
    }
    for call in calls_of("CreateVpcEndpoint", calls):
        table_ids = call.input.get("RouteTableIds") or []
        lacking = sorted(tables.difference(table_ids))
        if call.input.get("VpcEndpointType", "Gateway") == "Gateway" and lacking:
            yield Difference(
                f"{call.key}.RouteTableIds",
                f"the endpoint {call.input['ServiceName']} in the route tables of the tasks'"
                f" subnets, {', '.join(lacking)}",
                f"has {', '.join(table_ids) or 'none'}",
            )


def _of_database(account: Account, calls: list[Call]) -> Iterator[Difference]:
    access, database = account.access, account.production.config.database.name
    for call in (*calls_of("CreateDBCluster", calls), *calls_of("CreateDBInstance", calls)):
        engine = call.input["Engine"]
        if engine not in _ENGINES:
            expected = f"the engine {' or '.join(_ENGINES)}"
            yield Difference(f"{call.key}.Engine", expected, f"is {engine}")
    yield from _of_class(account, calls)
    network = account.production.network
    for call in calls_of("CreateDBCluster", calls):
        name = call.input["DBClusterIdentifier"]
        if access.cluster_name and name != access.cluster_name:
            key = f"{call.key}.DBClusterIdentifier"
            yield Difference(key, f"the cluster {access.cluster_name}", f"is {name}")
        name = call.input.get("DatabaseName", database)
        if name != database:
            key = f"{call.key}.DatabaseName"
            yield Difference(key, f"the database {database}, database.name", f"is {name}")
        yield from _of_groups(call, network.database_group, configured="network.database_group")
    for call in calls_of("CreateDBProxy", calls):
        yield from _of_groups(call, network.proxy_group, configured="network.proxy_group")
        yield from _of_auth(account.production, call)
        name = call.input["DBProxyName"]
        if access.proxy_name and name != access.proxy_name:
            key = f"{call.key}.DBProxyName"
            yield Difference(key, f"the proxy {access.proxy_name}", f"is {name}")


def _of_class(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """One instance at least is of the class with which the rehearsal counts connections."""
    instance_class = account.production.config.database.instance_class
    instances = calls_of("CreateDBInstance", calls)
    classes = [str(instance.input["DBInstanceClass"]) for instance in instances]
    if instance_class and instances and instance_class not in classes:
        expected = f"the class {instance_class}, database.instance_class"
        actual = f"is {classes[0]}"
        yield Difference(f"{instances[0].key}.DBInstanceClass", expected, actual)


def _of_groups(call: Call, group: str, *, configured: str) -> Iterator[Difference]:
    """The resource has the group that the rehearsal took for its own."""
    groups = call.input.get("VpcSecurityGroupIds") or ()
    if group and groups and group not in groups:
        expected, actual = f"the security group {group}, {configured}", f"has {', '.join(groups)}"
        yield Difference(f"{call.key}.VpcSecurityGroupIds", expected, actual)


def _of_auth(production: Production, call: Call) -> Iterator[Difference]:
    """The proxy has each task's account, by a password."""
    key, auth = f"{call.key}.Auth", call.input.get("Auth") or ()
    arns = [str(entry.get("SecretArn", "")) for entry in auth]
    for index, arn in enumerate(arns):
        if lacking := _lacking(arn, production.config.secrets):
            expected = "a secret with username and password"
            yield Difference(f"{key}[{index}].SecretArn", expected, f"is {arn}, and {lacking}")
    names = set(references.secrets_with(production, "DB_PASSWORD"))
    auth_names = {name for name in names if any(_is_of(arn, name) for arn in arns)}
    for name in sorted(names - auth_names if auth_names else ()):
        expected = f"the secret {name}, with which tasks sign in, too"
        yield Difference(key, expected, f"has {', '.join(arns)}")
    if any(entry.get("IAMAuth") == "REQUIRED" for entry in auth):
        expected = "IAMAuth DISABLED: tasks sign in with a password"
        yield Difference(key, expected, "has IAMAuth REQUIRED")


def _lacking(arn: str, secrets: Mapping[str, SecretValue]) -> str:
    """Return the fields of an account that a secret lacks; an unknown secret is not judged."""
    name = next((name for name in secrets if _is_of(arn, name)), "")
    value = secrets.get(name)
    keys = ("username", "password")
    lacking = [key for key in keys if isinstance(value, Mapping) and key not in value]
    return f"secrets.{name} in cutover.toml has no {' and no '.join(lacking)}" if lacking else ""


def _is_of(arn: str, name: str) -> bool:
    """Whether an ARN is of a secret of this name; AWS adds a hyphen and six characters to it."""
    secret = arn.rpartition(":secret:")[2]
    return secret == name or secret.rpartition("-")[0] == name


def _of_registry(account: Account, calls: list[Call]) -> Iterator[Difference]:
    names = [str(request["repositoryName"]) for request in inputs_of("CreateRepository", calls)]
    repository = account.production.app_image.partition("/")[2].partition(":")[0]
    if names and repository.partition("@")[0] not in names:
        expected, actual = f"the repository {repository}", f"has {', '.join(names)}"
        yield Difference("CreateRepository", expected, actual)


def _of_logs(account: Account, calls: list[Call]) -> Iterator[Difference]:
    names = {str(group["logGroupName"]) for group in inputs_of("CreateLogGroup", calls)}
    for name in dict.fromkeys(container_log_groups(account)):
        if name not in names:
            expected = "each log group that a container writes to"
            yield Difference("CreateLogGroup" if names else "", expected, f"has no {name}")


def _of_dns(account: Account, calls: list[Call]) -> Iterator[Difference]:
    host = account.access.public_host
    for call in calls:
        records = [change["ResourceRecordSet"] for change in call.input["ChangeBatch"]["Changes"]]
        names = {str(record["Name"]).rstrip(".") for record in records}
        if host not in names:
            key = f"{call.key}.ChangeBatch.Changes"
            yield Difference(key, f"a record of {host}", f"has {', '.join(sorted(names))}")


def _of_scaling(account: Account, calls: list[Call]) -> Iterator[Difference]:
    cluster, services = account.access.cluster, account.access.services.values()
    targets = [f"service/{cluster}/{name}" for name in services]
    for call in calls:
        if call.input["ResourceId"] not in targets:
            expected, actual = f"one of {', '.join(targets)}", f"is {call.input['ResourceId']}"
            yield Difference(f"{call.key}.ResourceId", expected, actual)


RULES: Rules = {
    "certificate": _of_certificate,
    "network": _of_network,
    "database": _of_database,
    "registry": _of_registry,
    "logs": _of_logs,
    "dns": _of_dns,
    "scaling": _of_scaling,
}
