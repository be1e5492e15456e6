"""The AWS CLI's output as inputs: `describe-*` and `get-*` print an operation's input, and more.

Fields that botocore's model of the output has, and that of the input has not, are read-only and
left out. A file that is an operation's input is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.inputs import operation_shapes, templates
from harness.inputs.document import Document, Origin
from harness.inputs.problem import InputError, Problem, closest, type_of

PRINTED_BY: Mapping[str, str] = {
    "taskDefinition": "aws ecs describe-task-definition",
    "taskDefinitionArns": "aws ecs list-task-definitions",
    "services": "aws ecs describe-services",
    "serviceArns": "aws ecs list-services",
    "clusters": "aws ecs describe-clusters",
    "tasks": "aws ecs describe-tasks",
    "LoadBalancers": "aws elbv2 describe-load-balancers",
    "Listeners": "aws elbv2 describe-listeners",
    "TargetGroups": "aws elbv2 describe-target-groups",
    "TargetHealthDescriptions": "aws elbv2 describe-target-health",
    "SecurityGroups": "aws ec2 describe-security-groups",
    "SecurityGroupRules": "aws ec2 describe-security-group-rules",
    "Vpcs": "aws ec2 describe-vpcs",
    "Subnets": "aws ec2 describe-subnets",
    "Targets": "aws events list-targets-by-rule",
    "RuleNames": "aws events list-rule-names-by-target",
    "QueueUrl": "aws sqs get-queue-url",
    "QueueUrls": "aws sqs list-queues",
    "Buckets": "aws s3api list-buckets",
    "Role": "aws iam get-role",
    "Roles": "aws iam list-roles",
    "AttachedPolicies": "aws iam list-attached-role-policies",
    "PolicyNames": "aws iam list-role-policies",
    "PolicyVersion": "aws iam get-policy-version",
    "VerificationAttributes": "aws ses get-identity-verification-attributes",
    "EmailIdentities": "aws sesv2 list-email-identities",
    "VerifiedForSendingStatus": "aws sesv2 get-email-identity",
    "ReplicationGroups": "aws elasticache describe-replication-groups",
    "ServerlessCaches": "aws elasticache describe-serverless-caches",
    "CacheClusters": "aws elasticache describe-cache-clusters",
    "RoleDetailList": "aws iam get-account-authorization-details",
    "Schedules": "aws scheduler list-schedules",
    "Distribution": "aws cloudfront get-distribution",
    "DistributionConfig": "aws cloudfront get-distribution-config",
    "DistributionList": "aws cloudfront list-distributions",
    "WebACL": "aws wafv2 get-web-acl",
    "FileSystems": "aws efs describe-file-systems",
    "HostedZones": "aws route53 list-hosted-zones",
    "SecretList": "aws secretsmanager list-secrets",
    "Parameters": "aws ssm describe-parameters` or `aws rds describe-db-cluster-parameters",
    "ResourceRecordSets": "aws route53 list-resource-record-sets",
    "StackResources": "aws cloudformation describe-stack-resources",
    "TemplateBody": "aws cloudformation get-template",
    "terraform_version": "terraform show -json",
    "sensitive_values": "terraform show -json",
    "provider_name": "terraform show -json",
}
"""A field at the top of the AWS CLI's output -> the command."""
INPUT_OF: Mapping[str, str] = {
    "containerDefinitions": "RegisterTaskDefinition",
    "serviceName": "CreateService",
    "LoadBalancer": "CreateLoadBalancer",
    "TargetGroup": "CreateTargetGroup",
    "CreateQueue": "CreateQueue",
    "CreateBucket": "CreateBucket",
    "PutRule": "PutRule",
    "EmailIdentity": "CreateEmailIdentity",
    "CreateSchedule": "CreateSchedule",
    "CreateReplicationGroup": "CreateReplicationGroup",
    "CreateServerlessCache": "CreateServerlessCache",
    "CreateCacheCluster": "CreateCacheCluster",
    "AssumeRolePolicyDocument": "CreateRole",
}
"""A field at the top of an input file -> the operation."""


_SPELLINGS = {"Terraform": re.compile(r"[a-z]_[a-z]"), "CloudFormation": re.compile(r"^[A-Z]")}
"""Tool -> a sign of its own spelling of an input's fields."""
UNREAD = "unread.invalid"
"""The name that a resource gets where the file that has it cannot be read."""
NEXT_PAGE = ("nextToken", "NextToken", "Marker", "NextMarker")
"""Fields of output that name the next page of a list."""
_SHOWN = 6
"""Fields of an object of another form that a message lists."""
_OBJECTS = ("list", "map", "structure")
_APIS = {"s3api": "s3"}
"""Name of a service in the AWS CLI -> in botocore, where the two differ."""


@dataclass(frozen=True)
class Form:
    """The form of one type of file: the fields that it may have at its top."""

    noun: str
    """Such as ``a task definition``."""
    command: str
    """The AWS CLI's command that prints it."""
    fields: tuple[str, ...]
    """Fields of ``PRINTED_BY`` and ``INPUT_OF`` that belong to it."""
    beside: tuple[str, ...] = ()
    """Fields of output that may stand beside it, and is not used."""
    printed_by: Mapping[str, str] = field(default_factory=dict)
    """A field of its output -> the command, where PRINTED_BY has another or none."""
    is_named: bool = False
    """Whether an input of this form, too, has one of the fields."""

    def reject_others(self, document: Document) -> None:
        """Reject an object that is of another form.

        Raises:
            InputError: There is one.
        """
        for source in document.objects:
            source.reject(
                [*self._of_other(source), *self._of_types(source), *self._of_pages(source)]
            )

    @property
    def _source(self) -> str:
        of_input = f"the input of {self.fields[0]}"
        return f"what `{self.command}` prints" if self.command else of_input

    def _of_types(self, document: Document) -> Iterator[Problem]:
        """Find values that no command prints so: somebody may have cut the file by hand."""
        commands = {**PRINTED_BY, **self.printed_by}
        name = next(
            (
                field_name
                for field_name in document.data
                if field_name in self.fields and field_name in commands
            ),
            "",
        )
        if name:
            _, service, command = commands[name].split()[:3]
            api = _APIS.get(service, service)
            operation = operation_shapes.operation_of(api, command)
            shape = operation_shapes.output_shape(api, operation)
            for key, value in document.data.items():
                if value is None and getattr(shape.members.get(key), "type_name", "") in _OBJECTS:
                    yield Problem(key, "is null, which no command prints", "print it again")
            yield from operation_shapes.type_problems(document.data, shape=shape, key="")

    def _of_pages(self, document: Document) -> Iterator[Problem]:
        """Find output that is the first page of a list, without its other pages."""
        for name in NEXT_PAGE:
            if name not in self.beside and document.data.get(name):
                hint = "print it again without --max-items and --no-paginate"
                yield Problem(name, "says that there is more: this is the first page", hint)

    def _of_spelling(self, document: Document) -> Iterator[Problem]:
        """Find fields as templates spell them: of a whole file, and not of one by mistake."""
        plain = {_plain(name): name for name in self.fields}
        for tool, sign in _SPELLINGS.items():
            for name in document.data:
                own_name = plain.get(_plain(name), name)
                if own_name != name and sign.search(name):
                    message = f'is "{own_name}" as {tool} spells it, and {self.noun} is expected'
                    yield Problem(name, message, f"put there {self._source}")
                    return

    def _of_other(self, document: Document) -> Iterator[Problem]:
        if spelled := list(self._of_spelling(document)):
            yield from spelled
            return
        if any(name in document.data for name in (*self.fields, *self.beside)):
            return
        if document.start and not document.data:
            return  # nothing was set
        for names, text in ((PRINTED_BY, "`{}` prints"), (INPUT_OF, "{} takes")):
            for name in names:
                if name in document.data:
                    message = f"is what {text.format(names[name])}, and {self.noun} is expected"
                    hint = f"put there {self._source}, or correct the path"
                    yield Problem(name, message, hint)
                    return
        if kind := templates.kind_of(document.text):
            yield Problem(
                "", f"is {kind.words}, and {self.noun} is expected", f"put there {self._source}"
            )
        elif (
            self.is_named
            and document.data
            and not any(closest(name, self.fields) for name in document.data)
        ):
            fields = [*document.data]
            more = f" and {len(fields) - _SHOWN} more" if len(fields) > _SHOWN else ""
            message = f"is not {self.noun}: it has {', '.join(fields[:_SHOWN])}{more}"
            yield Problem("", message, f"put there {self._source}")
        elif document.start:
            message = (
                f"holds an object with {', '.join(document.data)}, which is no part of {self.noun}"
            )
            yield Problem("", message, f"known here: {', '.join(self.fields)}")


@dataclass
class Reshaped:
    """An input that is put together from the AWS CLI's output."""

    document: Document
    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)
    """Names of fields that were left out."""
    problems: list[tuple[Document, Problem]] = field(default_factory=list)

    def reject(self, source: Document, key: str, message: str, hint: str) -> None:
        """Note a problem of an object of the file."""
        self.problems.append((source, Problem(key, message, hint)))

    def put(self, key: str, value: Any, *, source: Document, at: str) -> None:
        """Set a key at the top of the input, and its place in the file."""
        self.data[key] = value
        self.origins[key] = Origin(source, at)

    def fill(self, content: dict[str, Any], *, at: str) -> None:
        """Set the whole input, and its place in the file's first object."""
        self.data.update(content)
        self.origins[""] = Origin(self.document, at)

    def result(self, command: str) -> Document:
        """Return the input as a document.

        Args:
            command: The command that printed it.

        Raises:
            InputError: Problems were noted.
        """
        problems: list[Problem] = []
        for source, problem in self.problems:
            try:
                source.reject([problem])
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(problems)
        without = f"; not used: {', '.join(sorted(self.read_only))}" if self.read_only else ""
        note = f"{self.document.path}: taken as `{command}` prints it{without}"
        return replace(self.document, data=self.data, others=(), origins=self.origins, note=note)

    def without_read_only(self, value: Any, *, printed: Any, wanted: Any) -> Any:
        """Leave out fields that are null, or that only the shape printed has."""
        if isinstance(value, dict) and printed.type_name == "structure" == wanted.type_name:
            extra = {
                name for name in value if name in printed.members and name not in wanted.members
            }
            self.read_only |= extra
            return {
                name: self.without_read_only(
                    item,
                    printed=printed.members.get(name, _NO_SHAPE),
                    wanted=wanted.members.get(name, _NO_SHAPE),
                )
                for name, item in value.items()
                if name not in extra and item is not None
            }
        if isinstance(value, list) and printed.type_name == "list" == wanted.type_name:
            member = {"printed": printed.member, "wanted": wanted.member}
            return [self.without_read_only(item, **member) for item in value]
        return value


def without_nulls(value: Any) -> Any:
    """Return a value without the fields that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


class _NoShape:
    """Shape of a field that botocore does not know."""

    type_name = ""


_NO_SHAPE = _NoShape()


def printed_shape(api: str, operation: str, name: str) -> Any:
    """Return the shape of a structure in an operation's output, or of the items of a list."""
    shape = operation_shapes.output_shape(api, operation).members[name]
    return shape.member if shape.type_name == "list" else shape


def below(key: str, name: str) -> str:
    """Return the path of a field below a key, which may be empty."""
    return f"{key}.{name}".removeprefix(".")


def only(source: Document, name: str, *, hint: str) -> tuple[Any, str]:
    """Return the one item of a list in an object, and its key.

    Raises:
        InputError: The list has none, or several.
    """
    items = source.data[name]
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        state = f"has {len(items)} items" if isinstance(items, list) else f"is {type_of(items)}"
        source.reject([Problem(name, f"{state}, and one is expected", hint)])
    return items[0], f"{name}[0]"


def reject_several(document: Document, *, hint: str) -> None:
    """Reject a second object.

    Raises:
        InputError: There is one.
    """
    for source in document.others:
        message = f"holds {len(document.objects)} JSON objects, and one is expected"
        source.reject([Problem("", message, hint)])


def sorted_by_need(names: Sequence[str], needs: Mapping[str, str]) -> list[str]:
    """Sort names so that each comes after the one that it needs."""
    ordered: list[str] = []
    for name in names:
        chain = [name]
        while needs.get(chain[-1]) in names and needs[chain[-1]] not in chain:
            chain.append(needs[chain[-1]])
        ordered += [link for link in reversed(chain) if link not in ordered]
    return ordered
