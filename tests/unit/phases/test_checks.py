"""Each check on an account as the files have it, and on one with one fault."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from harness.core.errors import UnsafeTarget
from harness.inputs import operation_shapes
from harness.inputs.checks import trusted_proxies
from harness.inputs.production import Production
from harness.phases import examination
from harness.phases.account import Account, iam_action
from harness.phases.catalog import PHASES
from harness.phases.checks import roles
from harness.phases.checks.agreement import contradictions
from harness.phases.phase import Check, Result
from harness.target import naming, observer
from tests.unit.phases import contracts
from tests.unit.phases.contracts import HOST, NOW, Refused

CHECKS = {check.id: check for phase in PHASES for check in phase.checks}
WITHOUT_ACCOUNT = {name for name, check in CHECKS.items() if check.is_by_hand}
NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
ONLY_LOCAL = {"secretsmanager:GetSecretValue"}


def result_of(
    check: Check,
    files: Production,
    answers: Mapping[str, Any],
    calls: list[tuple[str, str]] | None = None,
) -> Result:
    client = contracts.client_of(answers, [] if calls is None else calls)
    account = Account(files, naming.names_in(files), client, now=lambda: NOW)
    (result,) = examination.examine([check], account, files_only=False)
    return result


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_an_account_as_the_files_have_it_is_green(check: Check, files: Production) -> None:
    calls: list[tuple[str, str]] = []
    result = result_of(check, files, contracts.green(files), calls)
    if check.id in WITHOUT_ACCOUNT or set(check.reads) & ONLY_LOCAL:
        assert result.state == "not covered"
        assert result.key
    else:
        assert result.state == "green", (result.not_covered, result.findings)
    made = {iam_action(service, operation) for service, operation in calls}
    assert made <= set(check.reads), "reads names each call"
    assert made or not check.reads or result.not_covered


def test_the_observers_policy_is_what_the_checks_read() -> None:
    reads = {action for check in CHECKS.values() for action in check.reads}
    assert reads - NEEDS_NO_RIGHT - ONLY_LOCAL <= set(observer.ACTIONS)


def test_each_answer_fits_botocores_model(files: Production) -> None:
    given: dict[str, dict[str, Any]] = {
        "ecs DescribeTaskDefinition": {"taskDefinition": "x/tickets-web:7"},
        "ecs ListTasks": {},
        "elbv2 DescribeRules": {"ListenerArn": contracts.LISTENER},
        "ecs DescribeTasks": {"tasks": ["a/web0", "a/scheduler1"]},
        "sqs GetQueueUrl": {"QueueName": "tickets-jobs"},
        "sqs GetQueueAttributes": {"QueueUrl": "https://x/tickets-jobs"},
        "iam SimulatePrincipalPolicy": {"ActionNames": ["s3:GetObject"], "ResourceArns": ["*"]},
        "route53 ListHostedZonesByName": {"DNSName": "876events.example"},
        "cloudwatch GetMetricData": {},
        "rds DescribeDBInstances": {},
    }
    for name, value in contracts.green(files).items():
        service, operation = name.split()
        answer = value(given[name]) if callable(value) else value
        problems = operation_shapes.answer_problems(answer, api=service, operation=operation)
        lacking = [one for one in problems if one.message != "is missing"]
        assert not lacking, (name, lacking)


def changed(answer: Any, path: str, value: Any) -> Any:
    """Return an answer with another value at a path: ``services[0].runningCount``."""
    answer = deepcopy(answer)
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    holder = answer
    for step in steps[:-1]:
        holder = holder[step]
    if value is None:
        del holder[steps[-1]]
    else:
        holder[steps[-1]] = value
    return answer


EMPTY = Refused("ResourceNotFoundException")
_SMALL_INSTANCE = {
    "DBInstanceIdentifier": "tickets-1",
    "Engine": "aurora-mysql",
    "DBInstanceClass": "db.t4g.medium",
}
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
    ("0.secrets", "secretsmanager DescribeSecret", "DeletedDate", NOW, "is to be deleted since"),
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
    ids=[f"{one[0]} {one[1].split()[1]} {one[2] or 'absent'} {n}" for n, one in enumerate(RED)],
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
        assert not [one for one in fits if one.message != "is missing"], "AWS could answer so"


def answering(answer: Any) -> Any:
    return lambda _: answer


@pytest.mark.parametrize(
    ("rules", "actual"),
    [
        ([], "there is none"),
        ([{"Priority": "10"}], "Conditions"),
        ([("10", "forward"), ("1", "fixed-response")], "one with fixed-response, that no"),
    ],
)
def test_rules_that_are_not_those_of_the_file_are_findings(
    rules: list[Any], actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    (own,) = contracts._rules(files)
    made = [
        one
        if isinstance(one, dict)
        else {**own, "Priority": one[0], "Actions": [{**own["Actions"][0], "Type": one[1]}]}
        for one in rules
    ]

    def describe(given: Mapping[str, Any]) -> dict[str, Any]:
        return {"Rules": made if given["ListenerArn"] == contracts.LISTENER else []}

    answers["elbv2 DescribeRules"] = describe
    result = result_of(CHECKS["4.rules"], files, answers)
    assert result.state == "red"
    assert any(actual in finding.actual for finding in result.findings), result.findings


def test_rules_are_not_covered_where_the_file_has_none(files: Production) -> None:
    balancer = {name: one for name, one in files.load_balancer.items() if name != "Rules"}
    app = replace(files, load_balancer=balancer)
    result = result_of(CHECKS["4.rules"], app, contracts.green(files))
    assert "has no Rules" in result.not_covered


def test_a_task_without_an_agent_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    task = contracts._task("task/tickets/web0", files)
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "STOPPED", "reason": "no route"}
    task["containers"][0]["managedAgents"] = [agent]
    answers["ecs DescribeTasks"] = {"tasks": [task]}
    (finding,) = result_of(CHECKS["0.exec"], files, answers).findings
    assert finding.actual == "the agent is STOPPED: no route"


def test_a_definition_that_differs_from_its_file_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    raw = deepcopy(dict(files.services["web"].definition.raw))
    raw["containerDefinitions"][0]["image"] = "other:1"
    answers["ecs DescribeTaskDefinition"] = {"taskDefinition": {**raw, "revision": 8}}
    findings = result_of(CHECKS["4.as-file"], files, answers).findings
    assert any("image is 'other:1'" in finding.actual for finding in findings)


def test_jobs_in_a_dead_letter_queue_and_other_settings_are_findings(files: Production) -> None:
    answers = contracts.green(files)
    attributes = {"MessageRetentionPeriod": "60", "ApproximateNumberOfMessages": "4"}
    answers["sqs GetQueueAttributes"] = {"Attributes": attributes}
    texts = [one.actual for one in result_of(CHECKS["5.queues"], files, answers).findings]
    assert "4 jobs" in texts
    assert any(text.startswith("MessageRetentionPeriod is '60'") for text in texts)
    assert any(text.startswith("RedrivePolicy") for text in texts)


def metrics(values: Mapping[str, list[float]]) -> Any:
    def answer(given: Mapping[str, Any]) -> Any:
        name = given["MetricDataQueries"][0]["MetricStat"]["Metric"]["MetricName"]
        return {"MetricDataResults": [{"Id": "value", "Values": values.get(name, [])}]}

    return answer


@pytest.mark.parametrize(
    ("check", "values", "state"),
    [
        ("5.queue-age", {"ApproximateAgeOfOldestMessage": [10.0, 241.0]}, "red"),
        ("5.queue-age", {"ApproximateAgeOfOldestMessage": [240.0]}, "green"),
        ("5.queue-age", {}, "green"),
        ("5.jobs-consumed", {"NumberOfMessagesSent": [2.0]}, "red"),
        ("5.jobs-consumed", {}, "not covered"),
    ],
)
def test_metrics_of_the_queue_are_judged(
    check: str, values: Mapping[str, list[float]], state: str, files: Production
) -> None:
    answers = {**contracts.green(files), "cloudwatch GetMetricData": metrics(values)}
    assert result_of(CHECKS[check], files, answers).state == state


@pytest.mark.parametrize(
    ("minutes", "exit_code", "actual"),
    [
        ((0, 1, 2, 3, 4), 0, ""),
        ((0, 1), 0, ""),
        ((0,), 0, ""),
        ((), 0, "there is none"),
        ((0, 4), 0, "2"),
        ((9, 8), 0, "0"),
        ((0, 0, 1, 1, 2, 2, 3, 3, 4, 4), 0, "10"),
        ((0, 1), 1, "{'app': 1}, "),
    ],
)
def test_scheduled_runs_that_lack_or_fail_are_findings(
    minutes: tuple[int, ...], exit_code: int, actual: str, files: Production
) -> None:
    answers = contracts.green(files)
    arns = [f"task/tickets/scheduler{n}" for n in minutes]
    tasks = [contracts._task(arn, files) for arn in arns]
    for task in tasks:
        task["containers"][0]["exitCode"] = exit_code
    answers["ecs ListTasks"] = lambda given: {
        "taskArns": arns if given["desiredStatus"] == "STOPPED" else []
    }
    answers["ecs DescribeTasks"] = {"tasks": tasks}
    findings = result_of(CHECKS["5.ticks"], files, answers).findings
    assert [finding.actual for finding in findings][:1] == ([actual] if actual else [])


@pytest.mark.parametrize(("minutes", "state"), [(1, "not covered"), (3, "red")])
def test_a_rule_of_a_young_stack_may_have_no_run_yet(
    minutes: int, state: str, files: Production
) -> None:
    answers = contracts.green(files)
    answers["ecs ListTasks"] = {"taskArns": []}
    access = naming.names_in(files)
    since = (NOW - timedelta(minutes=minutes)).isoformat()
    access = replace(access, schedule={**access.schedule, "since": since})
    account = Account(files, access, contracts.client_of(answers, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS["5.ticks"]], account, files_only=False)
    assert result.state == state


def test_dkim_of_a_domain_is_judged_and_that_of_an_address_is_not(files: Production) -> None:
    access = naming.names_in(files)
    names = {**access.resources, "identity": "876events.example"}
    answers = {
        **contracts.green(files),
        "sesv2 GetEmailIdentity": {"DkimAttributes": {"Status": "PENDING"}},
    }
    assert result_of(CHECKS["5.ses-account"], files, answers).state == "green"
    domain = replace(access, resources=names)
    account = Account(files, domain, contracts.client_of(answers, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS["5.ses-account"]], account, files_only=False)
    assert result.findings[0].actual == "PENDING"


@pytest.mark.parametrize(
    ("decision", "expected"), [("allowed", "iam:CreateUser"), ("implicitDeny", "sqs:")]
)
def test_a_role_with_other_rights_is_a_finding(
    decision: str, expected: str, files: Production
) -> None:
    def answer(given: Mapping[str, Any]) -> Any:
        results = [
            {"EvalActionName": name, "EvalResourceName": "*", "EvalDecision": decision}
            for name in given["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    answers = {**contracts.green(files), "iam SimulatePrincipalPolicy": answer}
    findings = result_of(CHECKS["5.roles"], files, answers).findings
    assert findings
    assert all(finding.actual == decision for finding in findings)
    assert any(finding.expected.startswith(expected) for finding in findings)


def test_a_policy_may_have_one_statement_that_stands_in_no_list() -> None:
    one = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": one})
    assert [*roles._allowed([policy])] == [(["sqs:SendMessage"], ["*"])]


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


def test_a_host_without_a_zone_in_the_account_is_not_covered(files: Production) -> None:
    answers = {
        **contracts.green(files),
        "route53 ListHostedZonesByName": answering({"HostedZones": [], "IsTruncated": False}),
    }
    result = result_of(CHECKS["6.dns"], files, answers)
    assert result.state == "not covered"
    assert "cutover smoke https://tickets.876events.example" in result.key


def test_a_right_that_lacks_is_named_by_its_iam_action(files: Production) -> None:
    answers = {
        **contracts.green(files),
        "s3 GetBucketEncryption": answering(Refused("AccessDenied")),
    }
    result = result_of(CHECKS["5.bucket"], files, answers)
    assert result.state == "not covered"
    assert "may not call s3:GetEncryptionConfiguration" in result.not_covered


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"username": "a", "password": "b"}', "green"),
        ("plain", "red"),
        ('{"username": "a"}', "red"),
    ],
)
def test_the_local_stacks_secret_is_strict_json(text: str, state: str, files: Production) -> None:
    class Secrets:
        class meta:  # noqa: N801 - boto3's name
            method_to_api_mapping = {"get_secret_value": "GetSecretValue"}  # noqa: RUF012

        def can_paginate(self, _method: str) -> bool:
            return False

        def get_secret_value(self, **_: Any) -> Any:
            return {"SecretString": text}

    account = Account(files, naming.names_in(files), lambda _: Secrets(), is_observed=False)
    (result,) = examination.examine([CHECKS["0.secret-value"]], account, files_only=False)
    assert result.state == state


def test_the_callers_account_is_that_of_cutover_toml(files: Production) -> None:
    answers = contracts.green(files)
    arn = "arn:aws:iam::111111111111:user/me"
    answers["sts GetCallerIdentity"] = {"Account": "111111111111", "Arn": arn}
    with pytest.raises(UnsafeTarget, match="are those of account 111111111111"):
        result_of(CHECKS["0.account"], files, answers)


def test_tasks_without_a_nat_gateway_may_have_endpoints(files: Production) -> None:
    answers = contracts.green(files)
    tables = changed(answers["ec2 DescribeRouteTables"], "RouteTables[1].Routes", [])
    names = ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "sqs", "email")
    endpoints = [{"ServiceName": f"com.amazonaws.us-east-1.{name}"} for name in names]
    answers["ec2 DescribeRouteTables"] = tables
    answers["ec2 DescribeVpcEndpoints"] = {"VpcEndpoints": endpoints}
    assert result_of(CHECKS["1.subnets"], files, answers).state == "green"


def test_the_proxys_secret_has_both_keys_in_cutover_toml(files: Production) -> None:
    secrets: Any = {**files.config.secrets, "tickets/db": {"username": "tickets"}}
    other = replace(files, config=replace(files.config, secrets=secrets))
    (finding,) = result_of(CHECKS["0.secret-json"], other, {}).findings
    assert finding.actual == "[secrets] lacks password"


def test_a_part_of_the_move_without_a_file_is_named_with_its_key(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if k != "resources.queues"}
    result = result_of(CHECKS["0.files-complete"], replace(files, documents=documents), {})
    assert (result.state, result.key) == ("not covered", "set resources.queues")


def test_service_connect_is_compared_with_no_service(files: Production) -> None:
    answers = contracts.green(files)
    web = files.services["web"]
    connect = {"enabled": True, "namespace": "shop"}
    connected = replace(web, create={**web.create, "serviceConnectConfiguration": connect})
    other = replace(files, services={**files.services, "web": connected})
    assert result_of(CHECKS["4.as-file"], other, answers).state == "green"


def test_a_public_instance_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    instance = {"DBInstanceIdentifier": "tickets-1", "PubliclyAccessible": True}
    answers["rds DescribeDBInstances"] = {"DBInstances": [instance]}
    (finding,) = result_of(CHECKS["2.aurora"], files, answers).findings
    assert finding.actual == "it is publicly accessible"


def test_without_its_file_a_comparison_is_not_covered(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if k != "phases.scaling"}
    other = replace(files, documents=documents)
    result = result_of(CHECKS["5.scaling-as-file"], other, contracts.green(files))
    assert (result.state, result.key) == ("not covered", "set phases.scaling")


@pytest.mark.parametrize(
    ("field", "endpoint", "check"),
    [
        ("proxy_endpoint", "", "2.proxy"),
        ("proxy_endpoint", "app.endpoint.proxy-x.eu-west-1.rds.amazonaws.com", "2.proxy"),
        ("cluster_endpoint", "shop.c9akciq32.eu-west-1.rds.amazonaws.com", "2.aurora"),
    ],
)
def test_an_endpoint_that_names_no_proxy_or_cluster_is_not_covered(
    field: str, endpoint: str, check: str, files: Production
) -> None:
    changes: Any = {field: endpoint}
    access = replace(naming.names_in(files), **changes)
    account = Account(files, access, contracts.client_of({}, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS[check]], account, files_only=False)
    assert result.state == "not covered"
    assert endpoint in result.not_covered


_SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:"


@pytest.mark.parametrize(
    ("name", "path", "value", "actual"),
    [
        ("certificate", "RequestCertificate.DomainName", "other.example", "is for other.example"),
        ("database", "CreateDBCluster.DBClusterIdentifier", "other", "is other"),
        ("database", "CreateDBProxy.DBProxyName", "other", "is other"),
        ("database", "CreateDBProxy.RequireTLS", False, "lets in what has no TLS"),
        ("registry", "CreateRepository.repositoryName", "other", "has other"),
        ("logs", "CreateLogGroup[0].logGroupName", "/ecs/other", "has no /ecs/tickets-web"),
        ("dns", "ChangeResourceRecordSets[1]", None, "has 1 changes"),
        (
            "dns",
            "ChangeResourceRecordSets[1].ChangeBatch.Changes[0].ResourceRecordSet.Name",
            "other.example.",
            "has other.example",
        ),
        ("scaling", "RegisterScalableTarget.ResourceId", "service/a/b", "is service/a/b"),
        ("database", "CreateDBCluster.Engine", "aurora-postgresql", "is aurora-postgresql"),
        (
            "database",
            "CreateDBProxy.Auth[0].IAMAuth",
            "REQUIRED",
            "has IAMAuth REQUIRED",
        ),
        ("database", "CreateDBCluster.DatabaseName", "shop", "is shop"),
        ("database", "CreateDBCluster.VpcSecurityGroupIds", ["sg-1"], "has sg-1"),
        ("database", "CreateDBProxy.VpcSecurityGroupIds", ["sg-1", "sg-2"], "has sg-1, sg-2"),
        (
            "database",
            "CreateDBProxy.Auth[0].SecretArn",
            f"{_SECRET}tickets/app-Kq7wT2",
            f"is {_SECRET}tickets/app-Kq7wT2, and secrets.tickets/app in cutover.toml has no"
            " username and no password",
        ),
        ("network", "AssociateRouteTable[3].SubnetId", "subnet-9", "associates no such subnet"),
        ("network", "CreateVpc.CidrBlock", "10.99.0.0/16", "has 10.99.0.0/16"),
        (
            "network",
            "CreateVpcEndpoint[7].ServiceName",
            "com.amazonaws.us-east-1.email-smtp",
            "has no endpoint for email",
        ),
        (
            "network",
            "CreateVpcEndpoint[6].PrivateDnsEnabled",
            False,
            "has no endpoint for sqs with PrivateDnsEnabled",
        ),
        (
            "network",
            "ModifyVpcAttribute.EnableDnsHostnames",
            {"Value": False},
            "makes a VPC without DNS host names, AWS's default",
        ),
        ("database", "CreateDBInstance", [_SMALL_INSTANCE], "is db.t4g.medium"),
        (
            "network",
            "CreateVpcEndpoint[0].RouteTableIds",
            ["rtb-0a40c1e2f3b4a5301"],
            "has rtb-0a40c1e2f3b4a5301",
        ),
    ],
)
def test_files_of_the_move_that_name_another_thing_are_findings(
    name: str, path: str, value: Any, actual: str, files: Production
) -> None:
    document = files.documents[f"phases.{name}"]
    other = replace(document, data=changed(document.data, path, value))
    documents = {**files.documents, f"phases.{name}": other}
    (finding,) = result_of(
        CHECKS["0.files-agree"], replace(files, documents=documents), {}
    ).findings
    assert finding.actual == actual
    assert finding.thing == f"app/aws/{name}.json"


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("database", "CreateDBProxy.Auth[0].SecretArn", f"{_SECRET}rds!cluster-1-Ab3dE5"),
        ("database", "CreateDBProxy.VpcSecurityGroupIds", []),
        ("network", "AssociateRouteTable[3]", None),
        ("database", "CreateDBInstance[1].DBInstanceClass", "db.t4g.medium"),
        ("network", "CreateVpc", []),
    ],
)
def test_files_of_the_move_that_leave_something_open_agree(
    name: str, path: str, value: Any, files: Production
) -> None:
    document = files.documents[f"phases.{name}"]
    other = replace(document, data=changed(document.data, path, value))
    documents = {**files.documents, f"phases.{name}": other}
    result = result_of(CHECKS["0.files-agree"], replace(files, documents=documents), {})
    assert result.findings == ()


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("10.40.0.0/24", "red"),
        ("10.40.0.0/24,10.40.1.0/24", "green"),
        ("10.40.0.0/16", "green"),
        ("192.0.2.0/24", "green"),
    ],
)
def test_the_app_trusts_each_subnet_of_the_load_balancer(
    value: str, state: str, files: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = [IPv4Network(one) for one in value.split(",")]
    monkeypatch.setattr(trusted_proxies, "networks", lambda _: trusted)
    result = result_of(CHECKS["0.files-agree"], files, {})
    assert [one.actual for one in result.findings] == (
        [
            "has 10.40.0.0/24 in it, and no other: the app believes no X-Forwarded-Proto from the"
            " load balancer's other nodes"
        ]
        if state == "red"
        else []
    )


def test_without_files_of_the_move_nothing_can_disagree(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if not k.startswith("phases.")}
    result = result_of(CHECKS["0.files-agree"], replace(files, documents=documents), {})
    assert result.state == "not covered"


def test_a_file_with_the_vpc_alone_denies_no_way_out(files: Production) -> None:
    vpc = {"CreateVpc": {"CidrBlock": files.config.vpc_cidr}}
    network = replace(files.documents["phases.network"], data=vpc, origins={})
    alone = replace(files, documents={**files.documents, "phases.network": network})
    assert contradictions(alone) == []
