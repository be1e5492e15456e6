"""The commands that remove again all that the phases make, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.phases import plan
from harness.phases.commands import line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.inputs.production import Production
    from harness.phases.calls import FileCall
    from harness.phases.phase import Phase

UNDO: Mapping[str, tuple[str, ...]] = {
    "CreateRole": ("iam delete-role --role-name {RoleName}",),
    "PutRolePolicy": ("iam delete-role-policy --role-name {RoleName} --policy-name {PolicyName}",),
    "AttachRolePolicy": ("iam detach-role-policy --role-name {RoleName} --policy-arn {PolicyArn}",),
    "CreateSecurityGroup": ("ec2 delete-security-group --group-id <id of {GroupName}>",),
    "CreateLoadBalancer": (
        "elbv2 delete-load-balancer --load-balancer-arn <ARN of {Name}>",
        "elbv2 wait load-balancers-deleted --load-balancer-arns <ARN of {Name}>",
    ),
    "CreateListener": (),
    "CreateTargetGroup": ("elbv2 delete-target-group --target-group-arn <ARN of {Name}>",),
    "RegisterTaskDefinition": (
        "ecs deregister-task-definition --task-definition {family}:<revision>",
    ),
    "CreateService": (
        "ecs delete-service --cluster {cluster} --service {serviceName} --force",
        "ecs wait services-inactive --cluster {cluster} --services {serviceName}",
    ),
    "CreateBucket": ("s3 rb s3://{Bucket} --force",),
    "CreateQueue": ("sqs delete-queue --queue-url <URL of {QueueName}>",),
    "VerifyEmailIdentity": ("ses delete-identity --identity {EmailAddress}",),
    "VerifyDomainIdentity": ("ses delete-identity --identity {Domain}",),
    "CreateConfigurationSet": ("ses delete-configuration-set --configuration-set-name <name>",),
    "PutRule": ("events delete-rule --name {Name}",),
    "PutTargets": ("events remove-targets --rule {Rule} --ids <its Id>",),
}
"""Operation that makes something -> commands of the AWS CLI that remove it; a load balancer takes
its listeners with it."""


def commands(production: Production, phases: Iterable[Phase]) -> list[str]:
    """Return the commands, the newest thing first."""
    found = [line(*_cluster(production)), *_secrets(production)]
    for phase in phases:
        for step in phase.steps:
            for call in plan.calls_for(step, production):
                found = [*_undone(call), *found]
    return found


def _cluster(production: Production) -> tuple[str, ...]:
    return ("aws", "ecs", "delete-cluster", "--cluster", production.config.cluster)


def _secrets(production: Production) -> Iterator[str]:
    for name in production.config.secrets:
        yield line("aws", "secretsmanager", "delete-secret", "--secret-id", name)


def _undone(call: FileCall) -> Iterator[str]:
    fields = {**call.given, **call.besides}
    for template in UNDO.get(call.operation, ()):
        words = [word.format_map(fields) for word in _words(template)]
        yield line("aws", *words)


def _words(template: str) -> Iterator[str]:
    """Split a template at spaces, but for those in a placeholder."""
    word = ""
    for character in template:
        if character == " " and word.count("<") == word.count(">"):
            yield word
            word = ""
        else:
            word += character
    yield word
