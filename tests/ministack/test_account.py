"""The two policies, the discovery and the events of mails, on an account that is not ours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.exceptions import ClientError

from harness.core.expectation import ExpectationError
from harness.target import discovery, observer, rehearser
from harness.target.changes.permissions import PERMISSIONS, lock_name
from harness.target.resources.ecs import services_of
from harness.target.resources.mail_events import MailEvents
from harness.target.resources.mailbox import visitor_tag
from scenarios import test_definitions as definitions
from scenarios import test_roles as roles
from tests.ministack.conftest import Account, Client

UNKNOWN = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "ecr:DescribeImageScanFindings",
    "elasticloadbalancing:DescribeSSLPolicies",
    "servicequotas:GetServiceQuota",
}
"""Reads that MiniStack 1.5.33 does not know."""
JUDGED_WITHOUT_RESOURCE = ("ecs:UpdateService", "events:DisableRule")
"""Changes that MiniStack judges for another ARN than AWS, as ``service/*/tickets-web``: denied."""
CLIENTS = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
OF_SES_V2 = ("GetAccount", "GetEmailIdentity")
UNKNOWN_ANSWERS = ("InvalidAction", "400")
SENDER = "tickets@876events.example"


@pytest.fixture(scope="module")
def observers(account: Account) -> Client:
    return account.assume(observer)


@pytest.fixture(scope="module")
def rehearsers(account: Account) -> Client:
    return account.assume(rehearser)


def code_of(client: Client, action: str, **call: Any) -> str:
    """Make the call of an IAM action, and return the code of its error."""
    operations = {named: operation for operation, named in observer._ACTIONS.items()}
    operations["s3:ListBucket"] = "s3:HeadBucket"
    service, _, operation = operations.get(action, action).partition(":")
    known = "sesv2" if operation in OF_SES_V2 else CLIENTS.get(service, service)
    aws_client = client(known)
    shape = aws_client.meta.service_model.operation_model(operation).input_shape
    parameters = {**(least(shape) if shape else {}), **call}
    try:
        getattr(aws_client, botocore.xform_name(operation))(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def least(shape: Any, name: str = "") -> Any:
    """Return an input with what is required only, about things that are not there."""
    if shape.type_name == "structure":
        required = {
            key: member for key, member in shape.members.items() if key in shape.required_members
        }
        return {key: least(member, key) for key, member in required.items()}
    if shape.type_name == "list":
        return [least(shape.member)]
    if shape.type_name in ("integer", "long", "timestamp", "boolean"):
        return True if shape.type_name == "boolean" else 1
    if enum := getattr(shape, "enum", None):
        return enum[0]
    return "arn:aws:iam::876000000876:role/nobody" if name.endswith("Arn") else "tickets-nothing"


def is_denied(code: str) -> bool:
    return "AccessDenied" in code or code in ("AuthorizationError", "403")


@pytest.mark.parametrize("role", ["observers", "rehearsers"])
def test_each_read_that_is_declared_is_allowed(role: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(role)
    codes = {action: code_of(client, action) for action in observer.ACTIONS}
    assert [action for action, code in codes.items() if is_denied(code)] == []
    assert {action for action, code in codes.items() if code in UNKNOWN_ANSWERS} == UNKNOWN


def test_an_observer_changes_nothing(observers: Client) -> None:
    allowed = [action for action in PERMISSIONS if not is_denied(code_of(observers, action))]
    assert allowed == []


@pytest.mark.parametrize(("role", "denied"), [("observers", True), ("rehearsers", False)])
def test_of_all_secrets_an_observer_reads_the_one_with_the_probes_key(
    role: str, denied: bool, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(role)
    read = "secretsmanager:GetSecretValue"
    assert code_of(client, read, SecretId="tickets/app") == ""
    assert is_denied(code_of(client, read, SecretId="tickets/db")) is denied


def test_a_rehearser_changes_what_is_named_and_nothing_else(
    account: Account, rehearsers: Client
) -> None:
    url = account.client("sqs").get_queue_url(QueueName="tickets-jobs")["QueueUrl"]
    queues = url.rpartition("/")[0]
    cluster, access = account.access.cluster, account.access
    calls: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "ecs:UpdateService": (
            {"cluster": cluster, "service": "tickets-web", "desiredCount": 2},
            {"cluster": cluster, "service": "others-web", "desiredCount": 2},
        ),
        "events:DisableRule": ({"Name": access.resources["rule"]}, {"Name": "others-rule"}),
        "secretsmanager:PutSecretValue": (
            {"SecretId": "tickets/db", "SecretString": "{}", "VersionStages": ["REHEARSAL"]},
            {"SecretId": "tickets/app", "SecretString": "{}", "VersionStages": ["REHEARSAL"]},
        ),
        "sqs:ReceiveMessage": (
            {"QueueUrl": f"{queues}/{access.resources['mail_events']}"},
            {"QueueUrl": url},
        ),
        "ssm:PutParameter": (
            {"Name": lock_name(access), "Value": "run", "Type": "String"},
            {"Name": "/others/lock", "Value": "run", "Type": "String"},
        ),
    }
    own = {action: code_of(rehearsers, action, **call) for action, (call, _) in calls.items()}
    assert {action for action, code in own.items() if code} == set(JUDGED_WITHOUT_RESOURCE)
    assert all(is_denied(own[action]) for action in JUDGED_WITHOUT_RESOURCE)
    others = {action: code_of(rehearsers, action, **call) for action, (_, call) in calls.items()}
    assert [action for action, code in others.items() if not is_denied(code)] == []


def test_the_account_is_as_the_files_say(account: Account, observers: Client) -> None:
    state = discovery.discover(account.production, access=account.access, client=observers)
    assert state.caller.arn.endswith(":assumed-role/cutover-observer/test")
    assert state.deploying == ()
    assert state.deployed["tickets-web"] == "tickets-web:1"


def test_mails_are_read_by_notifications_of_the_identity(
    account: Account, rehearsers: Client, tmp_path: Path
) -> None:
    sns, ses = account.client("sns"), account.client("ses")
    queue, run = account.access.resources["mail_events"], "ab12cd"
    topic = sns.create_topic(Name=queue)["TopicArn"]
    arn = f"arn:aws:sqs:us-east-1:{account.access.account_id}:{queue}"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for event in ("Delivery", "Bounce"):
        ses.set_identity_notification_topic(Identity=SENDER, NotificationType=event, SnsTopic=topic)
    addresses = [
        f"{name}+{tag}@simulator.amazonses.com"
        for name, tag in (
            ("success", visitor_tag(run)),
            ("bounce", visitor_tag(run)),
            ("success", "somebody"),
        )
    ]
    for address in addresses:
        ses.send_email(
            Source=SENDER,
            Destination={"ToAddresses": [address]},
            Message={"Subject": {"Data": "Tickets"}, "Body": {"Text": {"Data": "Hello"}}},
        )
    access = replace(account.access, run=run, run_dir=str(tmp_path))
    events = MailEvents(access, sqs=rehearsers("sqs"))
    delivered, bounced, others = (events.to(address) for address in addresses)
    assert [mail.failures for mail in delivered] == [()]
    assert [mail.failures for mail in bounced] == [("Bounce",)]
    assert others == []
    sqs = account.client("sqs")
    attributes = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    assert json.loads(attributes["ApproximateNumberOfMessagesNotVisible"]) == 1


def test_scenarios_of_definitions_and_roles_judge_the_accounts_answers(
    account: Account, observers: Client
) -> None:
    access = account.access
    services = services_of(access, ecs=observers("ecs"))
    task_definitions = {key: service.definition() for key, service in services.items()}
    definitions.test_every_container_has_a_log_configuration(task_definitions)
    definitions.test_container_health_checks_notice_an_error(task_definitions)
    roles.test_task_role_differs_from_the_execution_role(task_definitions)
    names = [arn.rpartition("/")[2] for arn in access.roles]

    def statements() -> dict[str, list[dict[str, Any]]]:
        return {name: roles.allowed(observers("iam"), name) for name in names}

    roles.test_no_task_role_allows_everything(statements())
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    role = {"RoleName": "tickets-web-task", "PolicyName": "everything"}
    account.client("iam").put_role_policy(**role, PolicyDocument=policy)
    with pytest.raises(ExpectationError, match="tickets-web-task"):
        roles.test_no_task_role_allows_everything(statements())
    account.client("iam").delete_role_policy(**role)
