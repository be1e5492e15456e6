"""Each bundle of variants has its day."""

from __future__ import annotations

from datetime import date, timedelta

from tests.variants import choice

DAY = date(2026, 11, 27)


def test_every_bundle_has_its_turn() -> None:
    bundles = ["names", "places", "counts"]
    week = [choice.choose(bundles, day=DAY + timedelta(days=n)) for n in range(3)]
    assert sorted(week) == sorted(bundles)
