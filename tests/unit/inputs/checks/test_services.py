"""Settings of services that ECS and Fargate refuse, and their harmless neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import services
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits
from tests.unit.inputs.checks.edits import judge, with_definition, with_service


def keys(app: Production) -> list[str]:
    return edits.keys(services.CHECKS, app)


def texts(app: Production) -> list[str]:
    return edits.texts(services.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


def percent(minimum: int, maximum: int) -> dict[str, int]:
    return {"minimumHealthyPercent": minimum, "maximumPercent": maximum}


@pytest.mark.parametrize(
    ("tasks", "limits"), [(2, (100, 100)), (1, (100, 150)), (2, (100, 125)), (2, (1, 2))]
)
def test_a_deployment_that_can_neither_start_nor_stop_a_task(
    app: Production, tasks: int, limits: tuple[int, int]
) -> None:
    broken = with_service(app, "web", desiredCount=tasks, deploymentConfiguration=percent(*limits))
    assert keys(broken) == ["deploymentConfiguration.maximumPercent"]


@pytest.mark.parametrize(("tasks", "limits"), [(2, (50, 100)), (1, (0, 100)), (2, (100, 150))])
def test_a_deployment_that_can(app: Production, tasks: int, limits: tuple[int, int]) -> None:
    fine = with_service(app, "web", desiredCount=tasks, deploymentConfiguration=percent(*limits))
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
    production = with_service(
        app,
        "web",
        availabilityZoneRebalancing=rebalancing,
        deploymentConfiguration=percent(*limits),
    )
    assert keys(production) == found


def test_a_grace_period_without_a_load_balancer(app: Production) -> None:
    broken = with_service(app, "worker", healthCheckGracePeriodSeconds=30)
    assert keys(broken) == ["healthCheckGracePeriodSeconds"]


def test_a_grace_period_in_milliseconds(app: Production) -> None:
    broken = with_service(app, "web", healthCheckGracePeriodSeconds=30_000)
    assert keys(broken) == ["healthCheckGracePeriodSeconds"]
    assert keys(with_service(app, "web", healthCheckGracePeriodSeconds=3600)) == []


def test_a_service_stands_in_one_table(app: Production) -> None:
    twice = replace(app, services={**app.services, "again": app.services["web"]})
    files = {**app.files, "services.again.service": app.files["services.web.service"]}
    (problem,) = services.tables(replace(twice, files=files))
    assert str(problem) == (
        'services.again.service is the service "tickets-web", and so is services.web'
    )


def test_services_that_fargate_and_ecs_refuse(app: Production) -> None:
    assert texts(with_service(app, "web", schedulingStrategy="DAEMON")) == [
        'schedulingStrategy: is "DAEMON": a daemon runs on each instance of a cluster, and Fargate'
        ' has none; write "REPLICA", or leave it out, and set desiredCount'
    ]
    assert texts(with_service(app, "web", deploymentController={"type": "CODE_DEPLOY"})) == [
        'deploymentController.type: is "CODE_DEPLOY", and deploymentCircuitBreaker is enabled: ECS'
        ' refuses the two together; write "ECS", or leave it out: ECS deploys, and rolls back'
    ]
    fine = with_service(
        app, "web", schedulingStrategy="REPLICA", deploymentController={"type": "ECS"}
    )
    assert texts(fine) == []


STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1}]
SPREAD = [{"type": "spread", "field": "attribute:ecs.availability-zone"}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"capacityProviderStrategy": STRATEGY, "launchType": None}, ""),
        ({"placementStrategy": SPREAD}, "placementStrategy is set, and Fargate takes none"),
        ({"placementStrategy": [], "placementConstraints": []}, ""),
    ],
)
def test_the_launch_of_a_service(app: Production, changes: dict[str, Any], said: str) -> None:
    judge(edits.messages(services.CHECKS, with_service(app, "web", **changes)), said)


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [
        (65536, 1024, "ulimits[0].softLimit is 65536, and hardLimit 1024"),
        (64, 64, "ulimits[0].softLimit is 64: a process has no more files"),
        (1024, 65536, ""),
    ],
)
def test_the_limits_of_a_process(app: Production, soft: int, hard: int, said: str) -> None:
    container, *others = app.services["web"].definition.raw["containerDefinitions"]
    limit = {"name": "nofile", "softLimit": soft, "hardLimit": hard}
    containers = [{**container, "ulimits": [limit]}, *others]
    judge(
        edits.messages(
            services.CHECKS, with_definition(app, "web", containerDefinitions=containers)
        ),
        said,
    )


def provider(name: str, **more: int) -> dict[str, Any]:
    return {"capacityProvider": name, **more}


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([provider("FARGATE_SPOT", weight=3), provider("FARGATE", weight=1, base=1)], ""),
        ([provider("FARGATE_SPOT", weight=0)], "has no weight above 0: ECS would start no task"),
        (
            [provider("FARGATE", weight=1, base=1), provider("FARGATE_SPOT", weight=1, base=1)],
            "has several bases, and ECS takes one",
        ),
        (
            [provider("my-asg", weight=1)],
            'capacityProviderStrategy[0].capacityProvider is "my-asg"',
        ),
    ],
)
def test_the_strategy_of_providers(app: Production, items: list[dict[str, Any]], said: str) -> None:
    judge(edits.messages((services.strategies,), with_strategy(app, items)), said)


def with_strategy(app: Production, items: list[dict[str, Any]]) -> Production:
    return with_service(app, "web", launchType=None, capacityProviderStrategy=items)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loadBalancers": [{}] * 6}, "loadBalancers has 6, and ECS takes 5"),
        ({"desiredCount": -1}, "desiredCount is -1, and ECS takes no number below 0"),
        ({"healthCheckGracePeriodSeconds": -5}, "healthCheckGracePeriodSeconds is -5"),
        ({"healthCheckGracePeriodSeconds": 0}, ""),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"] * 17}}},
            "networkConfiguration.awsvpcConfiguration.subnets has 17, and ECS takes 16",
        ),
        ({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"] * 3}}}, ""),
    ],
)
def test_numbers_that_ecs_limits(app: Production, changes: dict[str, Any], said: str) -> None:
    judge(edits.messages((services.sizes,), with_service(app, "web", **changes)), said)


@pytest.mark.parametrize(("port", "said"), [("http", 'portName is "http"'), ("", "")])
def test_the_ports_of_service_connect(app: Production, port: str, said: str) -> None:
    listed = [{"portName": port}] if port else []
    connect = {"enabled": True, "services": listed}
    changed = with_service(app, "web", serviceConnectConfiguration=connect)
    judge(edits.messages((services.service_connect,), changed), said)
