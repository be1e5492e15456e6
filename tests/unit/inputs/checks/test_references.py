"""References that fit nothing, and harmless spellings of those that fit."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.inputs import production
from harness.inputs.checks import references
from harness.inputs.document import read_json
from harness.inputs.files import api_calls
from harness.inputs.files.ecs_services import Service
from harness.inputs.files.schedule import Schedule
from harness.inputs.problem import InputError
from harness.inputs.production import Production
from tests.project import copy_inputs

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)


def with_service(app: Production, name: str, **changes: Any) -> Production:
    service = app.services[name]
    changed = Service(service.definition, {**service.create, **changes})
    return replace(app, services={**app.services, name: changed})


def with_definition(app: Production, name: str, **changes: Any) -> Production:
    service = app.services[name]
    definition = TaskDefinition({**service.definition.raw, **changes}, service.definition.source)
    return replace(app, services={**app.services, name: Service(definition, service.create)})


def messages(app: Production) -> list[str]:
    return [str(problem) for problem in references.problems(app)]


def test_the_reference_app_has_no_loose_reference(app: Production) -> None:
    assert messages(app) == []


def test_a_secret_with_two_suffixes_is_named(app: Production) -> None:
    containers = app.services["worker"].definition.raw["containerDefinitions"]
    secrets = [
        {**item, "valueFrom": item["valueFrom"].replace("db-Ab3dE5", "db-Zz9yX8")}
        for item in containers[0]["secrets"]
    ]
    broken = with_definition(
        app, "worker", containerDefinitions=[{**containers[0], "secrets": secrets}]
    )
    (message,) = messages(broken)
    assert 'names the secret "tickets/db" as arn:aws:secretsmanager' in message
    assert "db-Zz9yX8" in message
    assert "db-Ab3dE5" in message


@pytest.mark.parametrize("cluster", ["default", "arn:aws:ecs:us-east-1:876000000876:cluster/old"])
def test_a_service_in_another_cluster_is_named(app: Production, cluster: str) -> None:
    assert messages(with_service(app, "worker", cluster=cluster))[0].startswith(
        f'cluster is "{cluster}", and ecs.cluster in the configuration is "tickets"'
    )


def test_a_service_that_runs_anothers_tasks_is_named(app: Production) -> None:
    (message,) = messages(with_service(app, "worker", taskDefinition="tickets-web"))
    assert message.startswith('taskDefinition is "tickets-web", and the family of')


@pytest.mark.parametrize(
    "changes",
    [
        {"taskDefinition": "tickets-web:7"},
        {"taskDefinition": "arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-web:7"},
        {"cluster": "arn:aws:ecs:us-east-1:876000000876:cluster/tickets"},
        {"cluster": ""},
    ],
)
def test_other_spellings_of_a_reference_fit(app: Production, changes: dict[str, str]) -> None:
    assert messages(with_service(app, "web", **changes)) == []


def test_another_target_group_is_named(app: Production) -> None:
    (balancer,) = app.services["web"].create["loadBalancers"]
    arn = balancer["targetGroupArn"].replace("tickets-web", "tickets-old")
    (message,) = messages(
        with_service(app, "web", loadBalancers=[{**balancer, "targetGroupArn": arn}])
    )
    assert 'names the target group "tickets-old"' in message


def test_a_rule_for_another_task_is_named(app: Production) -> None:
    assert app.schedule is not None
    definition = TaskDefinition({**app.schedule.definition.raw, "family": "cron"}, "cron.json")
    moved = replace(app, schedule=Schedule(app.schedule.rule, definition))
    assert 'and the family of cron.json is "cron"' in messages(moved)[0]


def test_a_target_group_of_another_vpc_is_named(app: Production) -> None:
    group = {**app.target_group["TargetGroup"], "VpcId": "vpc-1"}
    moved = replace(app, target_group={**app.target_group, "TargetGroup": group})
    assert messages(moved)[0].startswith("TargetGroup.VpcId is vpc-1, and tickets-tasks")


def test_environment_files_are_here_and_used(app: Production) -> None:
    first, second = "arn:aws:s3:::shop-config/web.env", "arn:aws:s3:::shop-config/old.env"
    (container,) = app.services["web"].definition.raw["containerDefinitions"]
    named = {**container, "environmentFiles": [{"type": "s3", "value": first}]}
    web = with_definition(app, "web", containerDefinitions=[named])
    assert messages(replace(web, environment_files={first: "A=b"})) == []
    (unused,) = messages(replace(web, environment_files={second: "A=b"}))
    assert unused == f"environment_files.{second} is no environment file of a container"
    (missing,) = references.missing_environment_files(web.definitions, texts=[second])
    assert missing.key == "containerDefinitions[0].environmentFiles[0].value"
    assert missing.message == f'is "{first}", and its text is not here'


@pytest.mark.parametrize("as_text", [False, True])
def test_an_override_of_a_container_that_is_not_there_is_named(
    tmp_path: Path, as_text: bool
) -> None:
    copy_inputs(tmp_path)
    path = tmp_path / "app/aws/schedule.json"
    content = json.loads(path.read_text().replace('"name": "app"', '"name": "scheduler"'))
    (target,) = content["PutTargets"]["Targets"]
    target["Input"] = json.dumps(target["Input"]) if as_text else target["Input"]
    path.write_text(json.dumps(content, indent=2))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=tmp_path)
    line, key = 33 if as_text else 36, "PutTargets.Targets[0].Input.containerOverrides[0].name"
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        f'app/aws/schedule.json: {key} is "scheduler", which is no container in'
        " app/ecs/scheduler.json: ECS refuses to run the task\n"
        f"  where: app/aws/schedule.json:{line}: {key}\n"
        "  what to do: name one of app"
    )


def test_a_load_balancer_in_private_subnets_is_named(app: Production) -> None:
    network = app.services["web"].create["networkConfiguration"]["awsvpcConfiguration"]
    balancer = {**app.load_balancer["LoadBalancer"], "Subnets": network["subnets"]}
    moved = replace(app, load_balancer={**app.load_balancer, "LoadBalancer": balancer})
    found = [problem.message for problem in references.subnets(moved)]
    assert len(found) == 2
    assert "has no route to the internet gateway" in found[0]


def with_bucket_policy(app: Production, folder: Path, condition: dict[str, Any]) -> Production:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    path = folder / "bucket.json"
    put = {"Bucket": "uploads", "Policy": policy}
    path.write_text(json.dumps({"CreateBucket": {"Bucket": "uploads"}, "PutBucketPolicy": put}))
    bucket = api_calls.bucket(read_json(path))
    return replace(app, resources={**app.resources, "bucket": bucket})


OFFICE = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}


def test_a_buckets_policy_for_public_addresses_shuts_tasks_out(
    app: Production, tmp_path: Path
) -> None:
    (problem,) = references.bucket_addresses(with_bucket_policy(app, tmp_path, OFFICE))
    assert problem.message == (
        "denies whoever has none of its public addresses (aws:SourceIp), and tasks reach S3 through"
        f" the VPC's endpoint in {app.files['phases.network']}, without any: every upload and"
        " download fails"
    )


@pytest.mark.parametrize(
    "condition",
    [
        {**OFFICE, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ],
)
def test_a_buckets_policy_that_spares_the_endpoint_is_fine(
    app: Production, tmp_path: Path, condition: dict[str, Any]
) -> None:
    assert list(references.bucket_addresses(with_bucket_policy(app, tmp_path, condition))) == []


def test_without_an_endpoint_tasks_may_have_such_an_address(
    app: Production, tmp_path: Path
) -> None:
    documents = {key: one for key, one in app.documents.items() if key != "phases.network"}
    alone = replace(with_bucket_policy(app, tmp_path, OFFICE), documents=documents)
    assert list(references.bucket_addresses(alone)) == []


def test_tasks_without_a_public_address_are_not_in_public_subnets(app: Production) -> None:
    (subnet, *_) = app.load_balancer["LoadBalancer"]["Subnets"]
    (own, *_) = app.services["web"].create["networkConfiguration"]["awsvpcConfiguration"]["subnets"]

    def found(**network: Any) -> list[str]:
        given = {"awsvpcConfiguration": {"securityGroups": [], **network}}
        return [
            one.message
            for one in references.subnets(with_service(app, "web", networkConfiguration=given))
        ]

    assert found(subnets=[own], assignPublicIp="DISABLED") == []
    assert found(subnets=[subnet], assignPublicIp="ENABLED") == []
    (message,) = found(subnets=[own, subnet])
    assert message.startswith(f'is "{subnet}", whose route leads to the internet gateway')


def test_scheduled_tasks_without_a_public_address_are_not_in_public_subnets(
    app: Production,
) -> None:
    (subnet, *_) = app.load_balancer["LoadBalancer"]["Subnets"]
    moved = deepcopy(app.schedule)
    assert moved is not None
    network = moved.target["EcsParameters"]["NetworkConfiguration"]["awsvpcConfiguration"]
    network["Subnets"] = [subnet]
    (problem,) = references.subnets(replace(app, schedule=moved))
    assert problem.key == (
        "PutTargets.Targets[0].EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets[0]"
    )
    assert problem.hint == "name the private subnets, or set AssignPublicIp to ENABLED"
    network["AssignPublicIp"] = "ENABLED"
    assert list(references.subnets(replace(app, schedule=moved))) == []


WRITER = "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com"
READER = "tickets.cluster-ro-cq8w2k7example.us-east-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("variable", "words", "hint"),
    [
        (
            "DB_HOST",
            "Aurora refuses every write there",
            f"write the cluster's endpoint, {WRITER}; where the app only reads by it, set"
            f' overlay.environment: DB_HOST = "{WRITER}"',
        ),
        (
            "DB_READ_HOST",
            "a rehearsal has the writer alone",
            f'set overlay.environment: DB_READ_HOST = "{WRITER}"',
        ),
    ],
)
def test_a_reader_endpoint_is_named_until_the_overlay_replaces_it(
    app: Production, variable: str, words: str, hint: str
) -> None:
    container = app.services["worker"].definition.raw["containerDefinitions"][0]
    entry = {"name": variable, "value": READER}
    others = [one for one in container["environment"] if one["name"] != variable]
    changed = {**container, "environment": [entry, *others]}
    broken = with_definition(app, "worker", containerDefinitions=[changed])
    (problem,) = references.problems(broken)
    assert problem.message == f'is "{READER}" ({variable}), the reader endpoint: {words}'
    assert problem.hint == hint
    overlay = app.config.overlay.model_copy(
        update={"environment": {**app.config.overlay.environment, variable: WRITER}}
    )
    replaced = replace(broken, config=replace(app.config, overlay=overlay))
    assert messages(replaced) == []


def test_the_writer_and_custom_endpoints_are_no_reader(app: Production) -> None:
    container = app.services["worker"].definition.raw["containerDefinitions"][0]
    added = [
        {"name": "DB_READ_HOST", "value": value}
        for value in (WRITER, READER.replace("-ro-", "-custom-"), "", "the .cluster-ro- of a text")
    ]
    changed = {**container, "environment": [*container["environment"], *added]}
    assert messages(with_definition(app, "worker", containerDefinitions=[changed])) == []


def test_a_receipt_rule_needs_the_events_of_mails(app: Production) -> None:
    broken = replace(app, config=replace(app.config, mail_events_queue=""))
    assert messages(broken) == [
        "aws.mail_receipt_rule is set, and aws.mail_events_queue is not: a mail is known by its"
        " events"
    ]
    assert messages(replace(broken, mail_receipt=None)) == []


@pytest.mark.parametrize(
    ("name", "noun"), [("tickets-jobs", "jobs"), ("tickets-jobs-dead", "dead jobs")]
)
def test_events_of_mails_have_a_queue_of_their_own(app: Production, name: str, noun: str) -> None:
    broken = replace(app, config=replace(app.config, mail_events_queue=name))
    assert messages(broken) == [
        f'aws.mail_events_queue is "{name}", the queue of the app\'s {noun}: a replay would hide'
        " them"
    ]
