"""The harness's images on the engine: the list, and what prune removes."""

from __future__ import annotations

from typing import Any

from harness.images import engine_images
from tests.unit.images.test_builder import FakeEngine


def test_prune_removes_what_a_newer_image_of_ours_replaced_and_nothing_else() -> None:
    engine = FakeEngine(
        {
            "cutover/base:trixie": "1",
            "cutover/base:sid": "2",
            "cutover/edge:old": "3",
            "cutover/app:used": "4",
            "mysql:8.4": "5",
            "cutover/mine:old": "6",
            "cutover/mine:new": "7",
            "cutover/edge:new": "8",
            "cutover/app:new": "9",
        },
        in_use="cutover/app:used",
    )
    client: Any = engine
    assert engine_images.prune(client) == ["cutover/edge:old"]
    assert "cutover/edge:old" not in engine.tags
    assert len(engine.tags) == 8
    assert [line.split()[0] for line in engine_images.listing(client)] == [
        "cutover/app:new",
        "cutover/edge:new",
        "cutover/app:used",
        "cutover/base:sid",
        "cutover/base:trixie",
    ]
