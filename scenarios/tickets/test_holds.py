"""Expired holds are released once in every minute that has a tick, however many tasks it starts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.replay.exclusive import exclusive_times
from harness.report import not_covered, proved
from scenarios.scheduled import (
    COMMAND,
    STARTS_WITHIN,
    WINDOW,
    by_task,
    is_disturbed,
    undisturbed,
)
from scenarios.shared_state import lock_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.resources.schedule import Run, Scheduler

RELEASE = "release-expired-holds"

as_task = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("its rule and its tasks cannot be seen from outside")
)
needs_rule = pytest.mark.requires("http", "probe", "ecs", "schedule")


@as_task
@needs_rule
@pytest.mark.read_only(runs_last=True)
def test_expired_holds_are_released_once_in_each_minute(
    scheduler: Scheduler,
    scheduler_runs: Callable[[datetime], list[dict[str, Any]]],
    until_window_is_over: Callable[[], None],
    access: Access,
) -> None:
    began, ended = scheduler.window(WINDOW)
    until_window_is_over()
    times = exclusive_times(access.run_dir)
    ticks = [tick for tick in scheduler.ticks(since=began) if tick.at < ended]
    assert ticks, "the rule started no task in two minutes"
    # A task that the rule did not start may have released the first minute's holds before.
    records = scheduler_runs(began - timedelta(minutes=1))
    commands = by_task(records, name=COMMAND)
    releases = Counter(minute for minute, _ in releases_of(records))
    for tick in undisturbed(ticks, times=times):
        assert not tick.exit_code, f"the task of a tick failed: {tick}"
        disturbed = is_disturbed(tick.at, tick.at + STARTS_WITHIN, times=times)
        for run in commands.get(tick.task, []):
            if releases[run["minute"]] or not disturbed:
                expect_one_release(releases[run["minute"]], run["minute"])


def releases_of(records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return minute and task of each run; one task may run a command again after seconds."""
    return {(record["minute"], record["task"]) for record in records if record["name"] == RELEASE}


def expect_one_release(times: int, minute: str, *, lock: str = "") -> None:
    """Check that the command of every minute ran once in a minute that had a tick.

    Args:
        times: How often it ran.
        minute: The minute.
        lock: Why its lock does not reach the other tasks, where the web task's settings show it.
    """
    late = (
        f"{RELEASE} was not due or not let through in a minute that had a tick: its schedule is not"
        " every minute, environments(), when() or skip() leaves this out, or a lock of an earlier"
        " run is still held"
    )
    twice = SettingCause(
        "CACHE_STORE",
        f"{RELEASE} ran in more than one task: CACHE_STORE is not shared by the scheduler's tasks,"
        " or the command lacks onOneServer()",
    )
    expect(
        times == 1,
        f"{RELEASE} ran {times} times in {minute}",
        cause=(lock or twice) if times else late,
        guess=not times,
    )


@as_task
@needs_rule
@pytest.mark.mutates
def test_on_one_server_command_runs_once_in_two_ticks(
    scheduler: Scheduler,
    scheduler_runs: Callable[[datetime], list[dict[str, Any]]],
    until_stopped: Callable[[str], Run],
    app_code: dict[str, Any],
    configuration: dict[str, Any],
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(3):
        tasks = [scheduler.start() for _ in range(2)]
        ends = [until_stopped(task) for task in tasks]
        assert all(end.exit_code == 0 for end in ends), "\n".join(map(str, ends))
        ran = scheduler_runs(began)
        commands = by_task(ran, name=COMMAND)
        minutes = {commands[task][0]["minute"] for task in tasks}
        if len(minutes) == 1:
            break
    assert len(minutes) == 1, "two tasks started at once never ran in the same minute"
    (minute,) = minutes
    releases = sum(run_minute == minute for run_minute, _ in releases_of(ran))
    locks = [lock for lock in app_code["locks"] if RELEASE in lock["use"]]
    causes = (lock_cause(lock, configuration["resources"]) for lock in locks)
    expect_one_release(releases, minute, lock=next(filter(None, causes), ""))
