"""The emulator in a real container: ready means warm, and the suite's APIs are there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config

from harness.core.wait import NotYet, Ready
from harness.stack.components.emulator import PORT, probe
from harness.stack.stack import Stack
from harness.target.clients.emulator import mails_to

if TYPE_CHECKING:
    pass

ACCOUNT = "876000000876"
REGION = "us-east-1"
CONFIG = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    signature_version="s3v4",
)


@pytest.fixture
def aws(emulator: Stack) -> Callable[..., Any]:
    url = f"http://{emulator.addresses['emulator'][PORT]}"
    library: Any = boto3
    return lambda service, region=REGION: library.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
        config=CONFIG,
    )


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_a_region_of_another_partition_is_kept(
    aws: Callable[..., Any], region: str, partition: str
) -> None:
    sqs = aws("sqs", region)
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    assert attributes["QueueArn"] == f"arn:{partition}:sqs:{region}:{ACCOUNT}:jobs"


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("secretsmanager", "list_secrets"),
        ("iam", "list_roles"),
        ("sts", "get_caller_identity"),
        ("s3", "list_buckets"),
        ("sqs", "list_queues"),
        ("ses", "list_identities"),
        ("events", "list_rules"),
        ("kms", "list_keys"),
        ("logs", "describe_log_groups"),
    ],
)
def test_service_is_warm_once_ready(
    aws: Callable[[str], Any], service: str, operation: str
) -> None:
    caller = aws(service)
    began = time.monotonic()
    getattr(caller, operation)()
    assert time.monotonic() - began < 2, "the first call of a service was left to a scenario"


def test_a_secret_that_rds_keeps_has_its_name(aws: Callable[..., Any]) -> None:
    client, name = aws("secretsmanager"), "rds!cluster-0a1b2c3d-1111-2222-3333-444455556666"
    secret = client.create_secret(Name=name, SecretString="{}")
    assert client.get_secret_value(SecretId=secret["ARN"])["Name"] == name
    with pytest.raises(client.exceptions.ClientError, match="Invalid name"):
        client.create_secret(Name="a secret!", SecretString="{}")


def test_account_of_the_arns_is_the_access_key(aws: Callable[[str], Any]) -> None:
    secret = aws("secretsmanager").create_secret(Name="tickets/db", SecretString="{}")
    assert secret["ARN"].startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tickets/db-")
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    aws("iam").create_role(RoleName="tickets-web-task", AssumeRolePolicyDocument=document)
    assumed = aws("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/tickets-web-task", RoleSessionName="task"
    )
    assert assumed["AssumedRoleUser"]["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/tickets-web-task/task"
    )


def test_queue_is_found_under_every_url_a_client_may_have(aws: Callable[[str], Any]) -> None:
    sqs = aws("sqs")
    queue_url = sqs.create_queue(QueueName="tickets-jobs")["QueueUrl"]
    assert queue_url == f"http://emulator:4566/queue/{REGION}/{ACCOUNT}/tickets-jobs"
    for url in (queue_url, f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/tickets-jobs"):
        sqs.send_message(QueueUrl=url, MessageBody=url)
    count = sqs.get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    assert count == "2"


def test_presigned_url_is_checked(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="a", Body=b"content")
    url = s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "a"}, ExpiresIn=60)
    assert requests.get(url, timeout=10).content == b"content"
    tampered = requests.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), timeout=10)
    assert tampered.status_code == 403
    assert "SignatureDoesNotMatch" in tampered.text


def test_unverified_sender_is_refused(aws: Callable[[str], Any]) -> None:
    ses = aws("ses")
    mail = {"Data": "From: a@876events.example\r\n\r\nhello"}
    with pytest.raises(ses.exceptions.MessageRejected):
        ses.send_raw_email(Source="a@876events.example", RawMessage=mail)
    ses.verify_email_identity(EmailAddress="a@876events.example")
    ses.send_raw_email(Source="a@876events.example", RawMessage=mail)


def test_mails_are_answered_by_recipient_and_kept_by_the_active_receipt_rule(
    emulator: Stack, aws: Callable[[str], Any]
) -> None:
    ses, s3, sender = aws("ses"), aws("s3"), "b@876events.example"
    s3.create_bucket(Bucket="kept-mails")
    ses.verify_email_identity(EmailAddress=sender)
    ses.create_receipt_rule_set(RuleSetName="mails")
    action = {"BucketName": "kept-mails", "ObjectKeyPrefix": "in/"}
    rule = {
        "Name": "mails",
        "Enabled": True,
        "Recipients": ["in.876events.example"],
        "Actions": [{"S3Action": action}],
    }
    ses.create_receipt_rule(RuleSetName="mails", Rule=rule)

    def send(to: str) -> str:
        data = f"From: {sender}\r\nTo: {to}\r\nMessage-ID: <own>\r\n\r\nhello"
        return str(ses.send_raw_email(Source=sender, RawMessage={"Data": data})["MessageId"])

    send("early@in.876events.example")
    ses.set_active_receipt_rule_set(RuleSetName="mails")
    sent = send("c+ab12@in.876events.example")
    send("c@876events.example")
    (mail,) = s3.list_objects_v2(Bucket="kept-mails", Prefix="in/")["Contents"]
    text = s3.get_object(Bucket="kept-mails", Key=mail["Key"])["Body"].read().decode()
    assert f"\r\nMessage-ID: <{sent}@email.amazonses.com>\r\n\r\nhello" in text
    assert "<own>" not in text
    url = f"http://{emulator.addresses['emulator'][PORT]}"
    assert len(mails_to(url, "c+ab12@in.876events.example")) == 1
    assert mails_to(url, "nobody@876events.example") == []


def test_large_mails_are_answered_one_recipient_at_a_time(
    emulator: Stack, aws: Callable[[str], Any]
) -> None:
    ses, sender = aws("ses"), "d@876events.example"
    ses.verify_email_identity(EmailAddress=sender)
    body = "ticket plan " * 500_000
    for number in range(8):
        data = f"From: {sender}\r\nTo: large{number}@876events.example\r\n\r\n{body}"
        ses.send_raw_email(Source=sender, RawMessage={"Data": data})
    url = f"http://{emulator.addresses['emulator'][PORT]}"
    (mail,) = mails_to(url, "large7@876events.example")
    assert len(mail) > len(body)


def test_an_event_reaches_a_queue(aws: Callable[[str], Any]) -> None:
    queue = aws("sqs").create_queue(QueueName="ticks")["QueueUrl"]
    events = aws("events")
    events.put_rule(Name="tick", EventPattern=json.dumps({"source": ["harness"]}))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ticks"
    events.put_targets(Rule="tick", Targets=[{"Id": "queue", "Arn": arn}])
    events.put_events(Entries=[{"Source": "harness", "DetailType": "tick", "Detail": "{}"}])
    got = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)
    assert json.loads(got["Messages"][0]["Body"])["detail-type"] == "tick"


def test_it_runs_as_a_user_of_its_own_without_telemetry(emulator: Stack) -> None:
    container = emulator.containers["emulator"]
    done: Any = container.exec_run(["sh", "-c", "id -un; echo $DISABLE_EVENTS"])
    assert done.output.split() == [b"localstack", b"1"]
    assert b"Traceback" not in bytes(container.logs())


@pytest.mark.parametrize("region", ["cn-northwest-1", "eu-south-2", "mx-central-1"])
def test_it_is_ready_in_a_region_that_its_own_lists_lack(emulator: Stack, region: str) -> None:
    answer = probe(emulator.addresses["emulator"], account_id=ACCOUNT, region=region)
    assert isinstance(answer, Ready), answer


def test_probe_says_that_nothing_listens() -> None:
    answer = probe({PORT: "127.0.0.1:9"}, account_id=ACCOUNT, region=REGION)
    assert isinstance(answer, NotYet)
    assert "refused" in answer.reason
