"""The reference app's files as the AWS CLI prints the same resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

APP = Path(__file__).resolve().parents[3] / "app"
ACCOUNT = "876000000876"
ARN = f"arn:aws:%s:us-east-1:{ACCOUNT}:%s"
ELB = ARN % ("elasticloadbalancing", "%s/6d0ecf831eec9f09")
_PLAIN = "listener/app/tickets/6d0ecf831eec9f09/5c9e2a1f0b7d4e36"
CREATED = "2026-11-01T09:00:00.000000+00:00"


def text(*outputs: Mapping[str, Any]) -> str:
    """Print outputs one after another, as `>>` appends them."""
    return "".join(json.dumps(output, indent=4) + "\n" for output in outputs)


def content(name: str) -> dict[str, Any]:
    """Read a file of the reference app."""
    read: dict[str, Any] = json.loads((APP / name).read_text())
    return read


def task_definition(name: str) -> dict[str, Any]:
    """`aws ecs describe-task-definition`, which fills in empty lists and zeros."""
    raw = content(f"ecs/{name}.json")
    empty = {"cpu": 0, "portMappings": [], "mountPoints": [], "volumesFrom": []}
    containers = [
        {
            **empty,
            **container,
            "portMappings": [
                {**port, "hostPort": port["containerPort"]}
                for port in container.get("portMappings", [])
            ],
            "systemControls": [],
        }
        for container in raw["containerDefinitions"]
    ]
    return {
        "taskDefinition": {
            **raw,
            "containerDefinitions": containers,
            "taskDefinitionArn": ARN % ("ecs", f"task-definition/{raw['family']}:12"),
            "revision": 12,
            "volumes": [],
            "placementConstraints": [],
            "status": "ACTIVE",
            "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.ecr-auth"}],
            "compatibilities": ["EC2", "FARGATE"],
            "registeredAt": CREATED,
            "registeredBy": f"arn:aws:iam::{ACCOUNT}:root",
        },
        "tags": [],
    }


def services(*names: str) -> dict[str, Any]:
    """`aws ecs describe-services`."""
    return {"services": [_service(name) for name in names], "failures": []}


def _service(name: str) -> dict[str, Any]:
    raw = content(f"ecs/service-{name}.json")
    cluster = raw.pop("cluster")
    definition = ARN % ("ecs", f"task-definition/{raw['taskDefinition']}:12")
    return {
        "serviceArn": ARN % ("ecs", f"service/{cluster}/{raw['serviceName']}"),
        "clusterArn": ARN % ("ecs", f"cluster/{cluster}"),
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "runningCount": 2,
        "pendingCount": 0,
        "platformFamily": "Linux",
        **raw,
        "taskDefinition": definition,
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": definition}],
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/"
        "AWSServiceRoleForECS",
        "events": [{"id": "1", "createdAt": CREATED, "message": "has reached a steady state."}],
        "createdAt": CREATED,
        "placementConstraints": [],
        "placementStrategy": [],
        "healthCheckGracePeriodSeconds": raw.get("healthCheckGracePeriodSeconds", 0),
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": f"arn:aws:iam::{ACCOUNT}:root",
        "enableECSManagedTags": False,
        "propagateTags": "SERVICE",
    }


def load_balancers() -> dict[str, Any]:
    """`aws elbv2 describe-load-balancers`."""
    raw = content("ecs/load-balancer.json")["LoadBalancer"]
    zones = [
        {"ZoneName": f"us-east-1{letter}", "SubnetId": subnet, "LoadBalancerAddresses": []}
        for letter, subnet in zip("ab", raw.pop("Subnets"), strict=True)
    ]
    printed = {
        "LoadBalancerArn": ELB % "loadbalancer/app/tickets",
        "DNSName": "tickets-1.us-east-1.elb.amazonaws.com",
        "CanonicalHostedZoneId": "Z35SXDOTRQ7X7K",
        "CreatedTime": CREATED,
        "LoadBalancerName": raw.pop("Name"),
        "VpcId": "vpc-0a40c1e2f3b4a5000",
        "State": {"Code": "active"},
        "AvailabilityZones": zones,
        **raw,
    }
    return {"LoadBalancers": [printed]}


def listeners() -> dict[str, Any]:
    """`aws elbv2 describe-listeners`."""
    forward = {
        "Type": "forward",
        "TargetGroupArn": ELB % "targetgroup/tickets-web",
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": ELB % "targetgroup/tickets-web", "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    https = {
        "ListenerArn": ELB % "listener/app/tickets/6d0ecf831eec9f09",
        "LoadBalancerArn": ELB % "loadbalancer/app/tickets",
        "Port": 443,
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": ARN % ("acm", "certificate/1")}],
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "DefaultActions": [forward],
        "MutualAuthentication": {"Mode": "off"},
    }
    redirect = {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    plain = {
        "ListenerArn": ARN % ("elasticloadbalancing", _PLAIN),
        "LoadBalancerArn": ELB % "loadbalancer/app/tickets",
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "redirect", "Order": 1, "RedirectConfig": redirect}],
    }
    return {"Listeners": [https, plain]}


def attributes(name: str) -> dict[str, Any]:
    """`aws elbv2 describe-load-balancer-attributes`, or a target group's."""
    return {"Attributes": content(f"ecs/{name}.json")["Attributes"]}


def target_groups() -> dict[str, Any]:
    """`aws elbv2 describe-target-groups`."""
    raw = content("ecs/target-group.json")["TargetGroup"]
    printed = {
        "TargetGroupArn": ELB % "targetgroup/tickets-web",
        "TargetGroupName": raw.pop("Name"),
        **raw,
        "LoadBalancerArns": [ELB % "loadbalancer/app/tickets"],
        "IpAddressType": "ipv4",
    }
    return {"TargetGroups": [printed]}


def security_groups() -> dict[str, Any]:
    """`aws ec2 describe-security-groups`, with the VPC's own group beside the app's."""
    groups = content("network/security-groups.json")["SecurityGroups"]
    default = {
        **groups[0],
        "GroupId": "sg-0a40c1e2f3b4a5999",
        "GroupName": "default",
        "IpPermissions": [
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0a40c1e2f3b4a5999"}]}
        ],
    }
    empty: dict[str, Any] = {
        name: [] for name in ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds")
    }
    return {
        "SecurityGroups": [
            {
                **group,
                "OwnerId": ACCOUNT,
                "SecurityGroupArn": ARN % ("ec2", f"security-group/{group['GroupId']}"),
                "Tags": [{"Key": "Name", "Value": group["GroupName"]}],
                **{
                    field: [{**empty, **rule} for rule in group[field]]
                    for field in ("IpPermissions", "IpPermissionsEgress")
                },
            }
            for group in (*groups, default)
        ]
    }


def network() -> list[dict[str, Any]]:
    """`aws ec2 describe-*` of a VPC with a public and a private subnet."""
    vpc, tags = "vpc-0a40c1e2f3b4a5000", [{"Key": "Name", "Value": "tickets"}]
    of_aws = [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]
    local = {"DestinationCidrBlock": "10.40.0.0/16", "GatewayId": "local"}
    default = {"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active"}
    by_endpoint = {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}
    tables = {
        "rtb-0": [{"Main": True}],
        "rtb-1": [{"Main": False, "SubnetId": "subnet-1"}],
    }
    routes = {
        "rtb-0": [local, {**default, "NatGatewayId": "nat-1"}, by_endpoint],
        "rtb-1": [local, {**default, "GatewayId": "igw-1"}],
    }
    zone = {"AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1", "VpcId": vpc}
    address = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.9"}
    nat = {"SubnetId": "subnet-1", "VpcId": vpc, "ConnectivityType": "public"}
    endpoint = {"VpcId": vpc, "State": "available", "SubnetIds": [], "Groups": []}
    whole = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2008-10-17", "Statement": [whole]})
    return [
        {"Vpcs": [{"VpcId": vpc, "CidrBlock": "10.40.0.0/16", "Tags": [*tags, *of_aws]}]},
        {
            "Subnets": [
                {
                    **zone,
                    "SubnetId": f"subnet-{n}",
                    "CidrBlock": f"10.40.{n}.0/24",
                    "MapPublicIpOnLaunch": n == 1,
                }
                for n in (1, 2)
            ]
        },
        {
            "InternetGateways": [
                {
                    "InternetGatewayId": "igw-1",
                    "Attachments": [{"State": "available", "VpcId": vpc}],
                }
            ]
        },
        {
            "NatGateways": [
                {**nat, "NatGatewayId": "nat-0", "State": "deleted"},
                {**nat, "NatGatewayId": "nat-1", "NatGatewayAddresses": [address]},
            ]
        },
        {
            "RouteTables": [
                {
                    "RouteTableId": table,
                    "VpcId": vpc,
                    "Associations": places,
                    "Routes": routes[table],
                }
                for table, places in tables.items()
            ]
        },
        {
            "VpcEndpoints": [
                {
                    **endpoint,
                    "ServiceName": "com.amazonaws.us-east-1.s3",
                    "VpcEndpointType": "Gateway",
                    "PolicyDocument": policy,
                    "PrivateDnsEnabled": False,
                    "RouteTableIds": ["rtb-0"],
                },
                {
                    **endpoint,
                    "ServiceName": "com.amazonaws.us-east-1.logs",
                    "VpcEndpointType": "Interface",
                    "PrivateDnsEnabled": True,
                    "SubnetIds": ["subnet-2"],
                    "Groups": [{"GroupId": "sg-0a40c1e2f3b4a5105", "GroupName": "x"}],
                },
            ]
        },
    ]


def database() -> list[dict[str, Any]]:
    """`aws rds describe-*` of an Aurora cluster with one instance and RDS Proxy."""
    groups = [{"VpcSecurityGroupId": "sg-0a40c1e2f3b4a5104", "Status": "active"}]
    both = {
        "Engine": "aurora-mysql",
        "EngineVersion": "8.0.mysql_aurora.3.08.2",
        "MasterUsername": "admin",
        "BackupRetentionPeriod": 7,
        "StorageEncrypted": True,
        "DBClusterIdentifier": "tickets",
        "VpcSecurityGroups": groups,
        "TagList": [{"Key": "app", "Value": "tickets"}],
    }
    subnets = {
        "DBSubnetGroupName": "tickets",
        "DBSubnetGroupDescription": "private",
        "Subnets": [{"SubnetIdentifier": "subnet-2"}],
    }
    secret = {"SecretArn": "arn:aws:secretsmanager:us-east-1:876000000876:secret:rds!c-1-Ab3dE5"}
    (proxy,) = [content("aws/database.json")["CreateDBProxy"]]
    return [
        {
            "DBClusters": [
                {
                    **both,
                    "AllocatedStorage": 1,
                    "DatabaseName": "tickets",
                    "DBSubnetGroup": "tickets",
                    "DBClusterParameterGroup": "tickets",
                    "MasterUserSecret": {**secret, "KmsKeyId": "alias/aws/secretsmanager"},
                    "EnabledCloudwatchLogsExports": ["error"],
                    "IAMDatabaseAuthenticationEnabled": False,
                }
            ]
        },
        {
            "DBInstances": [
                {
                    **both,
                    "DBInstanceIdentifier": "tickets-1",
                    "DBInstanceClass": "db.r7g.large",
                    "AllocatedStorage": 1,
                    "PubliclyAccessible": False,
                    "DBSubnetGroup": subnets,
                    "DBParameterGroups": [{"DBParameterGroupName": "default.aurora-mysql8.0"}],
                    "PerformanceInsightsEnabled": True,
                    "PerformanceInsightsRetentionPeriod": 7,
                }
            ]
        },
        {"DBProxies": [{**proxy, "Status": "available", "Endpoint": "tickets.proxy-x"}]},
    ]


def rule() -> dict[str, Any]:
    """`aws events describe-rule`."""
    raw = content("aws/schedule.json")["PutRule"]
    return {
        **raw,
        "Arn": ARN % ("events", f"rule/{raw['Name']}"),
        "EventBusName": "default",
        "CreatedBy": ACCOUNT,
    }


def targets() -> dict[str, Any]:
    """`aws events list-targets-by-rule`, which has Input as text."""
    (target,) = content("aws/schedule.json")["PutTargets"]["Targets"]
    return {"Targets": [{**target, "Input": json.dumps(target["Input"])}]}


def queues() -> list[dict[str, Any]]:
    """`aws sqs get-queue-attributes` of each queue, the dead-letter queue last."""
    return [_queue(queue) for queue in reversed(content("aws/queues.json")["CreateQueue"])]


def _queue(create_queue: dict[str, Any]) -> dict[str, Any]:
    settings = dict(create_queue["Attributes"])
    if "RedrivePolicy" in settings:
        settings["RedrivePolicy"] = json.dumps(settings["RedrivePolicy"])
    printed = {
        "QueueArn": ARN % ("sqs", create_queue["QueueName"]),
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "CreatedTimestamp": "1761987600",
        "LastModifiedTimestamp": "1761987600",
        "DelaySeconds": "0",
        **settings,
    }
    return {"Attributes": printed}


def bucket() -> list[dict[str, Any]]:
    """`aws s3api get-*` of the bucket's settings, none of which names it."""
    calls = content("aws/bucket.json")
    return [
        {key: value for key, value in calls[operation].items() if key != "Bucket"}
        for operation in calls
        if operation != "CreateBucket"
    ]


def identity() -> dict[str, Any]:
    """`aws ses get-identity-verification-attributes`."""
    verified = {"VerificationStatus": "Success"}
    return {"VerificationAttributes": {"tickets@876events.example": verified}}


def role(name: str) -> list[dict[str, Any]]:
    """`aws iam get-role` and the commands that print its policies, with the API's trust policy."""
    raw = content(f"iam/{name}.json")
    trust = quote(json.dumps(raw["AssumeRolePolicyDocument"]))
    printed: dict[str, Any] = {
        "Path": "/",
        **{key: raw[key] for key in ("RoleName", "Description") if key in raw},
        "RoleId": "AROAEXAMPLEEXAMPLEEXA",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{raw['RoleName']}",
        "CreateDate": CREATED,
        "AssumeRolePolicyDocument": trust,
        "MaxSessionDuration": 3600,
        "RoleLastUsed": {"LastUsedDate": CREATED, "Region": "us-east-1"},
    }
    inline = [{"RoleName": raw["RoleName"], **policy} for policy in raw.get("Policies", [])]
    managed = [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        for arn in raw.get("ManagedPolicyArns", [])
    ]
    names = {"PolicyNames": [policy["PolicyName"] for policy in inline]}
    return [{"Role": printed}, names, *inline, {"AttachedPolicies": managed}]


def write(project: Path) -> None:
    """Replace every file of a copy of the reference app by the AWS CLI's output."""
    files: dict[str, list[dict[str, Any]]] = {
        "ecs/load-balancer.json": [load_balancers(), attributes("load-balancer"), listeners()],
        "ecs/target-group.json": [target_groups(), attributes("target-group")],
        "network/security-groups.json": [security_groups()],
        "aws/schedule.json": [rule(), targets()],
        "aws/queues.json": queues(),
        "aws/bucket.json": bucket(),
        "aws/identity.json": [identity()],
        **{f"ecs/{name}.json": [task_definition(name)] for name in ("web", "worker", "scheduler")},
        **{f"ecs/service-{name}.json": [services("worker", "web")] for name in ("web", "worker")},
        **{f"iam/{path.name}": role(path.stem) for path in (APP / "iam").glob("*.json")},
    }
    for name, outputs in files.items():
        (project / "app" / name).write_text(text(*outputs))
