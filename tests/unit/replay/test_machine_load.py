"""A red replay on an overloaded machine says so; a busy one is as usual."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.replay.machine_load import MachineLoad


def averages(*loads: float) -> Callable[[], tuple[float, float, float]]:
    left = list(loads)
    return lambda: (left.pop(0), 1.0, 1.0)


@pytest.mark.parametrize(
    ("loads", "is_overloaded"), [((3.0, 11.9), False), ((3.0, 12.0, 1.0), True)]
)
def test_the_highest_load_counts_for_each_processor(
    loads: tuple[float, ...], is_overloaded: bool
) -> None:
    load = MachineLoad(averages(*loads), processors=2)
    for _ in loads:
        load.look()
    assert [note.partition(":")[0] for note in load.notes()] == (
        ["this machine was overloaded (load 12 on 2 processors)"] if is_overloaded else []
    )


def test_a_system_may_not_tell_its_load() -> None:
    def unknown() -> tuple[float, float, float]:
        raise OSError

    load = MachineLoad(unknown, processors=2)
    load.look()
    assert list(load.notes()) == []
