"""The guard of a client: calls that an account's level permits, and others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.stub import Stubber

from harness.core.errors import UnsafeTarget
from harness.target.clients.guard import CALLS_PER_S, Guard


def client(service: str, guard: Guard) -> Any:
    session: Any = boto3.session.Session(
        aws_access_key_id="AKIA", aws_secret_access_key="x", region_name="eu-west-1"
    )
    return guard.attach(session.client(service))


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ecs", "update_service", {"service": "web", "desiredCount": 0}),
        ("ecs", "run_task", {"taskDefinition": "web"}),
        ("ecs", "execute_command", {"task": "t", "command": "sh", "interactive": True}),
        ("s3", "put_object", {"Bucket": "b", "Key": "k"}),
        ("sqs", "send_message", {"QueueUrl": "https://q", "MessageBody": "x"}),
        ("sqs", "receive_message", {"QueueUrl": "https://q"}),
        ("events", "disable_rule", {"Name": "rule"}),
        ("sts", "assume_role", {"RoleArn": "arn:aws:iam::1:role/rr", "RoleSessionName": "ss"}),
    ],
)
def test_a_call_that_is_more_than_reading_is_refused_before_it_is_sent(
    service: str, operation: str, arguments: dict[str, Any]
) -> None:
    call = getattr(client(service, Guard()), operation)
    with pytest.raises(UnsafeTarget, match=f"{service}:.* was refused: it could change"):
        call(**arguments)


def test_a_presigned_url_that_writes_is_refused() -> None:
    s3 = client("s3", Guard())
    with pytest.raises(UnsafeTarget, match="s3:PutObject was refused"):
        s3.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"})
    assert s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})


def test_only_the_probes_secret_is_read() -> None:
    secrets = client("secretsmanager", Guard(readable_secrets=("shop/probe",)))
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:shop/probe-AbCdEf"
    with Stubber(secrets) as stub:
        for name in ("shop/probe", arn):
            stub.add_response("get_secret_value", {"SecretString": "{}"})
            secrets.get_secret_value(SecretId=name)
    for name in ("shop/db", "shop/probe-other", "", arn.replace("probe", "probe-other")):
        with pytest.raises(UnsafeTarget, match="its answer has a secret in it"):
            secrets.get_secret_value(SecretId=name)


def test_only_the_probes_parameter_is_read() -> None:
    parameters = client("ssm", Guard(readable_parameters=("probe_key", "/probe_key")))
    with Stubber(parameters) as stub:
        for names in (["/probe_key"], ["probe_key", "/probe_key"]):
            stub.add_response("get_parameters", {"Parameters": []})
            parameters.get_parameters(Names=names, WithDecryption=True)
    for names in (["/db"], ["/probe_key", "/db"], []):
        with pytest.raises(UnsafeTarget, match="its answer has a secret in it"):
            parameters.get_parameters(Names=names)
    with pytest.raises(UnsafeTarget, match="ssm:GetParametersByPath was refused"):
        parameters.get_parameters_by_path(Path="/")


def test_other_calls_that_answer_with_credentials_are_refused() -> None:
    with pytest.raises(UnsafeTarget, match="sts:GetSessionToken was refused"):
        client("sts", Guard()).get_session_token()
    with pytest.raises(UnsafeTarget, match="ssm:GetParameter was refused"):
        client("ssm", Guard(readable_secrets=("shop/probe",))).get_parameter(Name="shop/probe")


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    waits: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    events = HierarchicalEmitter()
    guard = Guard(clock=lambda: now[0], sleep=sleep)
    guard.attach(SimpleNamespace(meta=SimpleNamespace(events=events)))
    for _ in range(45):
        events.emit("before-call.ecs.ListClusters", model=None)
    assert now[0] == pytest.approx((45 - 15) / CALLS_PER_S)
    assert max(waits) <= 1 / CALLS_PER_S + 0.001


def test_each_operation_is_noted_once_a_process(tmp_path: Path) -> None:
    ecs = client("ecs", Guard(calls=tmp_path / "calls.txt"))
    with Stubber(ecs) as stub:
        for _ in range(2):
            stub.add_response("list_clusters", {})
            ecs.list_clusters()
        stub.add_response("describe_clusters", {})
        ecs.describe_clusters()
    assert (tmp_path / "calls.txt").read_text() == "ecs:ListClusters\necs:DescribeClusters\n"
