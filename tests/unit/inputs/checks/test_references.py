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
from harness.inputs.files.api_calls import CallFile
from harness.inputs.files.schedule import LARAVELS, Schedule
from harness.inputs.problem import InputError
from harness.inputs.production import Production
from tests.project import copy_inputs
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import with_definition, with_service


def messages(app: Production) -> list[str]:
    return edits.messages(references.CHECKS, app)


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
    moved = replace(app, schedules={LARAVELS: Schedule(app.schedule.rule, definition)})
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


def test_schedules_of_two_groups_may_have_one_name(app: Production) -> None:
    assert app.schedule
    (call,) = [
        candidate for candidate in app.schedule.rule.calls if candidate.operation == "PutRule"
    ]
    entries = [
        Schedule(
            CallFile(Path("s.json"), (replace(call, operation="CreateSchedule", input=fields),)),
            app.schedule.definition,
        )
        for fields in ({"Name": "digest", "GroupName": group} for group in ("fr", "de", "de"))
    ]
    assert [entry.queue for entry in entries] == [
        "digest-fr-ticks",
        "digest-de-ticks",
        "digest-de-ticks",
    ]
    files = {f"schedules.{index}.rule": f"{index}.json" for index in range(len(entries))}
    schedules = dict(zip(files, entries, strict=True))
    (problem,) = references.rule_names(replace(app, schedules=schedules, files=files))
    assert (problem.file, problem.key) == ("2.json", "CreateSchedule.Name")


def test_a_load_balancer_in_private_subnets_is_named(app: Production) -> None:
    network = app.services["web"].create["networkConfiguration"]["awsvpcConfiguration"]
    balancer = {**app.load_balancer["LoadBalancer"], "Subnets": network["subnets"]}
    moved = replace(app, load_balancer={**app.load_balancer, "LoadBalancer": balancer})
    texts = [problem.message for problem in references.subnets(moved)]
    assert len(texts) == 2
    assert "has no route to the internet gateway" in texts[0]


def test_tasks_without_a_public_address_are_not_in_public_subnets(app: Production) -> None:
    (subnet, *_) = app.load_balancer["LoadBalancer"]["Subnets"]
    (own, *_) = app.services["web"].create["networkConfiguration"]["awsvpcConfiguration"]["subnets"]

    def texts(**network: Any) -> list[str]:
        configuration = {"awsvpcConfiguration": {"securityGroups": [], **network}}
        return [
            problem.message
            for problem in references.subnets(
                with_service(app, "web", networkConfiguration=configuration)
            )
        ]

    assert texts(subnets=[own], assignPublicIp="DISABLED") == []
    assert texts(subnets=[subnet], assignPublicIp="ENABLED") == []
    (message,) = texts(subnets=[own, subnet])
    assert message.startswith(f'is "{subnet}", whose route leads to the internet gateway')


def test_scheduled_tasks_without_a_public_address_are_not_in_public_subnets(
    app: Production,
) -> None:
    (subnet, *_) = app.load_balancer["LoadBalancer"]["Subnets"]
    moved = deepcopy(app.schedule)
    assert moved is not None
    network = moved.target["EcsParameters"]["NetworkConfiguration"]["awsvpcConfiguration"]
    network["Subnets"] = [subnet]
    (problem,) = references.subnets(replace(app, schedules={LARAVELS: moved}))
    assert problem.key == (
        "PutTargets.Targets[0].EcsParameters.NetworkConfiguration.awsvpcConfiguration.Subnets[0]"
    )
    assert problem.hint == "name the private subnets, or set AssignPublicIp to ENABLED"
    network["AssignPublicIp"] = "ENABLED"
    assert list(references.subnets(replace(app, schedules={LARAVELS: moved}))) == []
