"""The components' names are listed once, and every part that goes by them has all of them."""

from __future__ import annotations

from importlib import import_module
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from harness.core.components import COMPONENTS
from harness.images.context import STACK_IMAGES
from harness.inputs import config
from harness.stack.network.addresses import Tier, some_tiers
from harness.stack.removal import REMOVAL_ORDER

WITHOUT_CONTROL = ("cache", "edge", "proxy", "mysql", "emulator")
ROOT = Path(__file__).resolve().parents[3]


def test_every_component_has_a_module_a_context_and_an_image_that_can_be_replaced() -> None:
    for name in COMPONENTS:
        assert import_module(f"harness.stack.components.{name}")
        assert (ROOT / "compose" / name / "Dockerfile").is_file()
    assert set(STACK_IMAGES) == {*COMPONENTS, "app", "pause"}
    assert set(config.IMAGE_NAMES) == {*COMPONENTS, "app", "pause", "vendor"}


def test_every_component_has_an_address_of_its_own() -> None:
    tier = Tier.at(IPv4Network("10.40.2.0/24"))
    addresses = [tier.of(name) for name in COMPONENTS]
    assert None not in addresses
    assert len(set(addresses)) == len(COMPONENTS)
    assert tier.of("task") is None


def test_control_goes_first_and_the_rest_in_reverse() -> None:
    assert ("control", "task", "pause", *WITHOUT_CONTROL) == REMOVAL_ORDER


@pytest.mark.parametrize(("cidr", "size"), [("10.40.0.0/16", 256), ("10.40.0.0/24", 64)])
def test_a_small_vpc_has_room_for_each_tier(cidr: str, size: int) -> None:
    tiers = some_tiers(cidr, count=4)
    assert {tier.subnet.num_addresses for tier in tiers} == {size}
    assert len({tier.subnet for tier in tiers}) == 4
    for tier in tiers:
        assert not any(tier.of(name) in tier.tasks for name in COMPONENTS)
