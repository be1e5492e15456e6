"""The web tier as its operator sees it, through the ECS and ELBv2 APIs only.

The same calls work against control and against AWS. What is read here is asserted in scenarios, and
shown as evidence when one of them fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.target.resources.ecs import address_of, find_tasks, task_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.target.access import Access
    from harness.target.target import Differences

DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds"
IDLE_TIMEOUT = "idle_timeout.timeout_seconds"


@dataclass(frozen=True)
class TargetHealth:
    """One target of the target group."""

    address: str
    state: str
    reason: str = ""
    description: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.address, self.state, self.reason) if part) + (
            f" ({self.description})" if self.description else ""
        )


def targets_of(elbv2: Any, *, group: str) -> list[TargetHealth]:
    """Return the registered targets of a target group, by its name, with their health."""
    arn = _described(elbv2, group=group)["TargetGroupArn"]
    answer = elbv2.describe_target_health(TargetGroupArn=arn)
    return [
        TargetHealth(
            address=one["Target"]["Id"],
            state=one["TargetHealth"]["State"],
            reason=one["TargetHealth"].get("Reason", ""),
            description=one["TargetHealth"].get("Description", ""),
        )
        for one in answer["TargetHealthDescriptions"]
    ]


def _described(elbv2: Any, *, group: str) -> dict[str, Any]:
    found: dict[str, Any] = elbv2.describe_target_groups(Names=[group])["TargetGroups"][0]
    return found


class WebTier:
    """The web service, its target group and its load balancer."""

    def __init__(self, access: Access, *, ecs: Any, elbv2: Any, differences: Differences) -> None:
        self.cluster = access.cluster
        self.service = access.services["web"]
        self._group_name = access.target_group
        self._balancer_name = access.load_balancer
        self._ecs = ecs
        self._elbv2 = elbv2
        self._differences = differences

    @property
    def ecs(self) -> Any:
        """The client of ECS that it asks."""
        return self._ecs

    def tasks(self, *, status: str = "RUNNING") -> list[dict[str, Any]]:
        """Return the service's tasks of a desired status, as DescribeTasks shows them."""
        return find_tasks(
            self._ecs, cluster=self.cluster, statuses=(status,), serviceName=self.service
        )

    def running(self) -> set[str]:
        """Return the ids of the tasks that run and are meant to."""
        return {
            task_id(one["taskArn"]) for one in self.tasks() if one.get("lastStatus") == "RUNNING"
        }

    def describe(self) -> dict[str, Any]:
        """Return the service as DescribeServices shows it."""
        found: dict[str, Any] = self._ecs.describe_services(
            cluster=self.cluster, services=[self.service]
        )["services"][0]
        return found

    def definition(self, arn: str = "") -> dict[str, Any]:
        """Return a task definition: the one that the service is on, unless another is named."""
        found: dict[str, Any] = self._ecs.describe_task_definition(
            taskDefinition=arn or self.describe()["taskDefinition"]
        )["taskDefinition"]
        return found

    def targets(self) -> list[TargetHealth]:
        """Return the registered targets with their health."""
        return targets_of(self._elbv2, group=self._group_name)

    def address_of(self, task: str) -> str:
        """Return the private address of a running task; empty when there is no such task."""
        for one in self.tasks():
            if task_id(one["taskArn"]) == task:
                return address_of(one)
        return ""

    def replace_all(self) -> None:
        """Start a new task for each; ECS stops the old ones when the new ones are healthy."""
        self._ecs.update_service(
            cluster=self.cluster, service=self.service, forceNewDeployment=True
        )

    @contextmanager
    def scaled_to(self, count: int) -> Iterator[None]:
        """Ask for this many tasks inside the block, and for as many as before after it."""
        before = self.describe()["desiredCount"]
        self._scale(count)
        try:
            yield
        finally:
            self._scale(before)

    def _scale(self, count: int) -> None:
        self._ecs.update_service(cluster=self.cluster, service=self.service, desiredCount=count)

    def balancer_attributes(self) -> dict[str, str]:
        """Return the load balancer's attributes."""
        answer = self._elbv2.describe_load_balancer_attributes(LoadBalancerArn=self._balancer_arn())
        return {one["Key"]: one["Value"] for one in answer["Attributes"]}

    def drains_for_s(self) -> int:
        """Return how long the load balancer lets requests to a target that leaves finish."""
        answer = self._elbv2.describe_target_group_attributes(TargetGroupArn=self._group_arn())
        found = {one["Key"]: one["Value"] for one in answer["Attributes"]}
        return int(found[DEREGISTRATION_DELAY])

    def idle_timeout_s(self) -> int:
        """Return the load balancer's idle time-out."""
        return int(self.balancer_attributes()[IDLE_TIMEOUT])

    @contextmanager
    def idle_timeout(self, seconds: int) -> Iterator[None]:
        """Lower the idle time-out inside the block, and put it back after it."""
        before = self.idle_timeout_s()
        self._set_idle_timeout(seconds)
        try:
            yield
        finally:
            self._set_idle_timeout(before)

    def _set_idle_timeout(self, seconds: int) -> None:
        self._elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=self._balancer_arn(),
            Attributes=[{"Key": IDLE_TIMEOUT, "Value": str(seconds)}],
        )

    def wait_until_steady(self) -> None:
        """Wait until every wanted task is healthy behind the load balancer.

        Raises:
            DeadlinePassed: It did not come about; the reason is the last state seen.
        """

        def probe() -> Ready | NotYet:
            wanted = self.describe()["desiredCount"]
            targets = self.targets()
            healthy = sum(one.state == "healthy" for one in targets)
            if healthy >= wanted > 0 and not any(one.state == "unhealthy" for one in targets):
                return Ready()
            shown = "; ".join(map(str, targets)) or "none"
            return NotYet(f"{healthy} of {wanted} web tasks are healthy; targets: {shown}")

        wait_until(probe, deadline=Deadline(self.steady_within_s()), interval_s=0.2)

    def steady_within_s(self) -> float:
        """Return how long new tasks may take until the load balancer sends them visitors."""
        group = self._group()
        checked_s = int(group["HealthCheckIntervalSeconds"]) * int(group["HealthyThresholdCount"])
        return self._differences.replacement_s + checked_s

    def settled_within_s(self) -> float:
        """Return how long a deployment may take until the last old task has drained and gone."""
        return self.steady_within_s() + self.drains_for_s()

    def unhealthy_within_s(self) -> int:
        """Return how long the target group takes to call a target unhealthy, at the most."""
        group = self._group()
        once = int(group["HealthCheckIntervalSeconds"]) + int(group["HealthCheckTimeoutSeconds"])
        return once * int(group["UnhealthyThresholdCount"])

    def _group(self) -> dict[str, Any]:
        return _described(self._elbv2, group=self._group_name)

    def _group_arn(self) -> str:
        return str(self._group()["TargetGroupArn"])

    def _balancer_arn(self) -> str:
        found = self._elbv2.describe_load_balancers(Names=[self._balancer_name])["LoadBalancers"]
        return str(found[0]["LoadBalancerArn"])
