"""The fixture `observe`: observations reach the report, also from a worker of xdist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay

OBSERVES = """
    @complete
    @pytest.mark.read_only
    def test_a_refusal(observe):
        observe("refusal", text="[3159] TLS is required")
        observe("statuses", set=[503, 200, 503])
    """


@pytest.mark.parametrize("arguments", [(), ("-n", "2", "scenarios")])
def test_observations_are_in_the_report(
    replay: Replay, pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    assert replay(OBSERVES, *arguments).ret == 0
    (scenario,) = json.loads((pytester.path / "run/report.json").read_text())["scenarios"]
    assert scenario["saw"] == {
        "refusal": {"text": "[3159] TLS is required"},
        "statuses": {"set": ["200", "503"]},
    }
