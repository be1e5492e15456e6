"""AWS's refusals when it creates a resource, and their harmless neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.checks import creation_rules
from harness.inputs.document import read_json
from harness.inputs.files import api_calls
from harness.inputs.files.ecs_services import Service
from harness.inputs.production import Production

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def app() -> Production:
    return production.load({}, cwd=ROOT)


def balancer(app: Production, **changes: Any) -> Production:
    content = {**app.load_balancer["LoadBalancer"], **changes}
    return replace(app, load_balancer={**app.load_balancer, "LoadBalancer": content})


def group(app: Production, **changes: Any) -> Production:
    content = {**app.target_group["TargetGroup"], **changes}
    return replace(app, target_group={**app.target_group, "TargetGroup": content})


def service(app: Production, name: str, **changes: Any) -> Production:
    found = app.services[name]
    changed = Service(found.definition, {**found.create, **changes})
    return replace(app, services={**app.services, name: changed})


def percent(minimum: int, maximum: int) -> dict[str, int]:
    return {"minimumHealthyPercent": minimum, "maximumPercent": maximum}


def keys(app: Production) -> list[str]:
    return [problem.key for problem in creation_rules.problems(app)]


def test_the_reference_app_can_be_created(app: Production) -> None:
    assert keys(app) == []


@pytest.mark.parametrize(
    "subnets",
    [
        {"Subnets": ["subnet-1"]},
        {"Subnets": ["subnet-1", "subnet-1"]},
        {"Subnets": [], "SubnetMappings": [{"SubnetId": "subnet-1"}]},
    ],
)
def test_a_load_balancer_in_one_subnet(app: Production, subnets: dict[str, Any]) -> None:
    assert keys(balancer(app, **subnets)) == ["LoadBalancer.Subnets"]


def test_subnet_mappings_count_as_subnets(app: Production) -> None:
    mapped = [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}]
    assert keys(balancer(app, Subnets=[], SubnetMappings=mapped)) == []


@pytest.mark.parametrize("name", ["-web", "web-", "internal-web", "web_1", "w" * 33, "a.b"])
def test_names_of_the_load_balancer(app: Production, name: str) -> None:
    assert keys(balancer(app, Name=name)) == ["LoadBalancer.Name"]
    assert keys(group(app, Name=name)) == ["TargetGroup.Name"]


@pytest.mark.parametrize("name", ["w", "web-1", "internals", "W" * 32])
def test_names_that_the_load_balancer_takes(app: Production, name: str) -> None:
    assert keys(balancer(app, Name=name)) == []


@pytest.mark.parametrize(("interval", "timeout"), [(5, 5), (5, None), (10, 30)])
def test_a_check_that_outlasts_its_interval(
    app: Production, interval: int, timeout: int | None
) -> None:
    content = {**app.target_group["TargetGroup"], "HealthCheckIntervalSeconds": interval}
    content.pop("HealthCheckTimeoutSeconds")
    if timeout is not None:
        content["HealthCheckTimeoutSeconds"] = timeout
    broken = replace(app, target_group={**app.target_group, "TargetGroup": content})
    assert keys(broken) == ["TargetGroup.HealthCheckTimeoutSeconds"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"HealthCheckPath": "healthz"}, "TargetGroup.HealthCheckPath"),
        ({"Matcher": {"HttpCode": "200-599"}}, "TargetGroup.Matcher.HttpCode"),
        ({"Matcher": {"HttpCode": "100"}}, "TargetGroup.Matcher.HttpCode"),
        ({"Matcher": {"HttpCode": "2xx"}}, "TargetGroup.Matcher.HttpCode"),
    ],
)
def test_a_check_that_no_load_balancer_takes(
    app: Production, changes: dict[str, Any], key: str
) -> None:
    assert keys(group(app, **changes)) == [key]


@pytest.mark.parametrize("codes", ["200", "200,204", "200-399", "200-299,404"])
def test_statuses_that_a_load_balancer_takes(app: Production, codes: str) -> None:
    assert keys(group(app, Matcher={"HttpCode": codes})) == []


def test_awss_own_check_defaults_are_fine(app: Production) -> None:
    content = {
        key: value
        for key, value in app.target_group["TargetGroup"].items()
        if key not in ("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds")
    }
    defaults = replace(app, target_group={**app.target_group, "TargetGroup": content})
    assert keys(defaults) == []


@pytest.mark.parametrize(("tasks", "limits"), [(2, (100, 100)), (1, (100, 150)), (2, (100, 125))])
def test_a_deployment_that_can_neither_start_nor_stop_a_task(
    app: Production, tasks: int, limits: tuple[int, int]
) -> None:
    broken = service(app, "web", desiredCount=tasks, deploymentConfiguration=percent(*limits))
    assert keys(broken) == ["deploymentConfiguration.maximumPercent"]


@pytest.mark.parametrize(("tasks", "limits"), [(2, (50, 100)), (1, (0, 100)), (2, (100, 150))])
def test_a_deployment_that_can(app: Production, tasks: int, limits: tuple[int, int]) -> None:
    fine = service(app, "web", desiredCount=tasks, deploymentConfiguration=percent(*limits))
    assert keys(fine) == []


@pytest.mark.parametrize(
    ("rebalancing", "limits", "found"),
    [
        ("ENABLED", (50, 100), ["availabilityZoneRebalancing"]),
        ("ENABLED", (100, 200), []),
        ("DISABLED", (50, 100), []),
    ],
)
def test_tasks_move_between_zones_where_one_more_may_start(
    app: Production, rebalancing: str, limits: tuple[int, int], found: list[str]
) -> None:
    given = service(
        app,
        "web",
        availabilityZoneRebalancing=rebalancing,
        deploymentConfiguration=percent(*limits),
    )
    assert keys(given) == found


def test_a_grace_period_without_a_load_balancer(app: Production) -> None:
    broken = service(app, "worker", healthCheckGracePeriodSeconds=30)
    assert keys(broken) == ["healthCheckGracePeriodSeconds"]


def queues(app: Production, directory: Path, *given: dict[str, Any]) -> Production:
    path = directory / "queues.json"
    path.write_text(json.dumps({"CreateQueue": list(given)}))
    return replace(app, resources={**app.resources, "queues": api_calls.queues(read_json(path))})


def redrive(dead: str, count: int) -> dict[str, Any]:
    arn = f"arn:aws:sqs:us-east-1:876000000876:{dead}"
    return {"RedrivePolicy": {"deadLetterTargetArn": arn, "maxReceiveCount": count}}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"QueueName": "jobs.new"}, ".QueueName"),
        ({"QueueName": "jobs.fifo"}, ".QueueName"),
        ({"QueueName": "jobs", "Attributes": {"FifoQueue": "true"}}, ".QueueName"),
        ({"QueueName": "j" * 81}, ".QueueName"),
        ({"QueueName": "jobs", "Attributes": {"VisibilityTimeout": "50000"}}, "VisibilityTimeout"),
        ({"QueueName": "jobs", "Attributes": {"DelaySeconds": "901"}}, "DelaySeconds"),
        ({"QueueName": "jobs", "Attributes": redrive("dead", 0)}, "maxReceiveCount"),
        ({"QueueName": "jobs", "Attributes": {"SqsManagedSseEnabled": "ENABLED"}}, "SseEnabled"),
        ({"QueueName": "jobs", "Attributes": {"FifoQueue": "no"}}, "FifoQueue"),
        (
            {
                "QueueName": "jobs",
                "Attributes": {"RedrivePolicy": json.dumps(redrive("dead", 0)["RedrivePolicy"])},
            },
            "maxReceiveCount",
        ),
    ],
)
def test_queues_that_sqs_refuses(
    app: Production, tmp_path: Path, given: dict[str, Any], key: str
) -> None:
    found = keys(queues(app, tmp_path, {"QueueName": "dead"}, given))
    assert [name.endswith(key) for name in found] == [True]


def allow(permission: str, *sources: str) -> dict[str, Any]:
    arns = [f"arn:aws:sqs:us-east-1:876000000876:{one}" for one in sources]
    given = {"redrivePermission": permission, **({"sourceQueueArns": arns} if arns else {})}
    return {"RedriveAllowPolicy": json.dumps(given)}


@pytest.mark.parametrize("permission", [("denyAll",), ("byQueue", "other")])
def test_a_dead_letter_queue_that_takes_no_letters(
    app: Production, tmp_path: Path, permission: tuple[str, ...]
) -> None:
    source = {"QueueName": "jobs", "Attributes": redrive("dead", 3)}
    dead = {"QueueName": "dead", "Attributes": allow(*permission)}
    (problem,) = creation_rules.queues(queues(app, tmp_path, dead, source))
    assert problem.key == "CreateQueue[0].Attributes.RedriveAllowPolicy"
    assert problem.message == (
        f"says {permission[0]}, and is the dead-letter queue of jobs: SQS refuses the RedrivePolicy"
        " of that queue"
    )
    assert problem.hint == (
        "allow it: redrivePermission byQueue, and the ARN of jobs in sourceQueueArns"
    )


@pytest.mark.parametrize("permission", [("allowAll",), ("byQueue", "jobs")])
def test_a_dead_letter_queue_that_takes_them(
    app: Production, tmp_path: Path, permission: tuple[str, ...]
) -> None:
    source = {"QueueName": "jobs", "Attributes": {**redrive("dead", 3), **allow("denyAll")}}
    dead = {"QueueName": "dead", "Attributes": allow(*permission)}
    assert keys(queues(app, tmp_path, dead, source)) == []


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("aurora-mysql", "8.0.mysql_aurora.3.08.2", "aurora-mysql5.7"),
        ("aurora-mysql", "5.7.mysql_aurora.2.12.1", "aurora-mysql8.0"),
        ("mysql", "8.4.3", "mysql8.0"),
    ],
)
def test_a_parameter_group_of_another_release(
    app: Production, engine: str, version: str, family: str
) -> None:
    document = app.documents["phases.database"]
    data = json.loads(json.dumps(document.data))
    data["CreateDBCluster"] |= {"Engine": engine, "EngineVersion": version}
    data["CreateDBClusterParameterGroup"]["DBParameterGroupFamily"] = family
    documents = {**app.documents, "phases.database": replace(document, data=data)}
    (problem,) = creation_rules.parameter_groups(replace(app, documents=documents))
    assert problem.message == (
        f'is "{family}", and the cluster of that group has the engine {engine} {version}: RDS'
        " refuses it"
    )
    assert problem.hint == f'write "{engine}{version[:3]}"'


def test_queues_that_sqs_takes(app: Production, tmp_path: Path) -> None:
    fine = queues(
        app,
        tmp_path,
        {"QueueName": "dead.fifo", "Attributes": {"FifoQueue": "true"}},
        {
            "QueueName": "jobs.fifo",
            "Attributes": {
                "FifoQueue": "true",
                "VisibilityTimeout": "0",
                **redrive("dead.fifo", 3),
            },
        },
    )
    assert keys(fine) == []


@pytest.mark.parametrize("name", ["Uploads", "a_b", "ab", "-ab", "a..b", "10.0.0.1"])
def test_buckets_that_s3_refuses(app: Production, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bucket.json"
    path.write_text(json.dumps({"CreateBucket": {"Bucket": name}}))
    broken = replace(app, resources={**app.resources, "bucket": api_calls.bucket(read_json(path))})
    assert keys(broken) == ["CreateBucket.Bucket"]


def test_a_bucket_in_us_east_1_has_no_location_constraint(app: Production, tmp_path: Path) -> None:
    path = tmp_path / "bucket.json"
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-east-1"}}
    path.write_text(json.dumps({"CreateBucket": {"Bucket": "uploads-876", **place}}))
    broken = replace(app, resources={**app.resources, "bucket": api_calls.bucket(read_json(path))})
    (problem,) = creation_rules.buckets(broken)
    assert problem.key == "CreateBucket.CreateBucketConfiguration.LocationConstraint"
    assert problem.message == 'is "us-east-1", which S3 refuses: a bucket without one is there'
    assert problem.hint == "leave CreateBucketConfiguration out"


def test_a_service_stands_in_one_table(app: Production) -> None:
    twice = replace(app, services={**app.services, "again": app.services["web"]})
    files = {**app.files, "services.again.service": app.files["services.web.service"]}
    (found,) = creation_rules.deployments(replace(twice, files=files))
    assert str(found) == (
        'services.again.service is the service "tickets-web", and so is services.web'
    )
