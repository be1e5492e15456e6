"""What ECS refuses of a container, of what it waits for, and of its load balancer."""

from __future__ import annotations

from typing import Any

import pytest

from harness.containerchecks import dependencies, load_balancers, problems

CHECK = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "timeout": 2, "retries": 3}
LOGS = {"awslogs-group": "/ecs/a", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}


def logs(**options: Any) -> dict[str, Any]:
    given = {key: value for key, value in {**LOGS, **options}.items() if value is not ...}
    return {"logDriver": "awslogs", "options": given}


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"stopTimeout": 2, "healthCheck": CHECK, "logConfiguration": logs()},
        {"stopTimeout": 120, "healthCheck": {"command": ["CMD", "true"]}},
        {"portMappings": [{"containerPort": 8080}, {"containerPort": 80, "hostPort": 80}]},
        {"logConfiguration": {"logDriver": "awsfirelens"}},
    ],
)
def test_what_fargate_takes_has_no_problem(container: dict[str, Any]) -> None:
    assert list(problems(container)) == []


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"stopTimeout": 121}, "stopTimeout is 121"),
        ({"stopTimeout": 1}, "stopTimeout is 1"),
        ({"stopTimeout": "30"}, 'stopTimeout is "30"'),
        ({"healthCheck": {}}, "healthCheck.command is null"),
        ({"healthCheck": {"command": ["curl", "x"]}}, 'healthCheck.command is ["curl", "x"]'),
        ({"healthCheck": {**CHECK, "interval": 301}}, "healthCheck.interval is 301"),
        ({"healthCheck": {**CHECK, "retries": 0}}, "healthCheck.retries is 0"),
        (
            {"portMappings": [{"containerPort": 8080, "hostPort": 80}]},
            "portMappings[0].hostPort is 80, and containerPort 8080",
        ),
        ({"portMappings": {"containerPort": 80}}, "portMappings is no list"),
        ({"portMappings": [8080]}, "portMappings[0] is 8080"),
        ({"dependsOn": ["init"]}, 'dependsOn[0] is "init"'),
        ({"logConfiguration": {}}, "logConfiguration.logDriver is null"),
        (
            {"logConfiguration": {"logDriver": "json-file"}},
            'logConfiguration.logDriver is "json-file"',
        ),
        (
            {"logConfiguration": logs(mode=True)},
            "logConfiguration.options.mode is true",
        ),
        (
            {"logConfiguration": logs(**{"awslogs-region": ...})},
            "logConfiguration.options.awslogs-region is missing",
        ),
        (
            {"logConfiguration": logs(**{"awslogs-stream-prefix": 1})},
            "logConfiguration.options.awslogs-stream-prefix is 1",
        ),
    ],
)
def test_what_fargate_refuses_is_named(container: dict[str, Any], expected: str) -> None:
    (found,) = problems(container)
    assert f"{found.key} {found.said}" == expected
    assert found.hint


@pytest.mark.parametrize(
    ("name", "condition", "other", "expected"),
    [
        ("init", "START", {}, 'containerName is "init", which is not there'),
        ("other", "READY", {}, 'condition is "READY"'),
        ("other", "HEALTHY", {}, 'condition is HEALTHY, and the container "other" has no'),
        ("other", "SUCCESS", {}, 'condition is SUCCESS, and the container "other" is essential'),
        ("other", "START", {}, ""),
        ("other", "HEALTHY", {"healthCheck": CHECK}, ""),
        ("other", "COMPLETE", {"essential": False}, ""),
    ],
)
def test_a_container_waits_for_what_can_come(
    name: str, condition: str, other: dict[str, Any], expected: str
) -> None:
    app = {"name": "app", "dependsOn": [{"containerName": name, "condition": condition}]}
    found = list(dependencies([app, {"name": "other", **other}]))
    told = [f"{one.key} {one.said}" for one in found]
    key = "containerDefinitions[0].dependsOn[0]."
    assert [one[: len(key + expected)] for one in told] == ([key + expected] if expected else [])


@pytest.mark.parametrize(
    ("name", "port", "expected"),
    [
        ("app", 8080, []),
        (
            "nginx",
            8080,
            ['loadBalancers[0].containerName is "nginx", which web.json does not have'],
        ),
        (
            "app",
            80,
            [
                'loadBalancers[0].containerPort is 80, which is no port of the container "app" in'
                " web.json"
            ],
        ),
    ],
)
def test_a_load_balancer_leads_to_a_port_that_is_there(
    name: str, port: int, expected: list[str]
) -> None:
    service = {"loadBalancers": [{"containerName": name, "containerPort": port}]}
    app = {"name": "app", "portMappings": [{"containerPort": 8080}]}
    found = load_balancers(service, containers=[app], source="web.json")
    assert [f"{one.key} {one.said}" for one in found] == expected
