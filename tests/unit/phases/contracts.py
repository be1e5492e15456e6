"""Answers of an account in which everything is as the reference app's files have it.

Each is written from AWS's API reference, and compared with botocore's model of the output. They
are replaced by recordings of a real account when there is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from boto3.session import Session

from harness.aws import elb_attributes
from harness.inputs.production import Production
from harness.target.clients.guard import Guard

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
ACCOUNT = "876000000876"
REGION = "us-east-1"
DIGEST = "sha256:" + "ab" * 32
BALANCER = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/tickets/50dc6c495c0c9188"
)
LISTENER = f"{BALANCER.replace(':loadbalancer/', ':listener/')}/f2f7dc8efc522ab2"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/tickets-web/6d0ecf831eec9f09"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0b8f3c52-6a1e-4d5c-9d1f-87600000e876"
HOST = "tickets.876events.example"
VPC = "vpc-0a40c1e2f3b4a5000"
Answer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Any]


class Refused:
    """Stands in an answer for an error with this code."""

    def __init__(self, code: str) -> None:
        self.code = code


class _Http:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


@cache
def _session() -> Session:
    """Return one session: it reads each service's model once."""
    return Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION)


def client_of(answers: Mapping[str, Answer], calls: list[tuple[str, str]]) -> Callable[[str], Any]:
    """Return a maker of boto3 clients that answer so, behind the guard of an observed account."""
    guard = Guard(sleep=lambda _: None)

    def make(service: str) -> Any:
        client = guard.attach(_session().client(cast("Any", service)))

        def answer(model: Any, params: Mapping[str, Any], **_: Any) -> Any:
            calls.append((service, model.name))
            value = answers[f"{service} {model.name}"]
            request = client_inputs[model.name]
            response = value(request) if callable(value) else value
            if isinstance(response, Refused):
                error = {"Code": response.code, "Message": "refused"}
                return _Http(400), {"Error": error, "ResponseMetadata": {}}
            return _Http(200), deepcopy(response)

        client_inputs: dict[str, Mapping[str, Any]] = {}

        def keep(params: Mapping[str, Any], model: Any, **_: Any) -> None:
            client_inputs[model.name] = dict(params)

        client.meta.events.register("before-parameter-build", keep)
        client.meta.events.register("before-call", answer)
        return client

    return make


def green(files: Production) -> dict[str, Answer]:
    """Return the answers, by service and operation."""
    return {
        **_readiness(files),
        **_network(files),
        **_database(files),
        **_image(files),
        **_scaling(files),
        **_ecs(files),
        **_load_balancing(files),
        **_background(files),
        **_switch(),
    }


def _readiness(files: Production) -> dict[str, Answer]:
    groups = [f"/ecs/tickets-{name}" for name in ("web", "worker", "scheduler")]
    return {
        "sts GetCallerIdentity": {
            "Account": ACCOUNT,
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/cutover-observer/me",
        },
        "secretsmanager DescribeSecret": {"Name": "tickets/db"},
        "secretsmanager GetSecretValue": {
            "SecretString": json.dumps({"username": "tickets", "password": "made-up-for-a-test"})
        },
        "logs DescribeLogGroups": {
            "logGroups": [{"logGroupName": name, "retentionInDays": 90} for name in groups]
        },
        "ssm DescribeParameters": {"Parameters": [{"Name": "/tickets/mail-key"}]},
        "s3 ListObjectsV2": {"Contents": [{"Key": "web.env"}]},
        "service-quotas GetServiceQuota": {"Quota": {"QuotaCode": "L-3032A538", "Value": 100.0}},
    }


def _network(files: Production) -> dict[str, Answer]:
    raw = files.documents["network.security_groups"].data["SecurityGroups"]
    subnets = [
        {
            "SubnetId": f"subnet-0a40c1e2f3b4a50{tier}{zone}",
            "AvailabilityZone": f"{REGION}{letter}",
            "VpcId": VPC,
        }
        for tier in (0, 1)
        for zone, letter in ((1, "a"), (2, "b"))
    ]
    return {
        "ec2 DescribeSecurityGroups": {"SecurityGroups": raw},
        "ec2 DescribeSubnets": {"Subnets": subnets},
        "ec2 DescribeRouteTables": {
            "RouteTables": [
                {
                    "Associations": [{"SubnetId": subnet["SubnetId"]} for subnet in subnets[:2]],
                    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}],
                },
                {
                    "Associations": [{"Main": True}],
                    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}],
                },
            ]
        },
        "ec2 DescribeVpcEndpoints": {"VpcEndpoints": []},
        "acm ListCertificates": {
            "CertificateSummaryList": [{"CertificateArn": CERTIFICATE, "DomainName": HOST}]
        },
        "acm DescribeCertificate": {
            "Certificate": {
                "CertificateArn": CERTIFICATE,
                "DomainName": HOST,
                "Status": "ISSUED",
                "NotAfter": NOW + timedelta(days=300),
                "RenewalEligibility": "ELIGIBLE",
            }
        },
    }


def _file(files: Production, name: str, operation: str) -> list[dict[str, Any]]:
    """Return the inputs of an operation in a file of [phases]."""
    inputs = files.documents[f"phases.{name}"].data[operation]
    return list(inputs) if isinstance(inputs, list) else [inputs]


def _scaling(files: Production) -> dict[str, Answer]:
    times = {"CreationTime": NOW, "PolicyARN": "arn:aws:autoscaling:x"}
    return {
        "application-autoscaling DescribeScalableTargets": {
            "ScalableTargets": _file(files, "scaling", "RegisterScalableTarget")
        },
        "application-autoscaling DescribeScalingPolicies": {
            "ScalingPolicies": [
                {**policy, **times} for policy in _file(files, "scaling", "PutScalingPolicy")
            ]
        },
    }


def _database(files: Production) -> dict[str, Answer]:
    def instances(given: Mapping[str, Any]) -> Any:
        names = ("DBInstanceIdentifier", "DBInstanceClass", "Engine", "PubliclyAccessible")
        inputs = _file(files, "database", "CreateDBInstance")
        identifier = given.get("DBInstanceIdentifier")
        return {
            "DBInstances": [
                {name: instance[name] for name in (*names, "DBClusterIdentifier")}
                for instance in inputs
                if identifier in (None, instance["DBInstanceIdentifier"])
            ]
        }

    (proxy,) = _file(files, "database", "CreateDBProxy")
    (cluster,) = _file(files, "database", "CreateDBCluster")
    fields = ("Engine", "EngineVersion", "DatabaseName", "MasterUsername")
    return {
        "rds DescribeDBProxies": {
            "DBProxies": [
                {
                    **{name: value for name, value in proxy.items() if name != "Tags"},
                    "Status": "available",
                    "Endpoint": "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com",
                }
            ]
        },
        "rds DescribeDBProxyTargets": {
            "Targets": [
                {"RdsResourceId": "tickets", "Type": "TRACKED_CLUSTER"},
                {
                    "RdsResourceId": "tickets-1",
                    "Type": "RDS_INSTANCE",
                    "TargetHealth": {"State": "AVAILABLE"},
                },
            ]
        },
        "rds DescribeDBProxyTargetGroups": {
            "TargetGroups": [
                {
                    "TargetGroupName": "default",
                    "ConnectionPoolConfig": {"MaxConnectionsPercent": 100},
                }
            ]
        },
        "rds DescribeDBClusters": {
            "DBClusters": [
                {
                    "DBClusterIdentifier": "tickets",
                    **{name: cluster[name] for name in fields},
                    "Status": "available",
                    "StorageEncrypted": True,
                    "BackupRetentionPeriod": 7,
                    "DeletionProtection": True,
                    "DBClusterParameterGroup": "tickets",
                    "VpcSecurityGroups": [
                        {"VpcSecurityGroupId": "sg-0a40c1e2f3b4a5104", "Status": "active"}
                    ],
                }
            ]
        },
        "rds DescribeDBInstances": instances,
        "rds DescribeDBClusterParameters": {
            "Parameters": [{"ParameterName": "require_secure_transport", "ParameterValue": "ON"}]
        },
    }


def _image(files: Production) -> dict[str, Answer]:
    return {
        "ecr DescribeRepositories": {"repositories": _file(files, "registry", "CreateRepository")},
        "ecr DescribeImages": {
            "imageDetails": [{"imageDigest": DIGEST, "imageTags": ["2026.11.0"]}]
        },
        "ecr DescribeImageScanFindings": {
            "imageScanStatus": {"status": "COMPLETE"},
            "imageScanFindings": {"findingSeverityCounts": {"LOW": 3}},
        },
    }


def _ecs(files: Production) -> dict[str, Answer]:
    definitions = {
        task_definition.family: task_definition.raw for task_definition in files.definitions
    }
    services = [
        {
            **{key: value for key, value in service.create.items() if key != "cluster"},
            "status": "ACTIVE",
            "taskDefinition": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{service.name}:7",
            "runningCount": 2,
            "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
            "events": [{"message": f"(service {service.name}) has reached a steady state."}],
        }
        for service in files.services.values()
    ]

    def definition(given: Mapping[str, Any]) -> Any:
        family = given["taskDefinition"].rpartition("/")[2].partition(":")[0]
        return {"taskDefinition": {**definitions[family], "revision": 7}}

    def tasks(given: Mapping[str, Any]) -> Any:
        names = ["scheduler"] if given.get("family") == "tickets-scheduler" else ["web"]
        if given.get("desiredStatus") == "RUNNING":
            return {"taskArns": []}
        count = 5 if names == ["scheduler"] else 1
        arns = [f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/tickets/{names[0]}{n}" for n in range(count)]
        return {"taskArns": arns}

    def describe_tasks(given: Mapping[str, Any]) -> Any:
        return {"tasks": [_task(arn, files) for arn in given["tasks"]]}

    return {
        "ecs DescribeClusters": {"clusters": [{"clusterName": "tickets", "status": "ACTIVE"}]},
        "ecs DescribeServices": {"services": services, "failures": []},
        "ecs DescribeTaskDefinition": definition,
        "ecs ListTasks": tasks,
        "ecs DescribeTasks": describe_tasks,
    }


def _task(arn: str, files: Production) -> dict[str, Any]:
    container = {"name": "app", "image": files.app_image, "imageDigest": DIGEST}
    if "scheduler" in arn:
        minutes = int(arn[-1])
        return {
            "taskArn": arn,
            "lastStatus": "STOPPED",
            "startedBy": "events-rule/tickets-schedule",
            "createdAt": NOW - timedelta(minutes=minutes, seconds=20),
            "containers": [{**container, "exitCode": 0}],
        }
    agents = [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}]
    return {
        "taskArn": arn,
        "lastStatus": "RUNNING",
        "enableExecuteCommand": True,
        "createdAt": NOW - timedelta(hours=1),
        "containers": [{**container, "managedAgents": agents}],
    }


def _load_balancing(files: Production) -> dict[str, Answer]:
    group = dict(files.target_group["TargetGroup"])
    group["TargetGroupName"] = group.pop("Name")
    healthy = [
        {
            "Target": {"Id": f"10.40.1{n}.5", "Port": 8080, "AvailabilityZone": f"{REGION}{zone}"},
            "TargetHealth": {"State": "healthy"},
        }
        for n, zone in enumerate("ab")
    ]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    balancer = files.load_balancer["LoadBalancer"]
    return {
        "elbv2 DescribeLoadBalancers": {
            "LoadBalancers": [
                {
                    "LoadBalancerArn": BALANCER,
                    "LoadBalancerName": "tickets",
                    "DNSName": "tickets-876.us-east-1.elb.amazonaws.com",
                    **{name: balancer[name] for name in ("Type", "Scheme", "IpAddressType")},
                    "SecurityGroups": balancer["SecurityGroups"],
                    "AvailabilityZones": [
                        {"ZoneName": f"{REGION}{zone}", "SubnetId": subnet}
                        for zone, subnet in zip("ab", balancer["Subnets"], strict=True)
                    ],
                }
            ]
        },
        "elbv2 DescribeLoadBalancerAttributes": {
            "Attributes": _attributes(files.load_balancer, elb_attributes.BALANCER)
        },
        "elbv2 DescribeListeners": {
            "Listeners": [
                {
                    "ListenerArn": LISTENER,
                    "Port": 443,
                    "Protocol": "HTTPS",
                    "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                    "Certificates": [{"CertificateArn": CERTIFICATE}],
                    "DefaultActions": files.load_balancer["Listeners"][0]["DefaultActions"],
                },
                {
                    "ListenerArn": f"{LISTENER}0",
                    "Port": 80,
                    "Protocol": "HTTP",
                    "DefaultActions": [{"Type": "redirect", "RedirectConfig": redirect}],
                },
            ]
        },
        "elbv2 DescribeRules": lambda request: {
            "Rules": [
                *(_rules(files) if request["ListenerArn"] == LISTENER else ()),
                {"Priority": "default", "IsDefault": True},
            ]
        },
        "elbv2 DescribeSSLPolicies": {"SslPolicies": [{"SslProtocols": ["TLSv1.2", "TLSv1.3"]}]},
        "elbv2 DescribeTargetGroups": {
            "TargetGroups": [{**group, "TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER]}]
        },
        "elbv2 DescribeTargetGroupAttributes": {
            "Attributes": _attributes(files.target_group, elb_attributes.GROUP)
        },
        "elbv2 DescribeTargetHealth": {"TargetHealthDescriptions": healthy},
        "logs FilterLogEvents": {"events": [{"message": "GET /healthz 200"}]},
    }


def _attributes(file: Mapping[str, Any], defaults: Mapping[str, str]) -> list[dict[str, str]]:
    """Return ELB's attributes, in an order of its own; botocore's model has no room for logs."""
    usual = {key: value for key, value in defaults.items() if "_logs." not in key}
    attributes = {
        **usual,
        **{attribute["Key"]: attribute["Value"] for attribute in file["Attributes"]},
    }
    return [{"Key": key, "Value": value} for key, value in attributes.items()]


def _rules(files: Production) -> list[dict[str, Any]]:
    return [
        {
            "RuleArn": f"{LISTENER.replace(':listener/', ':listener-rule/')}/9683b2d02a6cabee",
            "Priority": str(rule["Priority"]),
            "Conditions": [
                {**condition, "Values": condition["HostHeaderConfig"]["Values"]}
                for condition in rule["Conditions"]
            ],
            "Actions": rule["Actions"],
            "IsDefault": False,
        }
        for rule in files.load_balancer["Rules"]
    ]


def _background(files: Production) -> dict[str, Answer]:
    bucket = {call.operation: call.input for call in files.resources["bucket"].calls}
    inputs = files.resources["queues"].inputs_of("CreateQueue")
    queues = {queue["QueueName"]: queue["Attributes"] for queue in inputs}
    schedule = files.schedule
    assert schedule is not None
    parameters = dict(schedule.target["EcsParameters"])
    parameters["TaskDefinitionArn"] += ":7"
    target = {
        **schedule.target,
        "EcsParameters": parameters,
        "Input": json.dumps(schedule.target["Input"]),
    }

    def attributes(given: Mapping[str, Any]) -> Any:
        defaults = {"DelaySeconds": "0", "VisibilityTimeout": "30"}
        settings = {**defaults, **queues[given["QueueUrl"].rpartition("/")[2]]}
        if "RedrivePolicy" in settings:
            settings["RedrivePolicy"] = json.dumps(settings["RedrivePolicy"])
        return {"Attributes": {**settings, "ApproximateNumberOfMessages": "0"}}

    def url(given: Mapping[str, Any]) -> Any:
        return {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{given['QueueName']}"}

    def metric(given: Mapping[str, Any]) -> Any:
        return {"MetricDataResults": [{"Id": "value", "Values": [3.0]}]}

    def decisions(given: Mapping[str, Any]) -> Any:
        decision = "implicitDeny" if "iam:CreateUser" in given["ActionNames"] else "allowed"
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision}
            for action in given["ActionNames"]
            for resource in given["ResourceArns"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    documents = {
        iam_role.name: iam_role.raw["AssumeRolePolicyDocument"] for iam_role in files.roles
    }

    def role(given: Mapping[str, Any]) -> Any:
        name = given.get("RoleName", "tickets-web-task")
        return {"Role": {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(documents[name])}}

    return {
        "iam GetRole": role,
        "s3 HeadBucket": {},
        "s3 GetPublicAccessBlock": _without_name(bucket["PutPublicAccessBlock"]),
        "s3 GetBucketOwnershipControls": _without_name(bucket["PutBucketOwnershipControls"]),
        "s3 GetBucketEncryption": _without_name(bucket["PutBucketEncryption"]),
        "s3 GetBucketVersioning": {},
        "s3 GetBucketCors": lambda _: Refused("NoSuchCORSConfiguration"),
        "s3 GetBucketLifecycleConfiguration": lambda _: Refused("NoSuchLifecycleConfiguration"),
        "s3 GetBucketPolicy": lambda _: Refused("NoSuchBucketPolicy"),
        "sqs GetQueueUrl": url,
        "sqs GetQueueAttributes": attributes,
        "cloudwatch GetMetricData": metric,
        "events DescribeRule": dict(schedule.content),
        "events ListTargetsByRule": {"Targets": [target]},
        "events ListRuleNamesByTarget": {"RuleNames": ["tickets-schedule"]},
        "ses GetIdentityVerificationAttributes": {
            "VerificationAttributes": {
                "tickets@876events.example": {"VerificationStatus": "Success"}
            }
        },
        "sesv2 GetAccount": {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50000.0, "SentLast24Hours": 12.0},
        },
        "sesv2 GetEmailIdentity": {"DkimAttributes": {"Status": "SUCCESS"}},
        "iam SimulatePrincipalPolicy": decisions,
    }


def _without_name(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != "Bucket"}


def _switch() -> dict[str, Answer]:
    def zones(given: Mapping[str, Any]) -> Any:
        zone = {"Id": "/hostedzone/Z1", "Name": "876events.example.", "CallerReference": "1"}
        return {
            "HostedZones": [zone] if given["DNSName"] == "876events.example" else [],
            "IsTruncated": False,
            "MaxItems": "100",
        }

    alias = {
        "HostedZoneId": "Z35SXDOTRQ7X7K",
        "DNSName": "dualstack.tickets-876.us-east-1.elb.amazonaws.com.",
        "EvaluateTargetHealth": False,
    }
    return {
        "route53 ListHostedZonesByName": zones,
        "route53 ListResourceRecordSets": {
            "ResourceRecordSets": [{"Name": f"{HOST}.", "Type": "A", "AliasTarget": alias}],
            "IsTruncated": False,
            "MaxItems": "300",
        },
    }
