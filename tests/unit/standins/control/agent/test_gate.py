"""The gate: begun work may end, later work may not begin."""

from __future__ import annotations

import threading

import pytest

from harness.standins.control.agent.gate import Closed, Gate


def test_closing_waits_for_those_on_their_way() -> None:
    gate, inside, release, left = Gate(), threading.Event(), threading.Event(), []

    def pass_slowly() -> None:
        with gate.passage():
            inside.set()
            release.wait(5)
            left.append("passed")

    thread = threading.Thread(target=pass_slowly)
    thread.start()
    inside.wait(5)
    assert gate.close(within_s=0.05) == 1
    with pytest.raises(Closed), gate.passage():
        pass
    release.set()
    assert gate.close(within_s=5) == 0
    assert left == ["passed"]
    thread.join(5)


def test_whoever_fails_inside_has_passed() -> None:
    gate = Gate()
    with pytest.raises(ValueError, match="refused"), gate.passage():
        raise ValueError("refused")
    assert gate.close(within_s=0) == 0
