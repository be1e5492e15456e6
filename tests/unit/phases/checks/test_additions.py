"""Settings of the account that no file has, and defaults that were changed there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.files.api_calls import Call
from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, changed, result_of

DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
EXPIRY = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
KMS = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}


def with_attributes(answer: Any, **more: str) -> Any:
    """Return an answer of SQS with further attributes of each queue."""

    def attributes(given: Mapping[str, Any]) -> Any:
        return {"Attributes": {**answer(given)["Attributes"], **more}}

    return attributes


def with_elb_attribute(answer: Any, key: str, value: str) -> Any:
    """Return an answer of ELB with another value of an attribute."""
    others = [attribute for attribute in answer["Attributes"] if attribute["Key"] != key]
    return {"Attributes": [*others, {"Key": key, "Value": value}]}


def findings(check: str, call: str, answer: Any, files: Production) -> list[str]:
    answers = {**contracts.green(files), call: answer}
    return [finding.actual for finding in result_of(CHECKS[check], files, answers).findings]


@pytest.mark.parametrize(
    ("call", "answer", "actual"),
    [
        ("GetBucketPolicy", {"Policy": POLICY}, "it is only there: app/aws/bucket.json has none"),
        ("GetBucketLifecycleConfiguration", {"Rules": [EXPIRY]}, "it is only there"),
        ("GetBucketVersioning", {"Status": "Enabled"}, "it is only there"),
    ],
)
def test_a_setting_of_the_bucket_without_a_call_in_the_file(
    call: str, answer: Any, actual: str, files: Production
) -> None:
    (text,) = findings("5.bucket", f"s3 {call}", answer, files)
    assert text.startswith(actual)


def test_each_bucket_of_the_file_is_compared(files: Production) -> None:
    bucket, own = files.resources["bucket"], files.resource_names["bucket"]
    archive = Call("CreateBucket", {"Bucket": "tickets-archive"})
    resources = {**files.resources, "bucket": replace(bucket, calls=(archive, *bucket.calls))}
    both = replace(files, resources=resources)
    assert both.resource_names["bucket"] == own
    answers = {**contracts.green(files), "s3 GetBucketVersioning": {"Status": "Enabled"}}
    things = [finding.thing for finding in result_of(CHECKS["5.bucket"], both, answers).findings]
    field = "VersioningConfiguration"
    assert things == [f"bucket tickets-archive, {field}", f"bucket {own}, {field}"]


def test_a_bucket_without_settings_in_its_file_has_those_of_a_new_one(files: Production) -> None:
    answers, bucket = contracts.green(files), files.resources["bucket"]
    create = tuple(call for call in bucket.calls if call.operation == "CreateBucket")
    resources = {**files.resources, "bucket": replace(bucket, calls=create)}
    short = replace(files, resources=resources)
    assert result_of(CHECKS["5.bucket"], short, answers).findings == ()
    encryption = {"ServerSideEncryptionConfiguration": {"Rules": [KMS]}}
    answers["s3 GetBucketEncryption"] = encryption
    (finding,) = result_of(CHECKS["5.bucket"], short, answers).findings
    assert finding.actual.endswith("by default, and app/aws/bucket.json has none")


@pytest.mark.parametrize(
    ("attributes", "actual"),
    [
        ({"DelaySeconds": "900"}, "DelaySeconds is '900' there, and '0' by default"),
        ({"Policy": POLICY}, "it is only there: app/aws/queues.json has none"),
        ({"RedrivePolicy": '{"maxReceiveCount": 1}'}, "it is only there"),
        ({"ReceiveMessageWaitTimeSeconds": "5"}, ""),
    ],
)
def test_settings_of_a_queue(attributes: dict[str, str], actual: str, files: Production) -> None:
    answer = contracts.green(files)["sqs GetQueueAttributes"]
    answer = with_attributes(answer, **attributes)
    texts = findings("5.queues", "sqs GetQueueAttributes", answer, files)
    assert any(text.startswith(actual) for text in texts) if actual else texts == []


@pytest.mark.parametrize(
    ("check", "call", "key", "value", "actual"),
    [
        (
            "1.load-balancer",
            "DescribeLoadBalancerAttributes",
            "idle_timeout.timeout_seconds",
            "5",
            "Attributes[idle_timeout.timeout_seconds].Value is '5' there, and '60' in the file",
        ),
        (
            "1.load-balancer",
            "DescribeLoadBalancerAttributes",
            "routing.http2.enabled",
            "false",
            "Attributes[routing.http2.enabled].Value is 'false' there, and 'true' by default",
        ),
        ("1.load-balancer", "DescribeLoadBalancerAttributes", "access_logs.s3.enabled", "true", ""),
        (
            "1.load-balancer",
            "DescribeLoadBalancerAttributes",
            "deletion_protection.enabled",
            "true",
            "",
        ),
        (
            "4.target-group",
            "DescribeTargetGroupAttributes",
            "slow_start.duration_seconds",
            "300",
            "Attributes[slow_start.duration_seconds].Value is '300' there, and '0' by default",
        ),
    ],
)
def test_attributes_that_change_requests(
    check: str, call: str, key: str, value: str, actual: str, files: Production
) -> None:
    answer = with_elb_attribute(contracts.green(files)[f"elbv2 {call}"], key, value)
    texts = findings(check, f"elbv2 {call}", answer, files)
    assert len(texts) == bool(actual)
    assert all(text.startswith(actual) for text in texts)


@pytest.mark.parametrize(
    ("path", "value", "actual"),
    [
        ("Scheme", "internal", "Scheme is 'internal' there"),
        ("SecurityGroups", ["sg-0a40c1e2f3b4a5101", "sg-1"], "SecurityGroups is"),
        ("AvailabilityZones", [{"SubnetId": "subnet-1"}], "Subnets is ['subnet-1'] there"),
    ],
)
def test_a_load_balancer_that_is_not_as_its_file(
    path: str, value: Any, actual: str, files: Production
) -> None:
    answer = contracts.green(files)["elbv2 DescribeLoadBalancers"]
    answer = changed(answer, f"LoadBalancers[0].{path}", value)
    (text,) = findings("1.load-balancer", "elbv2 DescribeLoadBalancers", answer, files)
    assert text.startswith(actual)


@pytest.mark.parametrize(
    ("parameter", "actual"),
    [
        (("require_secure_transport", "1", "user"), ""),
        (("require_secure_transport", "OFF", "user"), "require_secure_transport is 'OFF' there"),
        (("sql_mode", "TRADITIONAL", "user"), "it is only there: app/aws/database.json has none"),
        (("sql_mode", "", "engine-default"), ""),
    ],
)
def test_parameters_of_the_cluster(
    parameter: tuple[str, str, str], actual: str, files: Production
) -> None:
    name, value, source = parameter
    tls = {"ParameterName": "require_secure_transport", "ParameterValue": "ON", "Source": "user"}
    other = {"ParameterName": name, "ParameterValue": value, "Source": source}
    answer = {"Parameters": [tls, other]}
    texts = findings("2.parameters", "rds DescribeDBClusterParameters", answer, files)
    assert len(texts) == bool(actual)
    assert all(text.startswith(actual) for text in texts)


@pytest.mark.parametrize(
    ("pool", "actual"),
    [
        ({"MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50}, ""),
        ({"MaxConnectionsPercent": 100, "InitQuery": "SET sql_mode=''"}, "it is only there"),
    ],
)
def test_the_pool_of_the_proxy(pool: dict[str, Any], actual: str, files: Production) -> None:
    answer = {"TargetGroups": [{"TargetGroupName": "default", "ConnectionPoolConfig": pool}]}
    texts = findings("2.proxy-pool", "rds DescribeDBProxyTargetGroups", answer, files)
    assert len(texts) == bool(actual)
    assert all(text.startswith(actual) for text in texts)


@pytest.mark.parametrize(("number", "check"), [(0, "4.steady"), (1, "5.worker")])
def test_a_service_that_wants_fewer_tasks_than_the_files(
    number: int, check: str, files: Production
) -> None:
    answer = changed(
        contracts.green(files)["ecs DescribeServices"], f"services[{number}].desiredCount", 0
    )
    answer = changed(answer, f"services[{number}].runningCount", 0)
    (text,) = findings(check, "ecs DescribeServices", answer, files)
    assert text == "its desiredCount is 0"


def test_auto_scaling_may_want_more_tasks_than_the_file(files: Production) -> None:
    answer = contracts.green(files)["ecs DescribeServices"]
    for field in ("desiredCount", "runningCount"):
        answer = changed(answer, f"services[0].{field}", 6)
    assert findings("4.steady", "ecs DescribeServices", answer, files) == []


def test_a_rule_that_runs_an_older_revision(files: Production) -> None:
    green: Any = contracts.green(files)["ecs DescribeTaskDefinition"]

    def answer(given: Mapping[str, Any]) -> Any:
        return changed(green(given), "taskDefinition.cpu", "2048")

    (text,) = findings("5.rule", "ecs DescribeTaskDefinition", answer, files)
    assert text.startswith("cpu is '2048' there")


def test_a_role_that_its_service_does_not_assume(files: Production) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    document = {"Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    answer = {"Role": {"AssumeRolePolicyDocument": json.dumps(document)}}
    texts = findings("5.roles", "iam GetRole", answer, files)
    assert set(texts) == {"its trust policy does not let it"}
    assert len(texts) == 5
