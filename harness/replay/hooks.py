"""The hooks of a scenario: its labels, its turn, a steady start, evidence and cause on failure."""

from __future__ import annotations

import os
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core.redact import Secret, redact
from harness.core.wait import DeadlinePassed
from harness.diagnosis.causes import rank
from harness.diagnosis.first_error import first_error
from harness.diagnosis.scope import Scope, groups_of
from harness.replay import acceptance, catalog, exclusive, markers
from harness.replay.outcome import failure_text, shorten_traceback, skip_reason
from harness.replay.preconditions import FOLLOWS, STEADY_WEB, Failure, skip_after
from harness.replay.replay_state import (
    PROVOKED,
    REPLAY,
    SAW,
    TRACE,
    need_target,
    preconditions_of,
    shard_of,
    toolbox_of,
)
from harness.report import Outcome
from harness.report.model import ACCEPTED, ERROR, FAILED, PASSED, SKIPPED
from harness.target import locate
from harness.target.pages import pages_from
from harness.target.target import AWS, LOCAL, URL, Target

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_LOOKS_BACK = timedelta(minutes=3)
"""A scenario that runs last may look at a window that ended when it began."""


@dataclass
class _Running:
    """The state of the running scenario."""

    declared: markers.Declared
    problems: str = ""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcome: Outcome | None = None
    seconds: float = 0.0


_running = pytest.StashKey[_Running]()


@pytest.hookimpl(trylast=True)
def pytest_cutover_target(config: pytest.Config, name: str) -> Target:
    """Return the target that cutover.toml and the running stack describe, or --cutover-url."""
    url, key = config.getoption("--cutover-url"), os.environ.get("CUTOVER_PROBE_KEY")
    probe_key = Secret(key) if key else None
    if name == URL and url:
        return locate.url(
            url,
            probe_key=probe_key,
            connect_to=os.environ.get("CUTOVER_CONNECT_TO", ""),
            ca_file=os.environ.get("SSL_CERT_FILE", ""),
        )
    from harness.inputs.config import locate as locate_config
    from harness.inputs.production import public_site

    home = locate_config(os.environ, cwd=config.rootpath).home
    if name == LOCAL:
        return locate.local(home)
    if name == AWS:
        return locate.aws(home, probe_key=probe_key)
    site = public_site(os.environ, cwd=config.rootpath)
    return locate.url(
        site.url,
        probe_key=site.probe_key,
        session_cookie=site.session_cookie,
        pages=pages_from(site.pages),
    )


def _is_scenario(item: pytest.Item) -> bool:
    """Whether the collected item is a scenario; `pytest_collection_modifyitems` decides."""
    return _running in item.stash


def _is_replayed(item: pytest.Item) -> bool:
    """Whether the item is a scenario that has a target."""
    return _is_scenario(item) and not item.config.stash[REPLAY].missing


def _marks(item: pytest.Item) -> list[markers.Mark]:
    return [
        markers.Mark(mark.name, mark.args, tuple(mark.kwargs.items()))
        for mark in item.iter_markers()
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reject scenarios with incomplete or false labels; put the exclusive ones last."""
    rejections = []
    for item in filter(markers.is_scenario, items):
        marks = _marks(item)
        problems = markers.problems(marks)
        rejections += [f"  {_id(item)}: {problem}" for problem in problems]
        declared = markers.NOTHING if problems else markers.declared(marks)
        item.stash[_running] = _Running(declared, problems="; ".join(problems))
        item.stash[TRACE] = uuid.uuid4().hex
    # An xdist worker cannot print this error: there, each incomplete scenario fails by itself.
    if rejections and not hasattr(config, "workerinput"):
        raise pytest.UsageError("\n".join([markers.REJECTED, *rejections]))
    items.sort(key=_place)
    _keep_shard(config, items)
    path = config.getoption("--cutover-catalog")
    if path:
        scenarios = filter(_is_scenario, items)
        catalog.write(
            (catalog.entry(scenario, scenario.stash[_running].declared) for scenario in scenarios),
            Path(path),
        )


def _keep_shard(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the scenarios of other shards."""
    shard = shard_of(config)
    if shard is None:
        return
    stories = shard.stories_of(shard.number)
    rest = [item for item in items if _is_scenario(item) and catalog.story_of(item) not in stories]
    items[:] = [item for item in items if item not in rest]
    config.hook.pytest_deselected(items=rest)


def _place(item: pytest.Item) -> tuple[bool, int]:
    if not _is_scenario(item):
        return False, 0
    declared = item.stash[_running].declared
    return declared.runs_last, declared.order


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Say at once that nothing is up, instead of once for each scenario."""
    items = getattr(session, "items", [])
    if not session.config.option.collectonly and any(map(_is_scenario, items)):
        need_target(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the target for one scenario: exclusively if it says so, shared otherwise."""
    with ExitStack() as held:
        if _is_replayed(item):
            directory = toolbox_of(item.config).target.access.run_dir
            declared = item.stash[_running].declared
            if directory and not declared.runs_last:
                held.enter_context(
                    exclusive.target_lock(Path(directory), exclusive=declared.exclusive)
                )
            item.stash[_running].since = datetime.now(UTC)
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a scenario that the target does not cover; begin only with every web task healthy."""
    if not _is_scenario(item):
        return
    missing = item.config.stash[REPLAY].missing
    if missing:
        pytest.fail(missing, pytrace=False)
    running = item.stash[_running]
    if running.problems:
        pytest.fail(f"{item.nodeid}: {running.problems}", pytrace=False)
    box = toolbox_of(item.config)
    reason = running.declared.skip_reason(box.target)
    if reason:
        pytest.skip(reason)
    if not running.declared.asks_apis_alone:
        _begin_steady(item)


def _begin_steady(item: pytest.Item) -> None:
    """Wait until the web service is steady; look only once where it was not before."""
    preconditions = preconditions_of(item.config)
    earlier = preconditions.failure(STEADY_WEB)
    try:
        toolbox_of(item.config).wait_until_steady(at_once=earlier is not None)
    except DeadlinePassed as passed:
        sentence = "the web service is not steady"
        first = preconditions.note(STEADY_WEB, Failure(item.nodeid, sentence))
        if first.scenario != item.nodeid:
            skip_after(first, item)
        pytest.fail(f"The web service is not steady: {passed.reason}", pytrace=False)
    if earlier is not None:
        preconditions.forget(STEADY_WEB)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add evidence and the likely cause to a failure; hand the outcome over with the last phase."""
    if _is_replayed(item) and call.excinfo is not None:
        shorten_traceback(call.excinfo.value)
    report = yield
    if not _is_replayed(item):
        return report
    running = item.stash[_running]
    running.seconds += report.duration
    first = running.outcome is None or running.outcome.result == PASSED
    if first and (report.when == "call" or not report.passed):
        running.outcome = _accepted(item, _outcome(item, call=call, report=report))
        verbose = item.config.get_verbosity() > 0
        report.sections += _sections(running.outcome, verbose=verbose)
    if report.failed and running.outcome is not None and running.outcome.result == ACCEPTED:
        report.outcome, report.wasxfail = "skipped", running.outcome.reason
    # xdist carries a report's plain attributes from its workers.
    carried: dict[str, object] = {}
    vars(report)["cutover"] = carried
    if report.when == "teardown" and running.outcome is not None:
        done = replace(running.outcome, seconds=round(running.seconds, 3))
        carried |= {"line": item.location[1] or 0, "outcome": done.as_json()}
        report.user_properties += [("worth", done.label.text())]
        report.user_properties += [("cause", done.cause)] if done.cause else []
    _redact(report)
    return report


def _outcome(
    item: pytest.Item, *, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Outcome:
    running = item.stash[_running]
    begun = Outcome(
        scenario=_id(item),
        result=PASSED,
        target=item.config.stash[REPLAY].target,
        labels=running.declared.labels,
        started_at=running.since.isoformat(),
        measured=tuple((name, redact(str(value))) for name, value in report.user_properties),
        saw=item.stash.get(SAW, {}),
    )
    if report.skipped:
        follows = item.stash.get(FOLLOWS, "")
        return replace(begun, result=SKIPPED, reason=skip_reason(report), follows=follows)
    if report.passed:
        return begun
    error = call.excinfo.value if call.excinfo is not None else None
    message = redact(failure_text(report, error))
    evidence = toolbox_of(item.config).evidence(_scope(item))
    cause = rank(error, message, evidence=evidence)
    app_error = first_error(evidence.lines)
    return replace(
        begun,
        result=FAILED if report.when == "call" else ERROR,
        message=message,
        sections=evidence.sections,
        cause=cause.sentence if cause else "",
        cause_lines=cause.lines if cause else (),
        is_sure=cause is not None and cause.is_sure,
        setting=cause.setting if cause else "",
        first_error=str(app_error or ""),
    )


def _accepted(item: pytest.Item, outcome: Outcome) -> Outcome:
    """Return a red outcome as accepted while an acceptance of the team's lasts."""
    accepts = acceptance.from_lines(item.config.getini(acceptance.OPTION))
    wholes = (entry for entry in accepts if not entry.finding)
    match = next((entry for entry in wholes if entry.matches(outcome.scenario)), None)
    if not outcome.is_red or match is None:
        return outcome
    if match.is_over(datetime.now(UTC).date()):
        return replace(outcome, reason=f"accepted until {match.until}, which is over: {match.why}")
    reason = f"accepted until {match.until}: {match.why}"
    return replace(outcome, result=ACCEPTED, reason=reason)


def _id(item: pytest.Item) -> str:
    """Return pytest's node id; that of a team's own scenario begins where the replay does."""
    if item.path.is_relative_to(item.config.rootpath):
        return item.nodeid
    _, colons, rest = item.nodeid.partition("::")
    return os.path.relpath(item.path, item.config.invocation_params.dir) + colons + rest


def _scope(item: pytest.Item) -> Scope:
    """Return the tasks that the scenario met, and the time in which it ran."""
    running, directory = item.stash[_running], toolbox_of(item.config).target.access.run_dir
    scope = Scope(running.since, groups_of(running.declared.requires))
    if not running.declared.runs_last:
        return replace(scope, trace=item.stash[TRACE], provoked=item.stash.get(PROVOKED, ()))
    # It reads what happened before it began, also beside an exclusive scenario.
    times = exclusive.exclusive_times(directory)
    return replace(scope, since=scope.since - _LOOKS_BACK, exclusive_times=times)


def _redact(report: pytest.TestReport) -> None:
    """Blank secrets in the parts that pytest itself prints, or writes with --junitxml."""
    report.user_properties = [(name, redact(str(text))) for name, text in report.user_properties]
    report.sections = [(title, redact(text)) for title, text in report.sections]
    text = report.longreprtext
    if report.failed and redact(text) != text:
        report.longrepr = redact(text)


def _sections(outcome: Outcome, *, verbose: bool) -> Iterator[tuple[str, str]]:
    """Return the parts of a failure for the terminal; the report has all evidence in any case."""
    if outcome.cause:
        yield "cutover: likely cause", "\n".join((outcome.cause, *outcome.cause_lines))
    if outcome.first_error and not (outcome.cause and outcome.is_sure):
        yield "cutover: no cause is sure; the app's first error", outcome.first_error
    if verbose:
        yield from ((f"cutover: {title}", text) for title, text in outcome.sections)
