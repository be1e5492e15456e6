"""An account is read back, and compared with the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.core.errors import TargetError, UnsafeTarget
from harness.inputs import production
from harness.inputs.production import Production
from harness.target import discovery, level, naming
from harness.target.level import TAG
from tests.project import ROOT

ACCOUNT = "876000000876"
OBSERVER = {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/observer/me"}


@pytest.fixture(scope="module")
def files() -> Production:
    return production.load({"HOME": os.environ.get("HOME", "/")}, cwd=ROOT)


class Absent:
    """Stands in an answer for an error of this code."""

    def __init__(self, code: str) -> None:
        self.code = code


class FakeClient:
    """Answers each operation with a value, an error, or a function of its arguments."""

    class meta:  # noqa: N801 - boto3's name
        endpoint_url = "https://sts.us-east-1.amazonaws.com"

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        answer = self._answers[operation]

        def call(**arguments: Any) -> Any:
            value = answer(**arguments) if callable(answer) else answer
            if isinstance(value, Absent):
                raise ClientError({"Error": {"Code": value.code}}, operation)
            return value

        return call


def account_of(files: Production) -> dict[str, dict[str, Any]]:
    """Return the answers of an account in which everything is as the files say."""
    definitions = {definition.family: definition for definition in files.definitions}

    def definition(taskDefinition: str) -> Any:  # noqa: N803 - boto3's name
        family = taskDefinition.rpartition("/")[2].partition(":")[0]
        return {"taskDefinition": {**deepcopy(definitions[family].raw), "revision": 7}}

    services = [
        {
            **service.create,
            "status": "ACTIVE",
            "taskDefinition": f"arn:x/{service.definition.family}:7",
            "deployments": [{}],
        }
        for service in files.services.values()
    ]
    group = files.target_group["TargetGroup"]
    return {
        "sts": {"get_caller_identity": OBSERVER},
        "ecs": {
            "describe_clusters": {
                "clusters": [{"status": "ACTIVE", "tags": [{"key": TAG, "value": "rehearse"}]}]
            },
            "describe_services": {"services": services, "failures": []},
            "describe_task_definition": definition,
        },
        "elbv2": {
            "describe_target_groups": {
                "TargetGroups": [{**group, "TargetGroupName": group["Name"]}]
            },
            "describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "arn:aws:elb"}]},
            "describe_load_balancer_attributes": {"Attributes": files.load_balancer["Attributes"]},
        },
        "events": {"describe_rule": dict(files.schedule.content) if files.schedule else {}},
        "s3": {"head_bucket": {}},
        "sqs": {"get_queue_url": {}},
        "secretsmanager": {"describe_secret": {}},
    }


def discover(files: Production, answers: Mapping[str, Mapping[str, Any]]) -> discovery.Discovery:
    access = replace(naming.names_in(files), profile="watch")
    return discovery.discover(
        files, access=access, client=lambda service: FakeClient(answers[service])
    )


def test_an_account_that_is_as_the_files_say(files: Production) -> None:
    account = discover(files, account_of(files))
    assert account.access.differences == ()
    assert account.deployed == {
        "tickets-web": "tickets-web:7",
        "tickets-worker": "tickets-worker:7",
        "tickets-schedule": "tickets-scheduler:7",
    }
    assert account.lines[0] == (
        f"account {ACCOUNT} (us-east-1) as {OBSERVER['Arn']}; it is only observed"
    )


def test_a_deployed_value_that_differs_from_its_file_is_a_finding(files: Production) -> None:
    answers = account_of(files)
    web = answers["ecs"]["describe_services"]["services"][0]
    web["healthCheckGracePeriodSeconds"] = 0
    web["deployments"], web["desiredCount"] = [{}, {}], 0
    answers["elbv2"]["describe_target_groups"]["TargetGroups"][0]["HealthCheckPath"] = "/"
    answers["events"]["describe_rule"]["State"] = "DISABLED"
    idle = {"Key": "idle_timeout.timeout_seconds", "Value": "5"}
    attributes = files.load_balancer["Attributes"][1:]
    answers["elbv2"]["describe_load_balancer_attributes"] = {"Attributes": [idle, *attributes]}
    account = discover(files, answers)
    assert account.access.differences == (
        "service tickets-web: healthCheckGracePeriodSeconds is 0 there, and 30 in the file",
        "service tickets-web wants no task: its desiredCount is 0",
        "service tickets-web is deploying right now",
        "target group tickets-web: HealthCheckPath is '/' there, and '/healthz' in the file",
        "load balancer tickets: Attributes[idle_timeout.timeout_seconds].Value is '5' there, and"
        " '60' in the file",
        "rule tickets-schedule: State is 'DISABLED' there, and 'ENABLED' in the file",
    )


def test_everything_that_lacks_is_named_at_once(files: Production) -> None:
    answers = account_of(files)
    del answers["ecs"]["describe_services"]["services"][1]
    answers["elbv2"]["describe_target_groups"] = Absent("TargetGroupNotFound")
    answers["s3"]["head_bucket"] = Absent("404")
    answers["sqs"]["get_queue_url"] = Absent("AWS.SimpleQueueService.NonExistentQueue")
    with pytest.raises(TargetError) as failure:
        discover(files, answers)
    assert str(failure.value) == (
        f"Account {ACCOUNT} lacks what cutover.toml names:\n"
        "    ECS service tickets-worker\n"
        "    target group tickets-web\n"
        "    S3 bucket 876events-tickets-uploads\n"
        "    SQS queue tickets-jobs\n"
        "    SQS queue tickets-jobs-dead\n"
        "    SQS queue tickets-mail-events\n"
        "  what to do: Create it (docs/aws.md), or correct the name in the file; aws.region is"
        " us-east-1."
    )


def test_a_cluster_that_lacks_is_named_once(files: Production) -> None:
    answers = account_of(files)
    answers["ecs"]["describe_clusters"] = {"clusters": []}
    answers["ecs"]["describe_services"] = Absent("ClusterNotFoundException")
    with pytest.raises(TargetError) as failure:
        discover(files, answers)
    assert str(failure.value).count("\n    ") == 1
    assert "ECS cluster tickets" in str(failure.value)


def test_a_right_that_lacks_is_named_with_its_action(files: Production) -> None:
    answers = account_of(files)
    answers["elbv2"]["describe_load_balancers"] = Absent("AccessDenied")
    with pytest.raises(TargetError, match="may not call elasticloadbalancing:DescribeLoadBal"):
        discover(files, answers)


def test_nothing_is_read_with_another_accounts_credentials(files: Production) -> None:
    answers: dict[str, dict[str, Any]] = {
        "sts": {"get_caller_identity": {"Account": "111122223333", "Arn": "arn:x"}}
    }
    with pytest.raises(UnsafeTarget, match="are those of account 111122223333"):
        discover(files, answers)


def test_an_account_that_may_be_rehearsed_on(files: Production) -> None:
    level.require_named(ACCOUNT, account=ACCOUNT)
    level.require_rehearsable(discover(files, account_of(files)))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            "",
            "The level rehearse changes the account, and cutover.toml permits that for none.\n"
            "  where: aws.changes in cutover.toml\n"
            f'  what to do: If account {ACCOUNT} has no real visitors, set changes = "{ACCOUNT}".',
        ),
        (
            "111122223333",
            "The level rehearse may change account 111122223333, and cutover.toml is about account"
            f" {ACCOUNT}.\n"
            "  where: aws.changes in cutover.toml\n"
            "  what to do: Use the cutover.toml of the account that may be changed, or --level"
            " observe.",
        ),
    ],
)
def test_the_configuration_names_the_account_that_may_be_changed(changes: str, text: str) -> None:
    with pytest.raises(UnsafeTarget) as failure:
        level.require_named(changes, account=ACCOUNT)
    assert str(failure.value) == text
    assert failure.value.exit_code == 2


@pytest.mark.parametrize(
    ("tags", "state"),
    [([], "the cluster has none"), ([{"key": TAG, "value": "production"}], "it is production")],
)
def test_a_cluster_without_the_tag_is_not_changed(
    files: Production, tags: list[dict[str, str]], state: str
) -> None:
    answers = account_of(files)
    answers["ecs"]["describe_clusters"]["clusters"][0]["tags"] = tags
    with pytest.raises(UnsafeTarget) as failure:
        level.require_rehearsable(discover(files, answers))
    assert str(failure.value) == (
        "The ECS cluster tickets is not tagged cutover-harness=rehearse, so nothing is changed in"
        " its account.\n"
        f"  state: tag cutover-harness: {state}\n"
        "  what to do: If it has no real visitors: aws ecs tag-resource --resource-arn CLUSTER_ARN"
        " --tags key=cutover-harness,value=rehearse"
    )


def test_a_service_that_is_deploying_is_not_changed(files: Production) -> None:
    answers = account_of(files)
    answers["ecs"]["describe_services"]["services"][0]["deployments"] = [{}, {}]
    with pytest.raises(UnsafeTarget) as failure:
        level.require_rehearsable(discover(files, answers))
    assert str(failure.value) == (
        "A deployment is under way: tickets-web.\n"
        "  what to do: Wait for it: aws ecs wait services-stable --cluster tickets --services"
        " tickets-web"
    )


def test_a_revision_that_differs_from_its_file_is_not_rehearsed(files: Production) -> None:
    answers = account_of(files)
    described = answers["ecs"]["describe_task_definition"]

    def describe(taskDefinition: str) -> Any:  # noqa: N803 - boto3's name
        answer = described(taskDefinition)
        answer["taskDefinition"]["memory"] = "512"
        return answer

    answers["ecs"]["describe_task_definition"] = describe
    with pytest.raises(UnsafeTarget) as failure:
        level.require_rehearsable(discover(files, answers))
    text = str(failure.value)
    assert text.startswith("What is deployed is not what the files say:\n")
    assert "tickets-web:7 (" in text
    assert "memory is '512' there" in text
    assert "what to do: Deploy the files' task definitions, or put" in text
