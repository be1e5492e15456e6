"""The commands that remove again all that the phases make, the newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.phases import plan
from harness.phases.shell import line
from harness.phases.value_commands import parameters, secrets

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
    "CreateRule": (),
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
    "CreateReceiptRule": (
        "ses delete-receipt-rule --rule-set-name {RuleSetName} --rule-name {Rule[Name]}",
    ),
    "CreateConfigurationSet": ("ses delete-configuration-set --configuration-set-name <name>",),
    "CreateSchedule": ("scheduler delete-schedule --name {Name} --group-name {GroupName}",),
    "CreateReplicationGroup": (
        "elasticache delete-replication-group --replication-group-id {ReplicationGroupId}",
    ),
    "CreateServerlessCache": (
        "elasticache delete-serverless-cache --serverless-cache-name {ServerlessCacheName}",
    ),
    "CreateCacheCluster": ("elasticache delete-cache-cluster --cache-cluster-id {CacheClusterId}",),
    "PutRule": ("events delete-rule --name {Name}",),
    "ImportCertificate": ("acm delete-certificate --certificate-arn <its ARN>",),
    "RequestCertificate": ("acm delete-certificate --certificate-arn <ARN of {DomainName}>",),
    "CreateVpc": ("ec2 delete-vpc --vpc-id <id of {CidrBlock}>",),
    "CreateSubnet": ("ec2 delete-subnet --subnet-id <id of {CidrBlock}>",),
    "CreateInternetGateway": ("ec2 delete-internet-gateway --internet-gateway-id <its id>",),
    "AttachInternetGateway": (
        "ec2 detach-internet-gateway --internet-gateway-id {InternetGatewayId} --vpc-id {VpcId}",
    ),
    "AllocateAddress": ("ec2 release-address --allocation-id <its id>",),
    "CreateNatGateway": ("ec2 delete-nat-gateway --nat-gateway-id <its id>",),
    "CreateRouteTable": ("ec2 delete-route-table --route-table-id <its id>",),
    "CreateRoute": (
        "ec2 delete-route --route-table-id {RouteTableId}"
        " --destination-cidr-block {DestinationCidrBlock}",
    ),
    "AssociateRouteTable": (
        "ec2 disassociate-route-table --association-id <id of {SubnetId} in {RouteTableId}>",
    ),
    "CreateVpcEndpoint": ("ec2 delete-vpc-endpoints --vpc-endpoint-ids <id of {ServiceName}>",),
    "CreateDBSubnetGroup": (
        "rds delete-db-subnet-group --db-subnet-group-name {DBSubnetGroupName}",
    ),
    "CreateDBClusterParameterGroup": (
        "rds delete-db-cluster-parameter-group"
        " --db-cluster-parameter-group-name {DBClusterParameterGroupName}",
    ),
    "CreateDBCluster": (
        "rds modify-db-cluster --db-cluster-identifier {DBClusterIdentifier}"
        " --no-deletion-protection",
        "rds delete-db-cluster --db-cluster-identifier {DBClusterIdentifier}"
        " --final-db-snapshot-identifier {DBClusterIdentifier}-final",
    ),
    "CreateDBInstance": ("rds delete-db-instance --db-instance-identifier {DBInstanceIdentifier}",),
    "CreateDBProxy": ("rds delete-db-proxy --db-proxy-name {DBProxyName}",),
    "RegisterDBProxyTargets": (),
    "CreateRepository": ("ecr delete-repository --repository-name {repositoryName} --force",),
    "CreateLogGroup": ("logs delete-log-group --log-group-name {logGroupName}",),
    "RegisterScalableTarget": (
        "application-autoscaling deregister-scalable-target --service-namespace {ServiceNamespace}"
        " --resource-id {ResourceId} --scalable-dimension {ScalableDimension}",
    ),
    "PutTargets": ("events remove-targets --rule {Rule} --ids <its Id>",),
}
"""Operation that makes something -> commands of the AWS CLI that remove it; a load balancer takes
its listeners with it, a proxy its targets."""


def commands(production: Production, phases: Iterable[Phase]) -> list[str]:
    """Return the commands, the newest thing first."""
    lines = [line(*_cluster(production)), *_secrets(production)]
    for phase in phases:
        for step in phase.steps:
            for call in plan.calls_for(step, production):
                lines = [*(() if call.aside else _undone(call)), *lines]
    return lines


def _cluster(production: Production) -> tuple[str, ...]:
    return ("aws", "ecs", "delete-cluster", "--cluster", production.config.cluster)


def _secrets(production: Production) -> Iterator[str]:
    for name in secrets(production):
        yield line("aws", "secretsmanager", "delete-secret", "--secret-id", name)
    for name in parameters(production):
        yield line("aws", "ssm", "delete-parameter", "--name", name)


def _undone(call: FileCall) -> Iterator[str]:
    fields = _Fields({"GroupName": "default", **call.input, **call.besides})
    for template in UNDO.get(call.operation, ()):
        # A placeholder is one word.
        words = re.findall(r"(?:<[^>]*>|[^ ])+", template)
        yield line("aws", *(word.format_map(fields) for word in words))


class _Fields(dict[str, Any]):
    """Fields of an input; one that it leaves out becomes a placeholder."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"
