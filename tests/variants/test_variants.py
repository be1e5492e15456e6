"""No harmless variant of the app's files is rejected, and none turns a scenario red."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.variants.catalog import BUNDLES
from tests.variants.variant import plan_bundle, plan_variant

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from tests.rehearsals import Rehearsal

pytestmark = [pytest.mark.docker, pytest.mark.long]


def bundles() -> Iterator[ParameterSet]:
    for name, variants in BUNDLES.items():
        yield pytest.param(plan_bundle(name, variants), id=name)


def expect_green(rehearsal: Rehearsal) -> None:
    red = [f"{outcome.scenario}: {outcome.cause}" for outcome in rehearsal.red]
    assert not red, "\n".join([*red, rehearsal.output])
    assert rehearsal.exit_code == 0, rehearsal.output
    assert any(outcome.result == "passed" for outcome in rehearsal.outcomes), rehearsal.output


@pytest.mark.parametrize("plan", [*bundles()])
def test_a_bundle_of_variants_is_green(rehearsal: Rehearsal) -> None:
    expect_green(rehearsal)


@pytest.mark.alone
@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(plan_variant(variant), id=variant.name)
        for each in BUNDLES.values()
        for variant in each
    ],
)
def test_a_variant_alone_is_green(rehearsal: Rehearsal) -> None:
    expect_green(rehearsal)
