"""The checks of the DNS switch."""

from __future__ import annotations

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, answering, result_of


def test_a_host_without_a_zone_in_the_account_is_not_covered(files: Production) -> None:
    answers = {
        **contracts.green(files),
        "route53 ListHostedZonesByName": answering({"HostedZones": [], "IsTruncated": False}),
    }
    result = result_of(CHECKS["6.dns"], files, answers)
    assert result.state == "not covered"
    assert "cutover smoke https://tickets.876events.example" in result.key
