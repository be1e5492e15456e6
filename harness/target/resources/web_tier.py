"""The web tier as its operator sees it, through the ECS and ELBv2 APIs only.

The same calls work against control and against AWS.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.aws.elb_attributes import DEREGISTRATION_DELAY
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.target.resources.ecs import EcsService, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.target.access import Access
    from harness.target.target import Differences

TRAFFIC_PORT = "traffic-port"
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


class TargetGroup:
    """A target group, by its name."""

    def __init__(self, elbv2: Any, *, name: str) -> None:
        self._elbv2 = elbv2
        self.name = name

    def describe(self) -> dict[str, Any]:
        """Return the target group as DescribeTargetGroups shows it."""
        return dict(self._elbv2.describe_target_groups(Names=[self.name])["TargetGroups"][0])

    def targets(self) -> list[TargetHealth]:
        """Return the registered targets with their health."""
        answer = self._elbv2.describe_target_health(TargetGroupArn=self._arn())
        return [
            TargetHealth(
                address=target["Target"]["Id"],
                state=target["TargetHealth"]["State"],
                reason=target["TargetHealth"].get("Reason", ""),
                description=target["TargetHealth"].get("Description", ""),
            )
            for target in answer["TargetHealthDescriptions"]
        ]

    def health_check_port(self, port: int) -> int:
        """Return the port that the checks use for a target of this port."""
        setting = self.describe()["HealthCheckPort"]
        return port if setting == TRAFFIC_PORT else int(setting)

    def drains_for_s(self) -> int:
        """Return how long the load balancer lets requests to a target that leaves finish."""
        answer = self._elbv2.describe_target_group_attributes(TargetGroupArn=self._arn())
        return int(_by_key(answer)[DEREGISTRATION_DELAY])

    def healthy_within_s(self) -> int:
        """Return how long the checks take, at the most, until a new target is healthy."""
        group = self.describe()
        return int(group["HealthCheckIntervalSeconds"]) * int(group["HealthyThresholdCount"])

    def unhealthy_within_s(self) -> int:
        """Return how long the checks take, at the most, until a target is unhealthy."""
        group = self.describe()
        once = int(group["HealthCheckIntervalSeconds"]) + int(group["HealthCheckTimeoutSeconds"])
        return once * int(group["UnhealthyThresholdCount"])

    def _arn(self) -> str:
        return str(self.describe()["TargetGroupArn"])


def target_groups(service: EcsService, *, elbv2: Any) -> list[TargetGroup]:
    """Return the target groups that a service registers its tasks with."""
    arns = (balancer["targetGroupArn"] for balancer in service.describe().get("loadBalancers", ()))
    return [TargetGroup(elbv2, name=arn.split("/")[1]) for arn in arns]


class LoadBalancer:
    """A load balancer, by its name."""

    def __init__(self, elbv2: Any, *, name: str) -> None:
        self._elbv2 = elbv2
        self.name = name

    def attributes(self) -> dict[str, str]:
        """Return the load balancer's attributes."""
        answer = self._elbv2.describe_load_balancer_attributes(LoadBalancerArn=self._arn())
        return _by_key(answer)

    def idle_timeout_s(self) -> int:
        """Return the idle time-out."""
        return int(self.attributes()[IDLE_TIMEOUT])

    @contextmanager
    def idle_timeout(self, seconds: int) -> Iterator[None]:
        """Lower the idle time-out inside the block, and restore it after the block."""
        before = self.idle_timeout_s()
        self._set_idle_timeout(seconds)
        try:
            yield
        finally:
            self._set_idle_timeout(before)

    def _set_idle_timeout(self, seconds: int) -> None:
        self._elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=self._arn(),
            Attributes=[{"Key": IDLE_TIMEOUT, "Value": str(seconds)}],
        )

    def _arn(self) -> str:
        (balancer,) = self._elbv2.describe_load_balancers(Names=[self.name])["LoadBalancers"]
        return str(balancer["LoadBalancerArn"])


def _by_key(answer: Mapping[str, Any]) -> dict[str, str]:
    return {item["Key"]: item["Value"] for item in answer["Attributes"]}


class WebTier(EcsService):
    """The web service, with its target group and its load balancer."""

    def __init__(self, access: Access, *, ecs: Any, elbv2: Any, differences: Differences) -> None:
        name = access.services[access.web]
        super().__init__(ecs, cluster=access.cluster, name=name, access=access)
        self.group = TargetGroup(elbv2, name=access.target_group)
        self.balancer = LoadBalancer(elbv2, name=access.load_balancer)
        self._differences = differences

    def targets(self) -> list[TargetHealth]:
        """Return the registered targets with their health."""
        return self.group.targets()

    def port(self) -> int:
        """Return the port of a task to which the load balancer sends visitors."""
        (first, *_) = self.describe()["loadBalancers"]
        return int(first["containerPort"])

    def address_of(self, task: str) -> str:
        """Return the private address of a task; empty when there is no such task."""
        return address_of(self.task(task))

    def wait_until_steady(self, *, within_s: float | None = None) -> None:
        """Wait until every wanted task is healthy behind the load balancer.

        Args:
            within_s: The longest wait; 0 looks once. Without it, as long as new tasks may take.

        Raises:
            DeadlinePassed: It did not come about; the reason is the last state.
        """

        def probe() -> Ready | NotYet:
            desired_count = self.describe()["desiredCount"]
            targets = self.targets()
            healthy = sum(target.state == "healthy" for target in targets)
            unhealthy = any(target.state == "unhealthy" for target in targets)
            if healthy >= desired_count > 0 and not unhealthy:
                return Ready()
            summary = "; ".join(map(str, targets)) or "none"
            return NotYet(f"{healthy} of {desired_count} web tasks are healthy; targets: {summary}")

        wait_until(
            probe,
            deadline=Deadline(self.steady_within_s() if within_s is None else within_s),
            interval_s=max(0.2, self._differences.poll_interval_s),
        )

    def steady_within_s(self) -> float:
        """Return how long new tasks may take until the load balancer sends them visitors."""
        return self._differences.task_replacement_timeout_s + self.group.healthy_within_s()

    def settled_within_s(self) -> float:
        """Return how long a deployment may take until the last old task has drained and gone."""
        return self.steady_within_s() + self.group.drains_for_s()
