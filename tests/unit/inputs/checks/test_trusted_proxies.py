"""TRUSTED_PROXIES with a part of the VPC: the stack's own subnet stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from tests.mistakes.edits import set_variable


def overlaid(project: Path, value: str) -> tuple[str | None, tuple[str, ...]]:
    set_variable("TRUSTED_PROXIES", value).apply(project)
    app = production.load({}, cwd=project)
    return app.config.overlay.environment.get("TRUSTED_PROXIES"), app.notes


def test_subnets_of_the_vpc_stand_for_the_load_balancers(project: Path) -> None:
    assert overlaid(project, "10.40.0.0/24, 10.40.1.0/24,192.0.2.1") == (
        "{app_network_cidr},192.0.2.1",
        (
            "TRUSTED_PROXIES is 10.40.0.0/24, 10.40.1.0/24: taken for the load balancer's subnets,"
            " since the stack has other ones",
        ),
    )


@pytest.mark.parametrize(
    "value", ["10.40.0.0/15", "10.0.0.0/8,10.40.0.0/24", "*", "10.99.0.0/16", "10.40.0.0/16 ", ""]
)
def test_what_names_no_part_of_the_vpc_stays_as_it_is(project: Path, value: str) -> None:
    assert overlaid(project, value) == (None, ())
