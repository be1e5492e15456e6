"""What Fargate refuses of a container."""

from __future__ import annotations

from typing import Any

import pytest

from harness.containerchecks import problems

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
