"""No harmless variant of the app's files is rejected, and none turns a scenario red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.variants.catalog import BUNDLES
from tests.variants.variant import plan_bundle, plan_variant

if TYPE_CHECKING:
    from tests.rehearsals import Rehearsal

pytestmark = [pytest.mark.docker, pytest.mark.long]


def expect_green(rehearsal: Rehearsal) -> None:
    red = [f"{one.scenario}: {one.cause}" for one in rehearsal.red]
    assert not red, "\n".join([*red, rehearsal.output])
    assert rehearsal.exit_code == 0, rehearsal.output
    assert any(one.result == "passed" for one in rehearsal.outcomes), rehearsal.output


@pytest.mark.parametrize(
    "plan", [pytest.param(plan_bundle(name, one), id=name) for name, one in BUNDLES.items()]
)
def test_a_bundle_of_variants_is_green(rehearsal: Rehearsal) -> None:
    expect_green(rehearsal)


@pytest.mark.alone
@pytest.mark.parametrize(
    "plan",
    [pytest.param(plan_variant(one), id=one.name) for each in BUNDLES.values() for one in each],
)
def test_a_variant_alone_is_green(rehearsal: Rehearsal) -> None:
    expect_green(rehearsal)
