"""Two services behind target groups of their own: control, and rules of a real edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.docker.control_stack import GROUP_ARN, ControlStack, definition, service, started

if TYPE_CHECKING:
    import docker


@pytest.fixture
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlStack]:
    with started(client, image, tmp_path_factory.mktemp("home")) as control_stack:
        control_stack.create_target_group()
        yield control_stack


def test_a_rule_leads_a_path_to_the_service_of_its_group(stack: ControlStack) -> None:
    elbv2 = stack.elbv2
    (own,) = elbv2.describe_target_groups()["TargetGroups"]
    fields = ("TargetType", "Protocol", "Port", "VpcId", "HealthCheckPath")
    settings = {name: own[name] for name in fields}
    group = elbv2.create_target_group(Name="tickets-api", **settings)["TargetGroups"][0]
    (listener,) = elbv2.describe_listeners()["Listeners"]
    elbv2.create_rule(
        ListenerArn=listener["ListenerArn"],
        Priority=5,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    stack.until(lambda: stack.get("/api/orders")[0] == 503)

    entry = {"targetGroupArn": GROUP_ARN, "containerName": "app", "containerPort": 8080}
    for name in ("tickets-web", "tickets-api"):
        stack.ecs.register_task_definition(**definition(name))
        arn = GROUP_ARN.replace("tickets-web", name)
        balancers = [{**entry, "targetGroupArn": arn}]
        request = service(serviceName=name, taskDefinition=name, loadBalancers=balancers)
        stack.ecs.create_service(**request)
    for name in ("tickets-web", "tickets-api"):
        stack.until_steady(name, within_s=60)

    tasks = {task["group"]: task["taskArn"].rpartition("/")[2] for task in stack.tasks()}
    answers = {path: stack.get(path) for path in ("/", "/api/orders", "/apis")}
    routes = {path: body.get("task", status) for path, (status, body) in answers.items()}
    web, api = tasks["service:tickets-web"], tasks["service:tickets-api"]
    assert routes == {"/": web, "/api/orders": api, "/apis": web}
    rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert [rule["Priority"] for rule in rules] == ["5", "default"]
