"""AWS's refusals in the emulator: a role may do as its policies say, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.stack.components.emulator import PORT
from harness.stack.stack import Stack

if TYPE_CHECKING:
    pass

ACCOUNT = "876000000876"
REGION = "us-east-1"
BUCKET = "refusals"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
QUEUE = f"http://emulator:4566/{ACCOUNT}/refusals"
CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})


@pytest.fixture(scope="module")
def url(emulator: Stack) -> str:
    return f"http://{emulator.addresses['emulator'][PORT]}"


def client_of(url: str, service: str, **credentials: str) -> Any:
    library: Any = boto3
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "test", **credentials}
    return library.client(service, endpoint_url=url, region_name=REGION, config=CONFIG, **keys)


@pytest.fixture(scope="module")
def owner(url: str) -> Callable[[str], Any]:
    """Clients of the account's owner, with a bucket and a queue."""
    client_of(url, "s3").create_bucket(Bucket=BUCKET, ObjectOwnership="BucketOwnerEnforced")
    client_of(url, "sqs").create_queue(QueueName="refusals")
    return partial(client_of, url)


@pytest.fixture
def role(
    url: str, owner: Callable[[str], Any], request: pytest.FixtureRequest
) -> Callable[..., Callable[[str], Any]]:
    """Make a role with statements, and give clients that have assumed it."""

    def make(*allowed: tuple[str, str]) -> Callable[[str], Any]:
        iam, name = owner("iam"), f"role-{abs(hash(request.node.name)) % 10**8}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument='{"Statement": []}')
        statements = [
            {"Effect": "Allow", "Action": action, "Resource": resource}
            for action, resource in allowed
        ]
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        credentials = owner("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="task"
        )["Credentials"]
        return partial(
            client_of,
            url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    return make


def refusal(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    message: str = f"{caught.value.response['Error']['Code']}: {caught.value}"
    return message


def test_a_role_may_do_what_its_policy_says_and_nothing_else(
    role: Callable[..., Callable[[str], Any]],
) -> None:
    s3 = role(("s3:PutObject", f"arn:aws:s3:::{BUCKET}/posters/*"))("s3")
    s3.put_object(Bucket=BUCKET, Key="posters/a", Body=b"a")
    message = refusal(s3.put_object, Bucket=BUCKET, Key="plans/a", Body=b"a")
    assert message.startswith("AccessDenied: ")
    assert (
        f"not authorized to perform: s3:PutObject on resource: arn:aws:s3:::{BUCKET}/plans/a"
        in message
    )
    assert "AccessDenied" in refusal(s3.delete_object, Bucket=BUCKET, Key="posters/a")


def test_a_role_without_a_right_on_the_queue_sends_nothing(
    role: Callable[..., Callable[[str], Any]],
) -> None:
    sqs = role(("sqs:ReceiveMessage", "*"))("sqs")
    message = refusal(sqs.send_message, QueueUrl=QUEUE, MessageBody="a")
    assert "sqs:SendMessage on resource: arn:aws:sqs:us-east-1:876000000876:refusals" in message
    assert "Messages" not in sqs.receive_message(QueueUrl=QUEUE)


def test_a_role_sends_mail_from_the_identity_it_may_use(
    role: Callable[..., Callable[[str], Any]], owner: Callable[[str], Any]
) -> None:
    for address in ("a@876events.example", "b@876events.example"):
        owner("ses").verify_email_identity(EmailAddress=address)
    ses = role(("ses:SendRawEmail", "arn:aws:ses:*:*:identity/a@876events.example"))("ses")
    mail = {"Data": "From: A <a@876events.example>\r\n\r\nhello"}
    ses.send_raw_email(Source="a@876events.example", RawMessage=mail)
    assert "ses:SendRawEmail" in refusal(
        ses.send_raw_email, Source="b@876events.example", RawMessage=mail
    )
    assert "ConfigurationSetDoesNotExist" in refusal(
        ses.send_raw_email,
        Source="a@876events.example",
        RawMessage=mail,
        ConfigurationSetName="tickets",
    )


def test_a_missing_object_is_forbidden_where_the_bucket_may_not_be_listed(
    role: Callable[..., Callable[[str], Any]],
) -> None:
    s3 = role(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"))("s3")
    assert refusal(s3.get_object, Bucket=BUCKET, Key="none").startswith("AccessDenied")
    assert refusal(s3.head_object, Bucket=BUCKET, Key="none").startswith("403")


def test_a_missing_object_is_missing_where_the_bucket_may_be_listed(
    role: Callable[..., Callable[[str], Any]],
) -> None:
    objects, bucket = f"arn:aws:s3:::{BUCKET}/*", f"arn:aws:s3:::{BUCKET}"
    s3 = role(("s3:GetObject", objects), ("s3:ListBucket", bucket))("s3")
    assert refusal(s3.get_object, Bucket=BUCKET, Key="none").startswith("NoSuchKey")
    assert refusal(s3.head_object, Bucket=BUCKET, Key="none").startswith("404")


def test_a_presigned_url_is_worth_what_its_signer_may(
    role: Callable[..., Callable[[str], Any]], owner: Callable[[str], Any]
) -> None:
    owner("s3").put_object(Bucket=BUCKET, Key="signed", Body=b"content")
    s3 = role(("s3:PutObject", "*"))("s3")
    link = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "signed"})
    assert requests.get(link, timeout=10).status_code == 403


def test_a_stranger_and_an_unknown_key_get_nothing(url: str, owner: Callable[[str], Any]) -> None:
    owner("s3").put_object(Bucket=BUCKET, Key="private", Body=b"content")
    assert requests.get(f"{url}/{BUCKET}/private", timeout=10).status_code == 403
    stranger = client_of(url, "s3", aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    message = refusal(stranger.get_object, Bucket=BUCKET, Key="private")
    assert message.startswith("InvalidAccessKeyId")


def test_a_bucket_without_acls_refuses_them_and_a_queue_a_long_delay(
    owner: Callable[[str], Any],
) -> None:
    message = refusal(owner("s3").put_object, Bucket=BUCKET, Key="a", Body=b"", ACL="public-read")
    assert message.startswith("AccessControlListNotSupported")
    owner("s3").put_object(Bucket=BUCKET, Key="a", Body=b"", ACL="private")
    message = refusal(owner("sqs").send_message, QueueUrl=QUEUE, MessageBody="a", DelaySeconds=901)
    assert "DelaySeconds must be >= 0 and <= 900" in message


@pytest.fixture
def locked(owner: Callable[[str], Any]) -> str:
    """Make a bucket with a policy and a key of its own."""
    s3, name = owner("s3"), "refusals-locked"
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]
        },
    )
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/plans/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def test_a_buckets_own_policy_and_key_are_asked_too(
    role: Callable[..., Callable[[str], Any]], locked: str
) -> None:
    s3 = role(("s3:*", "*"), ("kms:GenerateDataKey", KEY))("s3")
    message = refusal(s3.put_object, Bucket=locked, Key="plans/a", Body=b"a")
    assert message.endswith("with an explicit deny in a resource-based policy")
    s3.put_object(Bucket=locked, Key="posters/a", Body=b"a")
    message = refusal(s3.get_object, Bucket=locked, Key="posters/a")
    assert f"kms:Decrypt on resource: {KEY}" in message


def test_a_queues_key_is_asked_too(
    role: Callable[..., Callable[[str], Any]], owner: Callable[[str], Any]
) -> None:
    owner("sqs").create_queue(QueueName="keyed", Attributes={"KmsMasterKeyId": "alias/tickets"})
    keyed = f"http://emulator:4566/{ACCOUNT}/keyed"
    with_key = role(("sqs:*", "*"), ("kms:*", "*"))("sqs")
    with_key.send_message(QueueUrl=keyed, MessageBody="a")
    assert with_key.receive_message(QueueUrl=keyed)["Messages"]


def test_a_queues_key_is_refused_to_who_may_only_use_the_queue(
    role: Callable[..., Callable[[str], Any]], owner: Callable[[str], Any]
) -> None:
    owner("sqs").create_queue(QueueName="keyed", Attributes={"KmsMasterKeyId": "alias/tickets"})
    sqs = role(("sqs:*", "*"))("sqs")
    message = refusal(
        sqs.send_message, QueueUrl=f"http://emulator:4566/{ACCOUNT}/keyed", MessageBody="a"
    )
    assert "kms:GenerateDataKey" in message
