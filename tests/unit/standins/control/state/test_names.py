"""ARNs that control forms."""

from __future__ import annotations

from harness.standins.control.state.names import Account


def test_arns_are_of_the_regions_partition() -> None:
    account = Account("876000000876", "us-gov-west-1")
    assert account.ecs("cluster/a") == "arn:aws-us-gov:ecs:us-gov-west-1:876000000876:cluster/a"
    assert account.elb("x").startswith("arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:")
    assert account.events("rule/a") == "arn:aws-us-gov:events:us-gov-west-1:876000000876:rule/a"
