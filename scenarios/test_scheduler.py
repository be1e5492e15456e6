"""The rule starts one task each minute, which runs every command that is due once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from harness.aws.eventbridge import is_each_minute
from harness.diagnosis.expect import SettingCause, expect
from harness.replay.exclusive import exclusive_times
from harness.report import emulated, not_covered, proved
from harness.target.resources.schedule import PERIOD_S
from scenarios.checks import expect_status
from scenarios.scheduled import (
    COMMAND,
    DUE_WITHIN_S,
    WINDOW,
    WITHOUT_PROCESSES,
    Window,
    all_by_hand,
    by_task,
    endless_tick_cause,
    expect_scheduled_once,
    failed_entries,
    host_outside,
    missing_programs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.schedule import RuleSettings, Run, Scheduler

JITTER_S = 20.0
"""Tolerance for the distance between two ticks."""
MOST = 26
WORKS = re.compile(r"\b(?:queue:(?:work|listen)|horizon)\b(?!:)")
"""Commands that take jobs from a queue."""
ELSEWHERE = (
    *("local", "development", "develop", "dev", "testing", "test", "ci", "demo", "sandbox"),
    *("staging", "stage", "qa", "uat", "preview", "review", "acceptance"),
)
"""Environments that are not production's, by their usual names."""

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
def past_ticks(
    scheduler: Scheduler, eventually: Callable[..., Any], access: Access
) -> Callable[[], Window]:
    """Return the ticks of some whole minutes, once the task of each has stopped."""

    def read() -> Window:
        began, ended = scheduler.window(WINDOW)

        def look() -> Window:
            times = exclusive_times(access.run_dir)
            ticks = scheduler.ticks(since=began)
            window = Window(began, ended, [tick for tick in ticks if tick.at < ended], times)
            # Where exclusive scenarios made each tick fail, the next one tells.
            has_end = window.undisturbed or not window.ticks
            return window if has_end else Window(began, datetime.now(UTC), ticks, times)

        window: Window = eventually(
            look,
            until=lambda it: datetime.now(UTC) >= ended and it.is_over,
            what="the tasks that the rule started did not stop",
            within_s=DUE_WITHIN_S,
            cause=lambda _: endless_tick_cause(scheduler.command()),
        )
        return window

    return read


@as_rule
@pytest.mark.requires("ecs", "schedule")
@pytest.mark.read_only(runs_last=True)
def test_rule_starts_one_task_each_minute(
    scheduler: Scheduler,
    past_ticks: Callable[[], Window],
    record_property: Callable[[str, object], None],
    observe: Callable[..., None],
) -> None:
    expect_each_minute(scheduler.expression())
    settings = scheduler.settings()  # before another scenario disables the rule for a while
    expect(
        not settings.window_min,
        str(settings),
        cause=f"the schedule's FlexibleTimeWindow is {settings.window_min} minutes: its ticks come"
        " up to that much late, so that Laravel skips some minutes and runs others twice: set Mode"
        " to OFF",
        certain=True,
    )
    window = past_ticks()
    moments = [window.began, *(tick.at for tick in window.ticks), window.ended]
    gaps = [(later - former).total_seconds() for former, later in pairwise(moments)]
    expect_even_ticks(window.ticks, gaps, settings)
    ends = {tick.exit_code for tick in window.undisturbed}
    observe("exit codes", set=ends)
    summary = "\n".join(map(str, window.undisturbed))
    assert ends <= {0}, f"a tick's task failed:\n{summary}"
    record_property("jitter of the ticks, s", [round(gap - PERIOD_S, 2) for gap in gaps[1:-1]])


@as_rule
@needs_rule
@pytest.mark.read_only(runs_last=True)
def test_each_tick_runs_what_is_due_once(
    past_ticks: Callable[[], Window],
    scheduler_runs: Callable[[datetime], list[dict[str, Any]]],
    record_property: Callable[[str, object], None],
    observe: Callable[..., None],
    access: Access,
) -> None:
    window = past_ticks()
    # A task that the rule did not start may have run the first minute's commands before.
    records = scheduler_runs(window.began - timedelta(minutes=1))
    commands = expect_scheduled_once(
        window.undisturbed, records, access=access, times=window.exclusive_times
    )
    lags = [
        (datetime.fromisoformat(commands[tick.task]["started_at"]) - tick.at).total_seconds()
        for tick in window.undisturbed
        if tick.task in commands
    ]
    if lags:
        observe("start lag, s", range=lags)
    record_property("start lag of a tick, s", [round(lag, 2) for lag in lags])
    expect(
        max(lags, default=0.0) < PERIOD_S,
        f"a tick took {max(lags, default=0.0):.0f} s until {COMMAND} began",
        cause="the scheduler's task starts so late that schedule:run is evaluated for a later"
        " minute, and skips commands that are due at a fixed one",
    )


def expect_each_minute(expression: str) -> None:
    """Check the rule's schedule: in two minutes, a tick every second minute looks like this one."""
    expect(
        is_each_minute(expression),
        f"the rule's schedule is {expression}",
        cause=f"the rule's schedule is {expression}: Laravel's scheduler must run every minute",
        certain=True,
    )


def expect_even_ticks(ticks: list[Run], gaps: list[float], settings: RuleSettings) -> None:
    """Check that the rule started one task a minute."""
    summary = "\n".join([f"the rule: {settings}", *map(str, ticks)])
    disabled = "the rule is disabled: its State must be ENABLED"
    longest, shortest = max(gaps), min(gaps[1:-1], default=PERIOD_S)
    expect(
        longest <= PERIOD_S + JITTER_S,
        f"no tick came for {longest:.0f} s:\n{summary}",
        cause="" if settings.is_enabled else disabled,
    )
    expect(
        shortest >= PERIOD_S - JITTER_S,
        f"two ticks came within {shortest:.1f} s:\n{summary}",
        cause=f"each tick starts {settings.count} tasks: TaskCount of the rule's target must be 1"
        if settings.count > 1
        else "the rule starts its task more than once a minute: PutTargets was called again for it,"
        " or another rule runs the same task",
    )


@as_task
@pytest.mark.requires("http", "code", "schedule")
@pytest.mark.read_only
def test_scheduled_commands_run_in_the_foreground(
    scheduled_entries: list[dict[str, Any]],
) -> None:
    names = ", ".join(entry["name"] for entry in scheduled_entries if entry["in_background"])
    expect(
        not names,
        f"{names} runs in the background",
        cause=f"the scheduled {names} runs in the background, and Fargate ends its task with"
        " schedule:run: remove runInBackground()",
        certain=True,
    )


@as_task
@pytest.mark.requires("http", "code", "schedule", "jobs")
@pytest.mark.read_only
def test_jobs_are_for_the_workers_and_not_for_the_schedule(
    scheduled_entries: list[dict[str, Any]], access: Access
) -> None:
    for entry in scheduled_entries:
        command = WORKS.search(entry["command"] or "")
        expect(
            not (command and access.worker and entry["in_this_environment"]),
            f"{entry['name']} takes jobs from the queue, beside the workers",
            cause=f"the scheduled {entry['name']} runs {command and command[0]}, and the service"
            f" {access.worker} does that on AWS: the scheduler's task would take jobs with a role"
            " and a size that are not a worker's: remove it from the schedule",
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "code", "schedule")
@pytest.mark.read_only
def test_scheduled_commands_have_a_tasks_environment(
    scheduled_entries: list[dict[str, Any]],
) -> None:
    for entry in scheduled_entries:
        names = [name for name in entry["environments"] if name.lower() not in ELSEWHERE]
        expect(
            entry["in_this_environment"] or not names,
            f"no task's environment is {' or '.join(names)}, for which {entry['name']} is",
            cause=SettingCause(
                "APP_ENV",
                f"the scheduled {entry['name']} never runs: environments() names"
                f" {', '.join(names)}, and APP_ENV of no task is that",
            ),
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "code", "schedule")
@pytest.mark.read_only
def test_schedule_asks_for_no_hosts_name(app_code: dict[str, Any]) -> None:
    for use in app_code.get("hosts", ()):
        place = f"{use['file']} line {use['line']}"
        expect(
            False,
            f"{place} schedules by the name of the host, {use['host']}",
            cause=f"{place} compares the host's name with {use['host']}, and no task has that name:"
            " the rule starts one task each minute, so that no guard is needed: remove it, or use"
            " onOneServer()",
            certain=True,
        )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("a daily command would run twice there"),
    url=NOT_THERE,
)
@pytest.mark.requires("http", "code", "ecs", "elb", "exec", "schedule", "containers")
@pytest.mark.mutates
def test_every_scheduled_command_succeeds(
    scheduler: Scheduler,
    scheduled_entries: list[dict[str, Any]],
    until_stopped: Callable[[str], Run],
    containers: Containers,
    access: Access,
) -> None:
    entries = [entry for entry in scheduled_entries if entry["in_this_environment"]][:MOST]
    programs = [entry["command"] for entry in entries if entry["command"]]
    run = until_stopped(scheduler.start(command=["sh", "-c", all_by_hand(entries)]))
    expect(
        run.exit_code != WITHOUT_PROCESSES,
        "PHP has no proc_open in the scheduler's task",
        cause="PHP's disable_functions takes proc_open away, by which schedule:run starts the"
        f" scheduled {', '.join(programs[:1])}: leave it out of the list",
        certain=True,
    )
    log = containers.log_of(run.task)
    errors = {entries[index]["name"]: error for index, error in failed_entries(log)}
    hosts = {name: host for name, error in errors.items() if (host := host_outside(error, access))}
    failed = {name: error for name, error in errors.items() if name not in hosts}
    expect(
        not failed,
        f"the scheduled {' and '.join(failed)} fails when the scheduler's task runs it: {run}",
        cause="; ".join(
            f"the scheduled {name} fails in the scheduler's task, at its fixed minute too"
            f"{f': {error}' if error else ''}"
            for name, error in failed.items()
        ),
        certain=True,
    )
    for name, host in hosts.items():
        pytest.skip(f"not covered: the scheduled {name} asks {host}, which no rehearsal reaches")
    assert run.exit_code == 0, f"the scheduler's task cannot run the scheduled commands: {run}"
    # A pipe ends as its last program does, so that the exit code hides one that is missing.
    for program in missing_programs(log):
        names = [entry["name"] for entry in entries if program in (entry["command"] or "").split()]
        expect(
            False,
            f"the image has no {program}, which the schedule runs",
            cause=f"the image has no {program}, which the scheduled"
            f" {', '.join(names) or 'commands'} runs: install it in the image",
            certain=True,
        )


@as_task
@needs_rule
@pytest.mark.mutates
def test_starting_task_leaves_the_others_alone(
    probe: ProbeClient,
    scheduler: Scheduler,
    scheduler_runs: Callable[[datetime], list[dict[str, Any]]],
    until_stopped: Callable[[str], Run],
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)  # by the clock of the tasks
    once = probe.signed("GET", "whoami")  # the probe keeps its nonce in the cache
    expect_status(probe.send_signed(once), 200)
    run = until_stopped(scheduler.start(command=["php", "artisan", "--version"]))
    assert run.exit_code == 0, f"the scheduler's task cannot run artisan: {run}"
    expect(
        probe.send_signed(once).status_code == 401,
        "the cache lost its values when a task started",
        cause="each task that starts empties the cache of all (cache:clear or optimize:clear in the"
        " entrypoint), and the rule starts one a minute: all locks and values in it are lost",
        certain=True,
    )
    commands = [record["name"] for record in scheduler_runs(began) if record["task"] == run.task]
    expect(
        not commands,
        f"a task that was to run artisan --version ran {', '.join(commands)} besides",
        cause=start_command_cause("".join(commands[:1])),
        certain=True,
    )


def start_command_cause(command: str) -> str:
    """Return the harm of a command with which each task starts."""
    harm = {
        "migrate": "two tasks that start at the same moment migrate at once, and a release that is"
        " rolled back has migrated: migrate in one task before the release, or with --isolated",
        "queue:restart": "every worker ends each minute, and ECS starts others ever more slowly:"
        " call it in no task, since a deployment replaces the workers anyway",
        "up": "maintenance mode ends within a minute: call it by hand",
    }.get(command, "it changes what all tasks share: call it by hand")
    return (
        f"each task that starts runs {command} (the image's entrypoint), and the rule starts one a"
        f" minute: {harm}"
    )


@as_task
@needs_rule
@pytest.mark.read_only(runs_last=True)
def test_only_the_rule_runs_the_scheduler(
    scheduler: Scheduler,
    scheduler_runs: Callable[[datetime], list[dict[str, Any]]],
    until_window_is_over: Callable[[], None],
) -> None:
    began, _ = scheduler.window(WINDOW)
    until_window_is_over()
    commands = by_task(scheduler_runs(began), name=COMMAND)
    ticks = scheduler.ticks(since=began)
    expect(
        commands,
        f"nothing ran {COMMAND} in two minutes: {'; '.join(map(str, ticks)) or 'no tick came'}",
        cause=idle_cause(ticks),
    )
    starters = scheduler.unexpected_starters(commands)
    expect(
        not starters,
        f"{COMMAND} runs outside the rule's tasks, in {', '.join(starters)}",
        cause=unexpected_starter_cause("".join(starters[:1])),
    )


def idle_cause(ticks: list[Run]) -> str:
    """Return why no tick ran the scheduler; empty where only the ticks' own ends can show it."""
    if not any(tick.exit_code == 0 for tick in ticks):
        return ""
    return (
        "no tick runs schedule:run: the rule's container override, or the scheduler's task"
        " definition, must have the command php artisan schedule:run"
    )


def unexpected_starter_cause(starter: str) -> str:
    """Return why a process other than the rule's tasks runs the scheduler."""
    service = re.match(r"a task of service:(\S+)", starter)
    if service:
        return (
            f"the tasks of {service[1]} run the scheduler too: schedule:work or cron is started by"
            " their command or by the image's entrypoint"
        )
    return (
        f"something besides the rule runs the scheduler: {starter}; a second rule, or the cron of"
        " the host that the app moves away from"
    )
