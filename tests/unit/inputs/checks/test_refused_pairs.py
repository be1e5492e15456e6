"""Settings that AWS refuses together, and their harmless neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.inputs import production
from harness.inputs.checks import creation_rules
from harness.inputs.document import read_json
from harness.inputs.files import api_calls
from harness.inputs.files.ecs_services import Service
from harness.inputs.production import Production

ROOT = Path(__file__).resolve().parents[4]
NAME = "876events-tickets-uploads"
STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1}]
SPREAD = [{"type": "spread", "field": "attribute:ecs.availability-zone"}]


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)


def texts(app: Production) -> list[str]:
    return [f"{one.key} {one.message}" for one in creation_rules.problems(app)]


def judge(found: list[str], said: str) -> None:
    assert len(found) == bool(said)
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"capacityProviderStrategy": STRATEGY}, "capacityProviderStrategy is set, and launchType"),
        ({"capacityProviderStrategy": STRATEGY, "launchType": None}, ""),
        ({"placementStrategy": SPREAD}, "placementStrategy is set, and Fargate takes none"),
        ({"placementStrategy": [], "placementConstraints": []}, ""),
    ],
)
def test_the_launch_of_a_service(app: Production, changes: dict[str, Any], said: str) -> None:
    web = app.services["web"]
    changed = Service(web.definition, {**web.create, **changes})
    judge(texts(replace(app, services={**app.services, "web": changed})), said)


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [(65536, 1024, "ulimits[0].softLimit is 65536, and hardLimit 1024"), (1024, 65536, "")],
)
def test_the_limits_of_a_process(app: Production, soft: int, hard: int, said: str) -> None:
    web = app.services["web"]
    raw = json.loads(json.dumps(web.definition.raw))
    limit = {"name": "nofile", "softLimit": soft, "hardLimit": hard}
    raw["containerDefinitions"][0]["ulimits"] = [limit]
    changed = Service(TaskDefinition(raw), web.create)
    judge(texts(replace(app, services={**app.services, "web": changed})), said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Rules[1].Priority is 10, as that of another rule"),
        ({"Priority": 11}, ""),
    ],
)
def test_the_priorities_of_rules(app: Production, change: dict[str, Any], said: str) -> None:
    (rule,) = app.load_balancer["Rules"]
    content = {**app.load_balancer, "Rules": [rule, {**rule, **change}]}
    judge(texts(replace(app, load_balancer=content)), said)


@pytest.mark.parametrize(
    ("name", "said"), [("AWSALBAPP", 'cookie_name is "AWSALBAPP"'), ("tickets_session", "")]
)
def test_the_cookie_of_stickiness(app: Production, name: str, said: str) -> None:
    added = {"Key": "stickiness.app_cookie.cookie_name", "Value": name}
    content = {**app.target_group, "Attributes": [*app.target_group["Attributes"], added]}
    judge(texts(replace(app, target_group=content)), said)


def cors(*methods: str) -> dict[str, Any]:
    rule = {"AllowedMethods": list(methods), "AllowedOrigins": ["https://a.example"]}
    return {"PutBucketCors": {"CORSConfiguration": {"CORSRules": [rule]}}}


def moves(days: int, storage_class: str) -> dict[str, Any]:
    moved = [{"Days": days, "StorageClass": storage_class}]
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": moved}
    return {"PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [rule]}}}


def key(algorithm: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": algorithm, "KMSMasterKeyID": "alias/uploads"}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    return {"PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": rules}}}


def policy(resource: Any) -> dict[str, Any]:
    secure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": secure}
    document = {"Version": "2012-10-17", "Statement": [{**deny, "Resource": resource}]}
    return {"PutBucketPolicy": {"Policy": document}}


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (cors("GET", "OPTIONS"), 'AllowedMethods has "OPTIONS", which S3 does not take'),
        (cors("GET", "PUT", "HEAD"), ""),
        (moves(7, "STANDARD_IA"), "Transitions[0].Days is 7, and S3 moves nothing to STANDARD_IA"),
        (moves(30, "STANDARD_IA"), ""),
        (moves(0, "INTELLIGENT_TIERING"), ""),
        (key("AES256"), 'KMSMasterKeyID is set, and SSEAlgorithm is "AES256"'),
        (key("aws:kms"), ""),
        (policy("arn:aws:s3:::other/*"), 'Statement[0].Resource is "arn:aws:s3:::other/*"'),
        (policy([f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]), ""),
        (policy("arn:aws:s3:::*/*"), ""),
    ],
)
def test_the_settings_of_a_bucket(
    app: Production, tmp_path: Path, calls: dict[str, Any], said: str
) -> None:
    file = tmp_path / "bucket.json"
    named = {operation: {"Bucket": NAME, **given} for operation, given in calls.items()}
    file.write_text(json.dumps({"CreateBucket": {"Bucket": NAME}, **named}))
    resources = {**app.resources, "bucket": api_calls.bucket(read_json(file))}
    judge(texts(replace(app, resources=resources)), said)
