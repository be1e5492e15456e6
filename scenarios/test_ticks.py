"""Ticks of the scheduler's rule: none while it is disabled, and a failed task keeps its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.resources.ecs import copy_of
from harness.target.resources.schedule import FurtherSchedules
from scenarios.scheduled import DUE_WITHIN_S, host_outside, last_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.target import Differences

SECRET, NO_KEY = ":secret:", "no_such_key"
QUIET_S = 15.0
"""No tick is due for so long when the rule is disabled: scenarios that count ticks miss none."""
NOT_THERE = not_covered("its rule and its tasks cannot be seen from outside")
as_task = pytest.mark.truth(local=proved, aws=proved, url=NOT_THERE)
needs_rule = pytest.mark.requires("http", "probe", "ecs", "schedule")


@pytest.fixture
def unstartable_definition(scheduler: Scheduler, ecs: Any) -> Iterator[str]:
    """A copy of the scheduler's task definition that takes a secret which is not there.

    It is a missing key of a secret, or where the task has parameters alone, a missing one of these.
    """
    copied = copy_of(scheduler.definition())
    container = next(
        candidate
        for candidate in copied["containerDefinitions"]
        if candidate["name"] == scheduler.container
    )
    container.pop("dependsOn", None)
    entries = container.get("secrets")
    if not entries:
        pytest.skip("not covered: the scheduled task takes no secret")
    first = next((entry for entry in entries if SECRET in entry["valueFrom"]), entries[0])
    arn, secret, rest = first["valueFrom"].partition(SECRET)
    missing = f"{arn}{secret}{rest.split(':')[0]}:{NO_KEY}::" if secret else f"{arn}-{NO_KEY}"
    broken = {"name": first["name"], "valueFrom": missing}
    remainder = [entry for entry in entries if entry is not first]
    copied["containerDefinitions"] = [{**container, "secrets": [broken, *remainder]}]
    copied["family"] = f"{scheduler.family}-rehearsal"
    arn = ecs.register_task_definition(**copied)["taskDefinition"]["taskDefinitionArn"]
    yield arn
    ecs.deregister_task_definition(taskDefinition=arn)


@pytest.mark.truth(
    local=emulated("the emulator ticks on; control drops the ticks of a disabled rule"),
    aws=proved,
    url=NOT_THERE,
)
@needs_rule
@pytest.mark.mutates(runs_last=True)
def test_disabled_rule_starts_no_task_until_it_is_enabled(
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
def test_failed_scheduled_run_keeps_its_exit_code(
    scheduler: Scheduler, until_stopped: Callable[[str], Run], observe: Callable[..., None]
) -> None:
    end = until_stopped(
        scheduler.start(command=["php", "artisan", "no:such-command"], to_fail=True)
    )
    observe("stoppedReason", text=end.reason)
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
def test_scheduled_run_that_cannot_start_has_a_stop_reason(
    scheduler: Scheduler,
    unstartable_definition: str,
    until_stopped: Callable[[str], Run],
    observe: Callable[..., None],
) -> None:
    end = until_stopped(scheduler.start(definition=unstartable_definition, to_fail=True))
    observe("stoppedReason", text=end.reason)
    assert end.code == "TaskFailedToStart", f"stopCode is {end.code!r}: {end.reason}"
    assert NO_KEY in end.reason, f"stoppedReason: {end.reason}"


@pytest.mark.truth(
    local=emulated("its task runs once, now, and not at the time of its expression"),
    aws=not_covered("what is due at night would run twice there"),
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "schedules", "containers")
@pytest.mark.mutates
def test_task_of_each_further_schedule_succeeds(
    access: Access,
    ecs: Any,
    containers: Containers,
    eventually: Callable[..., Any],
    differences: Differences,
) -> None:
    schedules = FurtherSchedules(access, ecs=ecs)
    outside: dict[str, str] = {}
    for name, task in schedules.start().items():
        run: Run = eventually(
            lambda task=task: schedules.run(task),
            until=lambda run: run.stopped,
            what=f"the task of the rule {name} did not stop",
            within_s=DUE_WITHIN_S + differences.task_replacement_timeout_s,
        )
        error = last_error(containers.log_of(run.task)).partition("\n")[0] if run.exit_code else ""
        if host := host_outside(error, access):
            outside[name] = host
            continue
        expect(
            run.exit_code == 0,
            f"the task of the rule {name} fails: {run}",
            cause=f"the task that the rule {name} starts fails{f': {error}' if error else ''}"
            if run.exit_code is not None
            else "",
            certain=True,
        )
    for name, host in outside.items():
        pytest.skip(f"not covered: the task of {name} asks {host}, which no rehearsal reaches")
