"""The file of the scaling: capacities and policies under which visitors find tasks.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
(a policy needs a registered target) and API_PredefinedMetricSpecification.html (percentages).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.phases.checks.difference import Difference, calls_of

if TYPE_CHECKING:
    from harness.inputs.files.api_calls import Call
    from harness.phases.account import Account

_OF_PERCENTAGES = ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization")
_POLICY = "TargetTrackingScalingPolicyConfiguration"


def differences(account: Account, calls: list[Call]) -> Iterator[Difference]:
    """Go through capacities without a task, and policies that never scale."""
    access = account.access
    web = f"service/{access.cluster}/{access.services.get(access.web)}"
    registered = {
        str(registration.input["ResourceId"])
        for registration in calls_of("RegisterScalableTarget", calls)
    }
    for call in calls:
        # A MinCapacity above MaxCapacity is an error of the file: inputs.checks.phases.
        if call.input.get("MinCapacity") == 0 and call.input.get("ResourceId") == web:
            expected = "a MinCapacity of 1 at least: at 0 visitors find no task"
            yield Difference(f"{call.key}.MinCapacity", expected, "has 0")
    for call in calls_of("PutScalingPolicy", calls):
        name = str(call.input["ResourceId"])
        if registered and name not in registered:
            expected = f"a registered target, {', '.join(sorted(registered))}"
            yield Difference(f"{call.key}.ResourceId", expected, f"is {name}")
        tracking = call.input.get(_POLICY) or {}
        metric = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
        target = float(tracking.get("TargetValue", 50))
        # One above 100 is an error of the file: inputs.checks.phases.
        if metric in _OF_PERCENTAGES and target <= 1:
            expected = "a percentage, 60 for instance"
            yield Difference(f"{call.key}.{_POLICY}.TargetValue", expected, f"is {target:g}")
