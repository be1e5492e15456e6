"""Files of the move that no rehearsal needs: certificate, network, database, DNS and the like.

Each holds operations and their inputs, or what the AWS CLI prints. They are checked like the
others; `cutover phase` and `cutover runbook` use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.aws_cli import database, network, output
from harness.inputs.aws_cli.network import Maker, Operations
from harness.inputs.aws_cli.output import NEXT_PAGE, Form, Reshaped
from harness.inputs.document import Document, Origin
from harness.inputs.files import api_calls

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call, CallFile
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.production import Production
    from harness.inputs.reading import Reading


@dataclass(frozen=True)
class PhaseFile:
    """One type of these files."""

    noun: str
    """Such as ``the certificate``."""
    api: str
    operations: tuple[str, ...]
    """All that the file may hold."""
    printed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field at the top of the AWS CLI's output -> the operation that answers it, and those
    that take its items."""
    bare: tuple[str, ...] = ()
    """Fields of an input that may stand without the name of its operation, the only one."""

    @property
    def form(self) -> Form:
        """The forms that the file may have."""
        commands = {
            name: f"aws {self.api} {operation_shapes.kebab(describe)}"
            for name, (describe, *_) in self.printed.items()
        }
        return Form(
            self.noun,
            next(iter(commands.values()), ""),
            (*self.printed, *self.operations, *self.bare),
            beside=("ScheduledActions", *NEXT_PAGE),
            printed_by=commands,
        )


PHASE_FILES: Mapping[str, PhaseFile] = {
    "certificate": PhaseFile(
        "a certificate",
        "acm",
        ("RequestCertificate", "ImportCertificate"),
        {"Certificate": ("DescribeCertificate", "RequestCertificate")},
    ),
    "network": PhaseFile(
        "a VPC with its parts",
        "ec2",
        (
            *("CreateVpc", "ModifyVpcAttribute", "CreateSubnet", "ModifySubnetAttribute"),
            *(
                "CreateInternetGateway",
                "AttachInternetGateway",
                "AllocateAddress",
                "CreateNatGateway",
                "CreateRouteTable",
            ),
            *("CreateRoute", "AssociateRouteTable", "CreateVpcEndpoint"),
        ),
        {
            "Vpcs": ("DescribeVpcs", "CreateVpc"),
            "Subnets": ("DescribeSubnets", "CreateSubnet"),
            "InternetGateways": ("DescribeInternetGateways", "CreateInternetGateway"),
            "NatGateways": ("DescribeNatGateways", "CreateNatGateway"),
            "RouteTables": ("DescribeRouteTables", "CreateRouteTable"),
            "VpcEndpoints": ("DescribeVpcEndpoints", "CreateVpcEndpoint"),
        },
    ),
    "database": PhaseFile(
        "a database with its proxy",
        "rds",
        (
            *("CreateDBSubnetGroup", "CreateDBClusterParameterGroup"),
            *("ModifyDBClusterParameterGroup", "CreateDBCluster", "CreateDBInstance"),
            *("CreateDBProxy", "RegisterDBProxyTargets", "ModifyDBProxyTargetGroup"),
        ),
        {
            "DBClusters": ("DescribeDBClusters", "CreateDBCluster"),
            "DBInstances": ("DescribeDBInstances", "CreateDBInstance"),
            "DBProxies": ("DescribeDBProxies", "CreateDBProxy"),
            "TargetGroups": ("DescribeDBProxyTargetGroups", "ModifyDBProxyTargetGroup"),
        },
    ),
    "registry": PhaseFile(
        "an image repository",
        "ecr",
        ("CreateRepository", "PutImageScanningConfiguration", "PutLifecyclePolicy"),
        {"repositories": ("DescribeRepositories", "CreateRepository")},
    ),
    "logs": PhaseFile(
        "a list of log groups",
        "logs",
        ("CreateLogGroup", "PutRetentionPolicy"),
        {"logGroups": ("DescribeLogGroups", "CreateLogGroup", "PutRetentionPolicy")},
    ),
    "scaling": PhaseFile(
        "a list of scalable targets",
        "application-autoscaling",
        ("RegisterScalableTarget", "PutScalingPolicy"),
        {
            "ScalableTargets": ("DescribeScalableTargets", "RegisterScalableTarget"),
            "ScalingPolicies": ("DescribeScalingPolicies", "PutScalingPolicy"),
        },
    ),
    "dns": PhaseFile(
        "a change of DNS records",
        "route53",
        ("ChangeResourceRecordSets",),
        bare=("HostedZoneId", "ChangeBatch"),
    ),
}
"""Key of [phases] in cutover.toml -> the file's type."""


def calls(production: Production, name: str) -> list[Call]:
    """Return the calls of one of these files; none where the configuration does not name it."""
    document = production.documents.get(f"phases.{name}")
    return [*api_calls.calls_in(document.data)] if document else []


def scalable_id(production: Production, service: Service) -> str:
    """Return the ResourceId of a service in Application Auto Scaling."""
    return f"service/{production.config.cluster}/{service.name}"


def read_all(reading: Reading) -> None:
    """Read the files that cutover.toml names; the reading keeps them, and their problems."""
    for name, file in PHASE_FILES.items():
        reading.file("phases", name, read=partial(check, file=file), form=partial(form, file=file))


def check(document: Document, *, file: PhaseFile) -> CallFile:
    """Check the inputs of a file.

    Raises:
        InputError: Every problem of the file.
    """
    return api_calls.checked(document, file.operations, api=file.api)


def form(document: Document, *, file: PhaseFile) -> Document:
    """Take operations with their inputs, or the output of ``describe-*``.

    Raises:
        InputError: It is another form.
    """
    file.form.reject_others(document)
    reshaped = Reshaped(document)
    if {*file.bare} & {*document.data}:
        (operation,) = file.operations
        objects = document.objects
        origins = {f"{operation}[{n}]": Origin(entry, "") for n, entry in enumerate(objects)}
        data = {operation: [entry.data for entry in objects]}
        return replace(document, data=data, others=(), origins=origins)
    if not any(name in entry.data for entry in document.objects for name in file.printed):
        return document
    calls: dict[str, list[Any]] = {}
    for source in document.objects:
        reshaped.read_only |= source.data.keys() & set(file.form.beside)
        for name, value in source.data.items():
            if name in file.form.beside:
                continue
            items = value if isinstance(value, list) else [value]
            for index, item in enumerate(items):
                key = name if items is not value else f"{name}[{index}]"
                makers = _operations(item, name, file=file, reshaped=reshaped)
                for operation, content in makers if name in file.printed else ((name, item),):
                    inputs = calls.setdefault(operation, [])
                    if content in inputs and operation in _ONCE:
                        continue
                    reshaped.origins[f"{operation}[{len(inputs)}]"] = Origin(source, key)
                    inputs.append(content)
    targets = database.targets_of_proxy(calls)
    if targets:
        calls["RegisterDBProxyTargets"] = targets
        reshaped.origins["RegisterDBProxyTargets"] = reshaped.origins["CreateDBProxy[0]"]
    reshaped.read_only -= network.USED | database.USED | {"ValidationMethod"}
    reshaped.data.update(sorted(calls.items(), key=lambda call: _rank(call[0], file)))
    first = next(iter(file.printed.keys() & document.data.keys()), "")
    return reshaped.result(file.form.printed_by.get(first) or file.form.command)


def _rank(operation: str, file: PhaseFile) -> int:
    """Return the place of an operation in the order in which AWS takes them."""
    is_known = operation in file.operations
    return file.operations.index(operation) if is_known else len(file.operations)


def _operations(item: Any, name: str, *, file: PhaseFile, reshaped: Reshaped) -> Operations:
    """Go through the operations that make a printed thing, each with its input."""
    describe, *operations = file.printed[name]
    printed = output.printed_shape(file.api, describe, name)
    for operation in operations:
        shape = operation_shapes.input_shape(file.api, operation)
        content = reshaped.without_read_only(item, printed=printed, wanted=shape)
        content = _spelled(content, wanted=shape) if isinstance(content, dict) else content
        if isinstance(content, dict) and name in _MAKERS:
            yield from _MAKERS[name](item, content)
        elif operation == operations[0] or {*shape.required_members} <= {*content}:
            yield operation, content  # the second not of a log group without a retention period


def _certificate(printed: Mapping[str, Any], body: dict[str, Any]) -> Operations:
    """A domain for validation is of validation by mail only; an imported one is imported again."""
    if printed.get("Type") == "IMPORTED":
        yield "ImportCertificate", {"Certificate": "<base64>", "PrivateKey": "<base64>"}
        return
    options = printed.get("DomainValidationOptions") or [{}]
    method = options[0].get("ValidationMethod", "DNS")
    if method != "EMAIL":
        body.pop("DomainValidationOptions", None)
    yield "RequestCertificate", {**body, "ValidationMethod": method}


_MAKERS: Mapping[str, Maker] = {
    "Certificate": _certificate,
    **network.NETWORK,
    **database.DATABASE,
}
"""Field at the top of the output -> the maker of inputs, where these have other fields."""
_ONCE = ("CreateDBSubnetGroup",)
"""Operations that several printed things lead to."""


def _spelled(content: dict[str, Any], *, wanted: Any) -> dict[str, Any]:
    """Return an input with the values of its model: ACM prints RSA-2048 and takes RSA_2048."""

    def spell(name: str, value: Any) -> Any:
        values = getattr(wanted.members.get(name), "enum", ())
        other = str(value).replace("-", "_")
        return other if value not in values and other in values else value

    return {name: spell(name, value) for name, value in content.items()}
