"""pytest glue: the target, its clients as fixtures, the markers, evidence on failure, the report.

Only tests in ``scenarios/`` are touched. Here is decided when something happens; what happens is in
`harness.markers`, `harness.fixtures`, `harness.findings`, `harness.causes` and `harness.report`.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import HarnessError, TargetError
from harness.core.redact import redact
from harness.core.wait import DeadlinePassed
from harness.diagnosis.causes import rank
from harness.replay import exclusive, markers
from harness.replay.fixtures import *  # noqa: F403 - pytest finds fixtures in the plugin's own namespace
from harness.replay.fixtures_background import *  # noqa: F403 - likewise
from harness.replay.outcome import failure_text, shorten_traceback, skip_reason
from harness.replay.toolbox import Toolbox
from harness.report import Outcome, Report, terminal
from harness.report.model import ERROR, FAILED, PASSED, SKIPPED, outcome_from
from harness.report.writer import write_report
from harness.target import locate
from harness.target.recorded_runs import recorded_runs
from harness.target.target import AWS, LOCAL, NAMES, Target

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

FOLDER = "scenarios"


@dataclass
class _Replay:
    """What one pytest session knows: its target, and the outcomes so far."""

    name: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    toolbox: Toolbox | None = None
    outcomes: dict[tuple[str, int, str], Outcome] = field(default_factory=dict)


@dataclass
class _Running:
    """What is known of the scenario that runs."""

    declared: markers.Declared
    problems: str = ""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcome: Outcome | None = None
    seconds: float = 0.0


_replay = pytest.StashKey[_Replay]()
_running = pytest.StashKey[_Running]()


class Hooks:
    """Hooks that a project, or a test of this plugin, may implement."""

    @pytest.hookspec(firstresult=True)
    def pytest_cutover_target(self, config: pytest.Config, name: str) -> Target | None:
        """Return the target of this name instead of the one that cutover.toml describes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a replay."""
    group = parser.getgroup("cutover", "replaying the cutover's scenarios")
    group.addoption(
        "--target",
        choices=NAMES,
        default=LOCAL,
        help="where the scenarios run: the local stack, production's URL, or AWS (default: local)",
    )
    group.addoption(
        "--report-dir",
        metavar="DIR",
        default="",
        help="where report.html, report.json and junit.xml go (default: the run's directory)",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add this plugin's own hooks."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers and begin a replay."""
    for description in markers.DESCRIPTIONS:
        config.addinivalue_line("markers", description)
    config.stash[_replay] = _Replay(config.getoption("--target"))
    config.pluginmanager.register(_Collector(config), "cutover-collector")


@pytest.hookimpl(trylast=True)
def pytest_cutover_target(config: pytest.Config, name: str) -> Target:
    """Return the target that cutover.toml and the running stack describe."""
    from harness.inputs import task_definitions
    from harness.inputs.config import load

    loaded = load(os.environ, cwd=config.rootpath)
    if name == LOCAL:
        return locate.local(loaded.home)
    if name == AWS:
        raise TargetError(
            "The target aws has no addresses yet: this version rehearses on the local stack.",
            hint="Use --target local, or --target url for the production site.",
        )
    web = task_definitions.load(loaded.services["web"].task_definition).containers[0]
    return locate.url(
        loaded.public_url,
        probe_key=loaded.given_probe_key,
        session_cookie=web.environment.get("SESSION_COOKIE", ""),
    )


def _toolbox(config: pytest.Config) -> Toolbox:
    replay = config.stash[_replay]
    if replay.toolbox is None:
        target = config.hook.pytest_cutover_target(config=config, name=replay.name)
        replay.toolbox = Toolbox(target)
    return replay.toolbox


@pytest.fixture(scope="session")
def toolbox(request: pytest.FixtureRequest) -> Toolbox:
    """Everything that scenarios reach the target with."""
    return _toolbox(request.config)


def _is_scenario(item: pytest.Item) -> bool:
    return item.path.is_relative_to(item.config.rootpath / FOLDER)


def _marks(item: pytest.Item) -> list[markers.Mark]:
    return [
        markers.Mark(one.name, one.args, tuple(one.kwargs.items())) for one in item.iter_markers()
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reject scenarios with incomplete or false labels; put those that run alone last."""
    told = []
    for item in filter(_is_scenario, items):
        marks = _marks(item)
        problems = markers.problems(marks)
        told += [f"  {item.nodeid}: {problem}" for problem in problems]
        declared = markers.NOTHING if problems else markers.declared(marks)
        item.stash[_running] = _Running(declared, problems="; ".join(problems))
    # An xdist worker has no voice for this error; there, each incomplete scenario fails by itself.
    if told and not hasattr(config, "workerinput"):
        raise pytest.UsageError("\n".join(["Scenarios with incomplete or false labels:", *told]))
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, int]:
    if not _is_scenario(item):
        return False, 0
    declared = item.stash[_running].declared
    return declared.looks_back, declared.alone


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say at once that nothing is up when xdist's controller, which collects nothing, starts."""
    folder = session.config.rootpath / FOLDER
    chosen = [Path(arg.partition("::")[0]).absolute() for arg in session.config.args]
    spread = session.config.getoption("dist", "no") != "no"
    if spread and any(path.is_relative_to(folder) for path in chosen):
        _need_target(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Say at once that nothing is up, instead of once for each scenario."""
    items = getattr(session, "items", [])
    if not session.config.option.collectonly and any(map(_is_scenario, items)):
        _need_target(session.config)


def _need_target(config: pytest.Config) -> None:
    try:
        _toolbox(config)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give a scenario its turn: alone if it says so, with others otherwise."""
    with ExitStack() as held:
        if _is_scenario(item):
            directory = _toolbox(item.config).target.access.run_dir
            declared = item.stash[_running].declared
            if directory and not declared.looks_back:
                held.enter_context(exclusive.turn(Path(directory), alone=declared.alone > 0))
            item.stash[_running].since = datetime.now(UTC)
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what the target cannot show; begin only with every web task healthy."""
    if not _is_scenario(item):
        return
    running = item.stash[_running]
    if running.problems:
        pytest.fail(f"{item.nodeid}: {running.problems}", pytrace=False)
    box = _toolbox(item.config)
    reason = running.declared.skip_reason(box.target)
    if reason:
        pytest.skip(reason)
    try:
        box.wait_until_steady()
    except DeadlinePassed as passed:
        pytest.fail(f"The web service is not steady: {passed.reason}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add evidence and the likely cause to a failure; hand the outcome over with the last phase."""
    if _is_scenario(item) and call.excinfo is not None:
        shorten_traceback(call.excinfo.value)
    report = yield
    if not _is_scenario(item):
        return report
    running = item.stash[_running]
    running.seconds += report.duration
    first = running.outcome is None or running.outcome.result == PASSED
    if first and (report.when == "call" or not report.passed):
        running.outcome = _outcome(item, call=call, report=report)
        report.sections += [(f"cutover: {title}", text) for title, text in _shown(running.outcome)]
    _redact(report)
    if report.when == "teardown" and running.outcome is not None:
        done = replace(running.outcome, seconds=round(running.seconds, 3))
        # xdist carries a report's plain attributes from its workers.
        vars(report)["cutover"] = {"line": item.location[1] or 0, "outcome": done.as_json()}
    return report


def _outcome(
    item: pytest.Item, *, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Outcome:
    running = item.stash[_running]
    begun = Outcome(
        scenario=item.nodeid,
        result=PASSED,
        target=item.config.stash[_replay].name,
        labels=running.declared.labels,
        started_at=running.since.isoformat(),
        measured=tuple((name, redact(str(value))) for name, value in report.user_properties),
    )
    if report.skipped:
        return replace(begun, result=SKIPPED, reason=skip_reason(report))
    if report.passed:
        return begun
    error = call.excinfo.value if call.excinfo is not None else None
    seen = redact(failure_text(report, error))
    found = _toolbox(item.config).evidence(since=running.since)
    cause = rank(error, texts=(seen, *found.telling))
    return replace(
        begun,
        result=FAILED if report.when == "call" else ERROR,
        seen=seen,
        sections=found.sections,
        cause=cause.sentence if cause else "",
        cause_lines=cause.lines if cause else (),
    )


def _redact(report: pytest.TestReport) -> None:
    """Blank secrets in what pytest itself prints of a failure."""
    report.sections = [(title, redact(text)) for title, text in report.sections]
    text = report.longreprtext
    if report.failed and redact(text) != text:
        report.longrepr = redact(text)


def _shown(outcome: Outcome) -> Iterator[tuple[str, str]]:
    if outcome.cause:
        yield "likely cause", "\n".join((outcome.cause, *outcome.cause_lines))
    yield from outcome.sections


class _Collector:
    """Gathers outcomes where pytest reports them, which with xdist is the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines = config.get_verbosity() == 0
        self._enough = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Notice that pytest, and not the user, ended the session: with -x or --maxfail."""
        self._enough = str(excinfo.value).startswith("stopping after")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """With -x, xdist says what it says of Ctrl-C; a scenario is red, and no more is meant."""
        if self._enough:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome that the last phase of a scenario carries."""
        carried: dict[str, Any] | None = vars(report).get("cutover")
        if carried:
            outcome = outcome_from(carried["outcome"])
            key = (outcome.story, carried["line"], outcome.scenario)
            self._config.stash[_replay].outcomes[key] = outcome
            self._tell(outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Keep pytest's dots away where each scenario gets a line of its own."""
        if not self._lines or not report.nodeid.startswith(f"{FOLDER}/"):
            return None
        if report.failed:
            result = FAILED if report.when == "call" else ERROR
            return result, "", result.upper()
        return (report.outcome if report.when == "call" or report.skipped else ""), "", ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep pytest's file names away, too, where every line is a scenario's."""
        writer = self._config.pluginmanager.getplugin("terminalreporter")
        if self._lines and writer is not None and all(map(_is_scenario, session.items)):
            writer.showfspath = False

    def _tell(self, outcome: Outcome) -> None:
        writer = self._config.pluginmanager.getplugin("terminalreporter")
        if self._lines and writer is not None:
            line = terminal.line(outcome)
            writer.ensure_newline()
            writer.write_line(line.text, **_TONES.get(line.tone, {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the report and print its table."""
        if not self._config.stash[_replay].outcomes:
            return
        report = _report(self._config)
        page = write_report(report, directory=_report_directory(self._config))
        terminalreporter.section("cutover")
        width = min(shutil.get_terminal_size().columns, 120)
        for line in terminal.lines(report, width=width, where=str(page)):
            terminalreporter.write_line(line.text, **_TONES.get(line.tone, {}))


_TONES = {"good": {"green": True}, "bad": {"red": True}, "quiet": {"bold": True}}


def _report(config: pytest.Config) -> Report:
    replay = config.stash[_replay]
    access = _toolbox(config).target.access
    told = _toolbox(config).history(since=replay.started)
    away = os.path.relpath(access.run_dir, _report_directory(config)) if access.run_dir else ""
    return Report(
        target=replay.name,
        public_url=access.public_url,
        started_at=replay.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=(datetime.now(UTC) - replay.started).total_seconds(),
        outcomes=tuple(replay.outcomes[key] for key in sorted(replay.outcomes)),
        run=access.run,
        vendor=access.vendor,
        overlay=access.overlay,
        history=replace(told, logs_at=away),
        recorded_runs=recorded_runs(),
    )


def _report_directory(config: pytest.Config) -> Path:
    replay = config.stash[_replay]
    given = config.getoption("--report-dir") or _toolbox(config).target.access.run_dir
    if given:
        return Path(given)
    stamp = replay.started.strftime("%Y%m%dT%H%M%SZ")
    return config.rootpath / ".cutover" / "reports" / f"{stamp}-{replay.name}"
