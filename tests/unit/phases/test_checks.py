"""Each check on an account as the files have it, and on one with one fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from harness.inputs import operation_shapes
from harness.inputs.files.schedule import LARAVELS
from harness.inputs.production import Production
from harness.phases.account import Account, iam_action
from harness.phases.phase import Check
from harness.target import naming, observer
from tests.unit.phases import contracts
from tests.unit.phases.contracts import HOST, NOW, Refused
from tests.unit.phases.examinations import CHECKS, answering, changed, result_of

WITHOUT_ACCOUNT = {name for name, check in CHECKS.items() if check.is_by_hand}


NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}


ONLY_LOCAL = {"secretsmanager:GetSecretValue"}


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_an_account_as_the_files_have_it_is_green(check: Check, files: Production) -> None:
    calls: list[tuple[str, str]] = []
    result = result_of(check, files, contracts.green(files), calls)
    if check.id in WITHOUT_ACCOUNT or set(check.reads) & ONLY_LOCAL:
        assert result.state == "not covered"
        assert result.key
    else:
        assert result.state == "green", (result.not_covered, result.findings)
    actions = {iam_action(service, operation) for service, operation in calls}
    assert actions <= set(check.reads), "reads names each call"
    assert actions or not check.reads or result.not_covered


def test_the_observers_policy_is_what_the_checks_read() -> None:
    reads = {action for check in CHECKS.values() for action in check.reads}
    assert reads - NEEDS_NO_RIGHT - ONLY_LOCAL <= set(observer.ACTIONS)


def test_each_answer_fits_botocores_model(files: Production) -> None:
    requests: dict[str, dict[str, Any]] = {
        "ecs DescribeTaskDefinition": {"taskDefinition": "x/tickets-web:7"},
        "ecs ListTasks": {},
        "elbv2 DescribeRules": {"ListenerArn": contracts.LISTENER},
        "ecs DescribeTasks": {"tasks": ["a/web0", "a/scheduler1"]},
        "sqs GetQueueUrl": {"QueueName": "tickets-jobs"},
        "sqs GetQueueAttributes": {"QueueUrl": "https://x/tickets-jobs"},
        "iam SimulatePrincipalPolicy": {"ActionNames": ["s3:GetObject"], "ResourceArns": ["*"]},
        "route53 ListHostedZonesByName": {"DNSName": "876events.example"},
    }
    for name, value in contracts.green(files).items():
        service, operation = name.split()
        answer = value(requests.get(name, {})) if callable(value) else value
        if isinstance(answer, Refused):
            continue
        problems = operation_shapes.answer_problems(answer, api=service, operation=operation)
        lacking = [problem for problem in problems if problem.message != "is missing"]
        assert not lacking, (name, lacking)


EMPTY = Refused("ResourceNotFoundException")


CHAIN = "SecurityGroups[2].IpPermissions[0]"


RED: list[tuple[str, str, str, Any, str]] = [
    ("0.logs-as-file", "logs DescribeLogGroups", "logGroups", [], "there is none"),
    (
        "0.logs-as-file",
        "logs DescribeLogGroups",
        "logGroups[0].retentionInDays",
        30,
        "retentionInDays is 30 there, and 90 in the file",
    ),
    (
        "2.database-as-file",
        "rds DescribeDBClusters",
        "DBClusters[0].EngineVersion",
        "5.7.mysql_aurora.2.11.2",
        "EngineVersion is '5.7.mysql_aurora.2.11.2'",
    ),
    (
        "2.database-as-file",
        "rds DescribeDBProxies",
        "DBProxies[0].IdleClientTimeout",
        60,
        "IdleClientTimeout is 60",
    ),
    (
        "3.registry-as-file",
        "ecr DescribeRepositories",
        "repositories[0].imageScanningConfiguration.scanOnPush",
        False,
        "scanOnPush is False",
    ),
    (
        "5.scaling-as-file",
        "application-autoscaling DescribeScalableTargets",
        "ScalableTargets",
        [],
        "there is none",
    ),
    (
        "5.scaling-as-file",
        "application-autoscaling DescribeScalingPolicies",
        "ScalingPolicies[0].TargetTrackingScalingPolicyConfiguration.TargetValue",
        90.0,
        "TargetValue is 90.0",
    ),
    ("0.secrets", "secretsmanager DescribeSecret", "", EMPTY, "there is none"),
    (
        "0.secrets",
        "secretsmanager DescribeSecret",
        "DeletedDate",
        NOW,
        "is to be deleted (DeletedDate",
    ),
    ("0.log-groups", "logs DescribeLogGroups", "logGroups", [], "there is none"),
    ("0.log-groups", "logs DescribeLogGroups", "logGroups[0].retentionInDays", None, "for ever"),
    ("0.exec", "ecs DescribeClusters", "clusters", [], "there is none"),
    ("0.quotas", "service-quotas GetServiceQuota", "Quota.Value", 1.0, "1 vCPU"),
    ("1.sg-chain", "ec2 DescribeSecurityGroups", f"{CHAIN}.FromPort", 0, "tcp 0 to 3306"),
    (
        "1.sg-chain",
        "ec2 DescribeSecurityGroups",
        f"{CHAIN}.IpRanges",
        [{"CidrIp": "10.0.0.0/8"}],
        "admits 10.0.0.0/8 on tcp 3306",
    ),
    ("1.certificate", "acm ListCertificates", "CertificateSummaryList", [], "there is none"),
    (
        "1.certificate",
        "acm DescribeCertificate",
        "Certificate.Status",
        "PENDING_VALIDATION",
        "is PENDING_VALIDATION",
    ),
    (
        "1.certificate",
        "acm DescribeCertificate",
        "Certificate.NotAfter",
        NOW + timedelta(days=9),
        "ends in 9 days",
    ),
    ("1.subnets", "ec2 DescribeSubnets", "", Refused("InvalidSubnetID.NotFound"), "there is none"),
    (
        "1.subnets",
        "ec2 DescribeSubnets",
        "Subnets[1].AvailabilityZone",
        "us-east-1a",
        "all in us-east-1a",
    ),
    ("1.subnets", "ec2 DescribeRouteTables", "RouteTables[0].Routes", [], "no visitor reaches"),
    (
        "1.subnets",
        "ec2 DescribeRouteTables",
        "RouteTables[1].Routes[0]",
        {"GatewayId": "igw-1"},
        "it is a public subnet",
    ),
    (
        "1.subnets",
        "ec2 DescribeRouteTables",
        "RouteTables[1].Routes",
        [],
        "no endpoint for ecr.api, ecr.dkr",
    ),
    ("2.proxy", "rds DescribeDBProxies", "", Refused("DBProxyNotFoundFault"), "there is none"),
    (
        "2.proxy",
        "rds DescribeDBProxies",
        "DBProxies[0].Status",
        "insufficient-resource-limits",
        "status insufficient-resource-limits",
    ),
    ("2.proxy", "rds DescribeDBProxies", "DBProxies[0].RequireTLS", False, "without TLS are taken"),
    ("2.proxy", "rds DescribeDBProxies", "DBProxies[0].Auth", [], "signs in with no secret"),
    (
        "2.proxy",
        "rds DescribeDBProxies",
        "DBProxies[0].Auth[0].SecretArn",
        "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-old-AbCdEf",
        "signs in with arn:aws:secretsmanager",
    ),
    ("2.proxy", "rds DescribeDBProxies", "DBProxies[0].VpcSecurityGroupIds", ["sg-1"], "has sg-1"),
    ("2.proxy", "rds DescribeDBProxies", "DBProxies[0].Endpoint", "other.proxy-x", "other.proxy-x"),
    ("2.proxy-targets", "rds DescribeDBProxyTargets", "Targets", [], "there is none"),
    (
        "2.proxy-targets",
        "rds DescribeDBProxyTargets",
        "Targets[1].TargetHealth",
        {"State": "UNAVAILABLE", "Reason": "AUTH_FAILURE", "Description": "wrong password"},
        "UNAVAILABLE, AUTH_FAILURE: wrong password",
    ),
    (
        "2.proxy-pool",
        "rds DescribeDBProxyTargetGroups",
        "TargetGroups[0].ConnectionPoolConfig.MaxConnectionsPercent",
        50,
        "50",
    ),
    ("2.aurora", "rds DescribeDBClusters", "", Refused("DBClusterNotFoundFault"), "there is none"),
    ("2.aurora", "rds DescribeDBClusters", "DBClusters[0].Status", "stopped", "stopped"),
    (
        "2.aurora",
        "rds DescribeDBClusters",
        "DBClusters[0].StorageEncrypted",
        False,
        "it is not encrypted",
    ),
    ("2.aurora", "rds DescribeDBClusters", "DBClusters[0].BackupRetentionPeriod", 1, "1 days"),
    ("2.aurora", "rds DescribeDBClusters", "DBClusters[0].DeletionProtection", False, "it is off"),
    (
        "2.aurora",
        "rds DescribeDBClusters",
        "DBClusters[0].VpcSecurityGroups",
        [{"VpcSecurityGroupId": "sg-1"}],
        "has sg-1",
    ),
    (
        "2.tls-required",
        "rds DescribeDBClusterParameters",
        "Parameters[0].ParameterValue",
        "OFF",
        "OFF",
    ),
    (
        "3.image",
        "ecr DescribeRepositories",
        "",
        Refused("RepositoryNotFoundException"),
        "there is none",
    ),
    (
        "3.image",
        "ecr DescribeRepositories",
        "repositories[0].imageTagMutability",
        "MUTABLE",
        "MUTABLE",
    ),
    ("3.image", "ecr DescribeImages", "", Refused("ImageNotFoundException"), "there is none"),
    (
        "3.image-runs",
        "ecr DescribeImages",
        "imageDetails[0].imageDigest",
        "sha256:other",
        contracts.DIGEST,
    ),
    (
        "3.scan-clean",
        "ecr DescribeImageScanFindings",
        "",
        Refused("ScanNotFoundException"),
        "there is none",
    ),
    ("3.scan-clean", "ecr DescribeImageScanFindings", "imageScanStatus.status", "FAILED", "FAILED"),
    (
        "3.scan-clean",
        "ecr DescribeImageScanFindings",
        "imageScanFindings.findingSeverityCounts",
        {"CRITICAL": 1, "HIGH": 2},
        "1 CRITICAL, 2 HIGH",
    ),
    (
        "4.listeners",
        "elbv2 DescribeLoadBalancers",
        "",
        Refused("LoadBalancerNotFound"),
        "there is none",
    ),
    ("4.listeners", "elbv2 DescribeListeners", "Listeners", [], "there is none"),
    (
        "4.listeners",
        "elbv2 DescribeSSLPolicies",
        "SslPolicies[0].SslProtocols",
        ["TLSv1", "TLSv1.2"],
        "takes TLSv1",
    ),
    (
        "4.listeners",
        "elbv2 DescribeListeners",
        "Listeners[1].DefaultActions[0]",
        {"Type": "forward"},
        "no redirect",
    ),
    (
        "4.rules",
        "elbv2 DescribeLoadBalancers",
        "",
        Refused("LoadBalancerNotFound"),
        "there is none",
    ),
    (
        "4.target-group",
        "elbv2 DescribeTargetGroups",
        "",
        Refused("TargetGroupNotFound"),
        "there is none",
    ),
    (
        "4.target-group",
        "elbv2 DescribeTargetGroups",
        "TargetGroups[0].HealthCheckPath",
        "/",
        "HealthCheckPath is '/'",
    ),
    (
        "4.target-group",
        "elbv2 DescribeTargetGroupAttributes",
        "Attributes[0].Value",
        "300",
        "is '300'",
    ),
    (
        "4.target-group",
        "elbv2 DescribeTargetGroups",
        "TargetGroups[0].LoadBalancerArns",
        [],
        "has none",
    ),
    (
        "4.targets-healthy",
        "elbv2 DescribeTargetHealth",
        "TargetHealthDescriptions[0].TargetHealth",
        {"State": "unhealthy", "Description": "Health checks failed with these codes: [500]"},
        "1; 10.40.10.5 unhealthy Health checks failed with these codes: [500]",
    ),
    (
        "4.targets-healthy",
        "elbv2 DescribeTargetHealth",
        "TargetHealthDescriptions[1].Target.AvailabilityZone",
        "us-east-1a",
        "all in us-east-1a",
    ),
    ("4.steady", "ecs DescribeServices", "services", [], "there is none"),
    (
        "4.steady",
        "ecs DescribeServices",
        "services[0].deployments[0].rolloutState",
        "IN_PROGRESS",
        "IN_PROGRESS; (service tickets-web)",
    ),
    ("4.steady", "ecs DescribeServices", "services[0].runningCount", 1, "1; (service tickets-web)"),
    (
        "4.breaker",
        "ecs DescribeServices",
        "services[0].deploymentConfiguration.deploymentCircuitBreaker.enable",
        False,
        "it is off",
    ),
    (
        "4.breaker",
        "ecs DescribeServices",
        "services[0].deploymentConfiguration.deploymentCircuitBreaker.rollback",
        False,
        "it is off",
    ),
    (
        "4.breaker",
        "ecs DescribeServices",
        "services[0].deploymentConfiguration.minimumHealthyPercent",
        50,
        "50",
    ),
    ("4.breaker", "ecs DescribeServices", "services[0].healthCheckGracePeriodSeconds", 0, "0 s"),
    (
        "4.as-file",
        "ecs DescribeServices",
        "services[0].enableExecuteCommand",
        False,
        "enableExecuteCommand is False",
    ),
    (
        "4.logs-clean",
        "logs FilterLogEvents",
        "events[0].message",
        "[2026-11-27 12:00:00] production.ERROR: no such table",
        "production.ERROR: no such table",
    ),
    (
        "4.logs-clean",
        "logs FilterLogEvents",
        "events[0].message",
        "PHP Fatal error: Allowed memory size",
        "PHP Fatal error",
    ),
    ("5.bucket", "s3 HeadBucket", "", Refused("404"), "there is none"),
    (
        "5.bucket",
        "s3 GetPublicAccessBlock",
        "PublicAccessBlockConfiguration.BlockPublicPolicy",
        False,
        "BlockPublicPolicy is False",
    ),
    (
        "5.bucket",
        "s3 GetBucketEncryption",
        "",
        Refused("ServerSideEncryptionConfigurationNotFoundError"),
        "is nothing there",
    ),
    (
        "5.queues",
        "sqs GetQueueUrl",
        "",
        Refused("AWS.SimpleQueueService.NonExistentQueue"),
        "there is none",
    ),
    (
        "5.worker",
        "ecs DescribeServices",
        "services[1].runningCount",
        0,
        "0; (service tickets-worker)",
    ),
    ("5.rule", "events DescribeRule", "", EMPTY, "there is none"),
    ("5.rule", "events DescribeRule", "State", "DISABLED", "State is 'DISABLED'"),
    (
        "5.rule",
        "events ListTargetsByRule",
        "Targets",
        [{"Id": "a", "Arn": "arn:aws:ecs:x"}, {"Id": "b", "Arn": "arn:aws:ecs:x"}],
        "2 targets",
    ),
    (
        "5.rule",
        "events ListTargetsByRule",
        "Targets[0].RetryPolicy.MaximumRetryAttempts",
        185,
        "is 185",
    ),
    (
        "5.rule",
        "events ListRuleNamesByTarget",
        "RuleNames",
        ["tickets-schedule", "old"],
        "runs the scheduler's task, too",
    ),
    (
        "5.ses-verified",
        "ses GetIdentityVerificationAttributes",
        "VerificationAttributes",
        {},
        "no identity",
    ),
    ("5.ses-account", "sesv2 GetAccount", "ProductionAccessEnabled", False, "the sandbox"),
    ("5.ses-account", "sesv2 GetAccount", "SendingEnabled", False, "it is off"),
    ("5.ses-account", "sesv2 GetAccount", "EnforcementStatus", "PROBATION", "PROBATION"),
    ("5.ses-account", "sesv2 GetAccount", "SendQuota.SentLast24Hours", 50000.0, "none left"),
    ("6.dns", "route53 ListResourceRecordSets", "ResourceRecordSets", [], "there is none"),
    (
        "6.dns",
        "route53 ListResourceRecordSets",
        "ResourceRecordSets[0]",
        {"Name": f"{HOST}.", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.7"}]},
        "192.0.2.7, TTL 300 s",
    ),
]


@pytest.mark.parametrize(
    ("check", "call", "path", "value", "actual"),
    RED,
    ids=[f"{case[0]} {case[1].split()[1]} {case[2] or 'absent'} {n}" for n, case in enumerate(RED)],
)
def test_a_fault_of_the_account_is_a_finding(
    check: str, call: str, path: str, value: Any, actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    fault = value if isinstance(value, Refused) else changed(answers[call], path, value)
    answers[call] = (lambda _: fault) if isinstance(fault, Refused) else fault
    result = result_of(CHECKS[check], files, answers)
    assert result.state == "red", (result.state, result.not_covered)
    assert any(actual in finding.actual for finding in result.findings), result.findings
    assert all(finding.remedy and finding.expected for finding in result.findings)
    if not isinstance(fault, Refused):
        service, operation = call.split()
        fits = operation_shapes.answer_problems(fault, api=service, operation=operation)
        assert not [problem for problem in fits if problem.message != "is missing"], (
            "AWS could answer so"
        )


def test_services_are_asked_for_in_tens(files: Production) -> None:
    answers, numbers = contracts.green(files), []
    describe = answers["ecs DescribeServices"]

    def answer(given: Mapping[str, Any]) -> Any:
        numbers.append(len(given["services"]))
        return describe(given) if callable(describe) else describe

    answers["ecs DescribeServices"] = answer
    access = naming.names_in(files)
    more = {f"extra-{number}": f"extra-{number}" for number in range(10)}
    access = replace(access, services={**access.services, **more})
    account = Account(files, access, contracts.client_of(answers, []), now=lambda: NOW)
    assert account.services()
    assert numbers == [10, 2]


def test_a_right_that_lacks_is_named_by_its_iam_action(files: Production) -> None:
    answers = {
        **contracts.green(files),
        "s3 GetBucketEncryption": answering(Refused("AccessDenied")),
    }
    result = result_of(CHECKS["5.bucket"], files, answers)
    assert result.state == "not covered"
    assert "may not call s3:GetEncryptionConfiguration" in result.not_covered


def test_a_further_schedule_is_compared_and_is_no_strangers(files: Production) -> None:
    laravels = files.schedules[LARAVELS]
    calls = [
        replace(call, input={**call.input, key: "tickets-nightly"})
        for call in laravels.rule.calls
        for key in ["Name" if "Name" in call.input else "Rule"]
    ]
    nightly = replace(laravels, rule=replace(laravels.rule, calls=tuple(calls)))
    documents = {
        f"schedules.nightly.{name}": files.documents[f"schedule.{name}"]
        for name in ("rule", "task_definition")
    }
    two = replace(
        files,
        schedules={**files.schedules, "schedules.nightly.rule": nightly},
        documents={**files.documents, **documents},
    )
    answers = contracts.green(two)
    rules = {schedule.name: dict(schedule.content) for schedule in two.schedules.values()}
    answers["events DescribeRule"] = lambda request: rules[request["Name"]]
    answers["events ListRuleNamesByTarget"] = {"RuleNames": [*rules]}
    assert result_of(CHECKS["5.rule"], two, answers).state == "green"
    rules["tickets-nightly"]["State"] = "DISABLED"
    (finding,) = result_of(CHECKS["5.rule"], two, answers).findings
    assert finding.thing == "rule tickets-nightly"
    assert finding.actual.startswith("State is 'DISABLED'")
