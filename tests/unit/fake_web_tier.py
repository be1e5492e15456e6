"""A web tier with a fake ECS and a fake load balancer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from harness.target.access import Access
from harness.target.resources.web_tier import WebTier
from harness.target.target import Differences
from tests.unit.pages import Paged

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:876000000876:task/tickets/"
ACCESS = Access(
    public_url="https://tickets.876events.example",
    cluster="tickets",
    services={"web": "tickets-web"},
    target_group="tickets-web",
    load_balancer="tickets",
)
QUICK = Differences(
    eventual_timeout_s=0.0,
    task_replacement_timeout_s=0.0,
    plaintext_at_proxy=(),
    plaintext_at_server=(),
)


class FakeEcs(Paged):
    def __init__(self, *, desired: int = 2, stopped: list[dict[str, Any]] | None = None) -> None:
        self.desired = desired
        self.stopped = stopped or []
        self.updates: list[dict[str, Any]] = []
        self.variables: dict[str, str] = {}

    def list_tasks(self, **how: Any) -> Any:
        running = {"taskArns": [f"{ARN}aaa", f"{ARN}bbb"]}
        return (
            running
            if how["desiredStatus"] == "RUNNING"
            else {"taskArns": [f"{ARN}x"] * len(self.stopped)}
        )

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> Any:
        if tasks and tasks[0].endswith("/x"):
            return {"tasks": self.stopped}
        details = [{"name": "privateIPv4Address", "value": "10.0.0.4"}]
        return {
            "tasks": [
                {
                    "taskArn": arn,
                    "lastStatus": "RUNNING",
                    "attachments": [{"details": details}] if arn.endswith("aaa") else [],
                }
                for arn in tasks
            ]
        }

    def describe_services(self, *, cluster: str, services: list[str]) -> Any:
        events = [
            {"createdAt": NOW, "message": "(service tickets-web) has reached a steady state."},
            {"createdAt": NOW - timedelta(hours=1), "message": "an old one"},
        ]
        return {
            "services": [
                {"desiredCount": self.desired, "events": events, "taskDefinition": "tickets-web:1"}
            ]
        }

    def describe_task_definition(self, **how: Any) -> Any:
        secret = {"name": "APP_KEY", "valueFrom": "arn:aws:secretsmanager:r:1:secret:t/a-x:k::"}
        variables = [{"name": name, "value": value} for name, value in self.variables.items()]
        container = {"name": "app", "secrets": [secret], "environment": variables}
        return {"taskDefinition": {"containerDefinitions": [container]}}

    def update_service(self, **how: Any) -> Any:
        self.updates.append(how)
        return {"service": {}}


class FakeElb:
    def __init__(self, *states: str) -> None:
        self.states = states
        self.idle = ["60"]
        self.interval_s = 0

    def describe_target_groups(self, **how: Any) -> Any:
        checks = {"HealthCheckIntervalSeconds": self.interval_s, "HealthyThresholdCount": 5}
        return {"TargetGroups": [{"TargetGroupArn": "arn:group", **checks}]}

    def describe_target_group_attributes(self, **how: Any) -> Any:
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "300"}]}

    def describe_load_balancers(self, **how: Any) -> Any:
        return {"LoadBalancers": [{"LoadBalancerArn": "arn:balancer"}]}

    def describe_target_health(self, **how: Any) -> Any:
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": state, "Reason": "R"}}
                for n, state in enumerate(self.states)
            ]
        }

    def describe_load_balancer_attributes(self, **how: Any) -> Any:
        return {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": self.idle[-1]}]}

    def modify_load_balancer_attributes(self, **how: Any) -> None:
        self.idle.append(how["Attributes"][0]["Value"])


def tier(ecs: FakeEcs, *states: str) -> WebTier:
    return WebTier(ACCESS, ecs=ecs, elbv2=FakeElb(*states), differences=QUICK)
