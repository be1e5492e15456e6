"""Each minute the rule starts one task, and what is due in that minute is done once."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from harness.aws.eventbridge import is_each_minute
from harness.report import emulated, not_covered, proved
from harness.target.resources.ecs import copy_of
from harness.target.resources.schedule import PERIOD_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import ExecResult
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.schedule import Run, Scheduler

RELEASE = "release-expired-holds"
COMMAND = "schedule:run"
WINDOW = timedelta(minutes=2)
JITTER_S = 20.0
"""How far a tick may be from a minute after the one before it."""
DUE_WITHIN_S = 150.0
FAILED = 100
"""Exit code for the first of what is scheduled; a shell's own begin at 126."""
MOST = 26
QUIET_S = 15.0
"""A tick that falls into the test of the disabled rule would be missed by who counts them."""

NOT_THERE = not_covered("its rule and its tasks cannot be seen from outside")
as_rule = pytest.mark.truth(
    local=emulated(
        "the emulator ticks into a queue, at a second of its own, and control runs the task"
    ),
    aws=proved,
    url=NOT_THERE,
)
as_task = pytest.mark.truth(local=proved, aws=proved, url=NOT_THERE)
needs_rule = pytest.mark.requires("http", "probe", "ecs", "schedule")


@pytest.fixture
def what_ran(
    probe: ProbeClient, patiently: Callable[[Callable[[], Any]], Any]
) -> Callable[[datetime], list[dict[str, Any]]]:
    """Return what the scheduler has run since then: the command, and each entry of it."""

    def ask(since: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = patiently(lambda: probe.ticks(since=since))
        return found

    return ask


@pytest.fixture
def what_is_scheduled(run_in_task: Callable[..., ExecResult]) -> list[dict[str, Any]]:
    """Return what the app schedules, due or not."""
    listed = run_in_task(["php", "artisan", "cutover-probe:schedule"]).stdout
    found: list[dict[str, Any]] = json.loads(listed)
    return found


@pytest.fixture
def until_window_is_over(
    scheduler: Scheduler, eventually: Callable[..., Any]
) -> Callable[[], None]:
    """Wait until those who count ticks have their two minutes."""
    _, ended = scheduler.window(WINDOW)

    def wait() -> None:
        eventually(
            lambda: datetime.now(UTC),
            until=lambda now: now >= ended,
            what="the two minutes did not pass",
            within_s=DUE_WITHIN_S,
        )

    return wait


@pytest.fixture
def unstartable(scheduler: Scheduler, ecs: Any) -> Iterator[str]:
    """Register a task definition like the scheduler's whose secret lacks a key."""
    copied = copy_of(scheduler.definition())
    container = copied["containerDefinitions"][0]
    first = container["secrets"][0]
    arn, _, _ = first["valueFrom"].rpartition(":secret:")
    name = first["valueFrom"].removeprefix(f"{arn}:secret:").split(":")[0]
    broken = {"name": first["name"], "valueFrom": f"{arn}:secret:{name}:no_such_key::"}
    copied["containerDefinitions"] = [{**container, "secrets": [broken, *container["secrets"][1:]]}]
    copied["family"] = f"{scheduler.family}-rehearsal"
    made = ecs.register_task_definition(**copied)["taskDefinition"]["taskDefinitionArn"]
    yield made
    ecs.deregister_task_definition(taskDefinition=made)


def by_hand(scheduled: dict[str, Any]) -> str:
    """Return the command that runs what is scheduled, whenever it is due."""
    # schedule:test would end with 0 whatever a command does.
    named = f"php artisan schedule:test --no-ansi --name={shlex.quote(scheduled['name'])}"
    return scheduled["command"] or named


def by_task(ran: list[dict[str, Any]], *, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the records of one name, by the task that ran it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in ran:
        if one["name"] == name:
            found.setdefault(one["task"], []).append(one)
    return found


@as_rule
@needs_rule
@pytest.mark.read_only(looks_back=True)
def test_each_minute_has_one_tick_and_one_run_of_the_release(
    scheduler: Scheduler,
    what_ran: Callable[[datetime], list[dict[str, Any]]],
    eventually: Callable[..., Any],
    record_property: Callable[[str, object], None],
) -> None:
    # In two minutes a rule of every second one may look like this one.
    expression = scheduler.expression()
    assert is_each_minute(expression), f"the rule ticks by {expression}, and not each minute"
    began, ended = scheduler.window(WINDOW)
    settings = scheduler.settings()  # before another scenario disables the rule for a while

    def ticks() -> list[Run]:
        return [one for one in scheduler.ticks(since=began) if one.at < ended]

    seen: list[Run] = eventually(
        ticks,
        until=lambda ticks: datetime.now(UTC) >= ended and all(one.stopped for one in ticks),
        what="the tasks that the rule started did not stop",
        within_s=DUE_WITHIN_S,
    )
    shown = "\n".join([f"the rule: {settings}", *map(str, seen)])
    moments = [began, *(one.at for one in seen), ended]
    gaps = [(later - former).total_seconds() for former, later in pairwise(moments)]
    assert max(gaps) <= PERIOD_S + JITTER_S, f"no tick came for {max(gaps):.0f} s:\n{shown}"
    between = gaps[1:-1]
    assert min(between, default=PERIOD_S) >= PERIOD_S - JITTER_S, (
        f"two ticks came within {min(between):.1f} s:\n{shown}"
    )
    assert all(one.exit_code == 0 for one in seen), f"a tick's task failed:\n{shown}"

    # A task that was no tick may have done the first minute's work before the window began.
    ran = what_ran(began - timedelta(minutes=1))
    commands = by_task(ran, name=COMMAND)
    for tick in seen:
        times = len(commands.get(tick.task, []))
        assert times == 1, f"the task of the tick {tick} ran {COMMAND} {times} times"
    for one in ran:
        # schedule:run itself ends with 0 all the same.
        assert one["outcome"] != "failed", (
            f"the scheduled {one['name']} failed in {one['minute']}:"
            f" {one['error'] or 'its exit code is not 0'}"
        )
    evaluated = {commands[tick.task][0]["minute"] for tick in seen}
    releases = Counter(one["minute"] for one in ran if one["name"] == RELEASE)
    for minute in sorted(evaluated):
        assert releases[minute] == 1, f"{RELEASE} ran {releases[minute]} times in {minute}"

    lags = [
        (datetime.fromisoformat(commands[one.task][0]["started_at"]) - one.at).total_seconds()
        for one in seen
    ]
    record_property("start lag of a tick, s", [round(lag, 2) for lag in lags])
    record_property("jitter of the ticks, s", [round(gap - PERIOD_S, 2) for gap in between])
    assert max(lags) < PERIOD_S, (
        f"a tick took {max(lags):.0f} s until {COMMAND} began: what is due at a fixed minute is"
        " skipped"
    )


@as_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "schedule")
@pytest.mark.read_only
def test_what_is_scheduled_ends_before_its_task_does(
    what_is_scheduled: list[dict[str, Any]],
) -> None:
    behind = [one["name"] for one in what_is_scheduled if one["in_background"]]
    assert not behind, (
        f"{', '.join(behind)} runs in the background: its task ends with {COMMAND}, and what still"
        " runs is killed"
    )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("what is due once a day would be done twice there"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "schedule")
@pytest.mark.mutates
def test_what_is_due_seldom_runs_too(
    scheduler: Scheduler,
    what_is_scheduled: list[dict[str, Any]],
    until_stopped: Callable[[str], Run],
) -> None:
    here = [one for one in what_is_scheduled if one["in_this_environment"]][:MOST]
    each = [f"{by_hand(one)} || exit {FAILED + index}" for index, one in enumerate(here)]
    run = until_stopped(scheduler.start(command=["sh", "-c", "\n".join(each)]))
    names = {FAILED + index: one["name"] for index, one in enumerate(here)}
    failed = names.get(run.exit_code or 0, "")
    assert not failed, f"the scheduled {failed} fails when the scheduler's task runs it: {run}"
    assert run.exit_code == 0, f"the scheduler's task cannot run what is due seldom: {run}"


@as_task
@needs_rule
@pytest.mark.mutates
def test_a_task_that_starts_leaves_the_cache_as_it_was(
    probe: ProbeClient, scheduler: Scheduler, until_stopped: Callable[[str], Run]
) -> None:
    once = probe.signed("GET", "whoami")  # the cache remembers that it came
    first = probe.send_signed(once)
    assert first.status_code == 200, f"GET /_probe/v1/whoami answered {first.status_code}"
    run = until_stopped(scheduler.start(command=["php", "artisan", "--version"]))
    assert run.exit_code == 0, f"the scheduler's task cannot run artisan: {run}"
    again = probe.send_signed(once).status_code
    assert again == 401, "the cache lost what was in it when a task started"


@as_task
@needs_rule
@pytest.mark.read_only(looks_back=True)
def test_nothing_but_the_rule_runs_the_scheduler(
    scheduler: Scheduler,
    what_ran: Callable[[datetime], list[dict[str, Any]]],
    until_window_is_over: Callable[[], None],
) -> None:
    began, _ = scheduler.window(WINDOW)
    until_window_is_over()
    commands = by_task(what_ran(began), name=COMMAND)
    assert commands, (
        f"nothing ran {COMMAND} in two minutes:"
        f" {'; '.join(map(str, scheduler.ticks(since=began))) or 'no tick came'}"
    )
    others = scheduler.unexpected_starters(commands)
    assert not others, f"{COMMAND} is run by another than the rule's tasks: {', '.join(others)}"


@pytest.mark.truth(
    local=emulated("the emulator ticks on; control drops the ticks of a disabled rule"),
    aws=proved,
    url=NOT_THERE,
)
@needs_rule
@pytest.mark.mutates(looks_back=True)
def test_a_disabled_rule_stops_ticking_and_resumes_when_it_is_enabled(
    scheduler: Scheduler,
    until_window_is_over: Callable[[], None],
    eventually: Callable[..., Any],
) -> None:
    until_window_is_over()
    scheduler.until_quiet(quiet_s=QUIET_S)
    with scheduler.disabled():
        began = scheduler.wait_for_next_tick()
        ticks = scheduler.ticks(since=began)
        assert not ticks, "a disabled rule ticked:\n" + "\n".join(map(str, ticks))
    began = scheduler.wait_for_next_tick()
    resumed = eventually(
        lambda: scheduler.ticks(since=began),
        until=bool,
        what="a rule that was enabled again did not resume",
        within_s=DUE_WITHIN_S,
    )
    scheduler.exclude(resumed)


@as_task
@needs_rule
@pytest.mark.mutates
def test_two_ticks_in_one_minute_do_not_run_an_on_one_server_command_twice(
    scheduler: Scheduler,
    what_ran: Callable[[datetime], list[dict[str, Any]]],
    until_stopped: Callable[[str], Run],
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(3):
        tasks = [scheduler.start() for _ in range(2)]
        ends = [until_stopped(task) for task in tasks]
        assert all(one.exit_code == 0 for one in ends), "\n".join(map(str, ends))
        ran = what_ran(began)
        commands = by_task(ran, name=COMMAND)
        minutes = {commands[task][0]["minute"] for task in tasks}
        if len(minutes) == 1:
            break
    assert len(minutes) == 1, "two tasks started at once never ran in the same minute"
    (minute,) = minutes
    releases = sum(one["minute"] == minute and one["name"] == RELEASE for one in ran)
    assert releases == 1, f"{RELEASE} ran {releases} times in {minute}, in one minute of two ticks"


@as_task
@needs_rule
@pytest.mark.mutates
def test_a_tick_whose_task_fails_is_a_stopped_task_with_its_exit_code(
    scheduler: Scheduler, until_stopped: Callable[[str], Run]
) -> None:
    end = until_stopped(scheduler.start(command=["php", "artisan", "no:such-command"]))
    assert end.code == "EssentialContainerExited", f"stopCode is {end.code!r}: {end.reason}"
    assert end.exit_code == 1, f"the exit code is {end.exit_code}"
    assert end.reason == "Essential container in task exited", f"stoppedReason: {end.reason}"


@pytest.mark.truth(
    local=emulated("control fetches secrets as ECS's agent does, from an emulated service"),
    aws=proved,
    url=NOT_THERE,
)
@needs_rule
@pytest.mark.mutates
def test_a_tick_whose_task_cannot_start_is_a_stopped_task_with_its_reason(
    scheduler: Scheduler, unstartable: str, until_stopped: Callable[[str], Run]
) -> None:
    end = until_stopped(scheduler.start(definition=unstartable))
    assert end.code == "TaskFailedToStart", f"stopCode is {end.code!r}: {end.reason}"
    assert "did not contain json key no_such_key" in end.reason, f"stoppedReason: {end.reason}"
