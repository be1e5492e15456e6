"""Gathers the outcomes of scenarios, prints the red ones and a counter, and writes the report."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.core.redact import redact
from harness.replay import acceptance
from harness.replay.machine_load import BEGINNING, MachineLoad
from harness.replay.markers import is_scenario
from harness.replay.replay_state import REPLAY, report_directory, shard_of, toolbox_of
from harness.report import Outcome, Report, json_file, second_pass, terminal
from harness.report.model import ACCEPTED, ERROR, FAILED, PASSED, SKIPPED, outcome_from
from harness.report.overlay import overlay_lines
from harness.report.writer import write_report
from harness.target.recorded_runs import recorded_runs


class Collector:
    """Gathers outcomes where pytest reports them, which with xdist is the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._brief = config.get_verbosity() == 0
        self._enough = False
        self._printed = 0
        self._load = MachineLoad()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Notice that pytest, and not the user, ended the session: with -x or --maxfail."""
        self._enough = str(excinfo.value).startswith("stopping after")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Correct the exit code: xdist's after -x, and a green one when no scenario ran."""
        outcomes = self._config.stash[REPLAY].outcomes.values()
        if self._enough:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif outcomes and all(outcome.result == SKIPPED for outcome in outcomes):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        self._erase_counter()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a file of scenarios that cannot be imported as red; each worker reports it."""
        if not report.failed:
            return
        replay = self._config.stash[REPLAY]
        text = redact(report.longreprtext)
        lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
        outcome = Outcome(
            scenario=report.nodeid,
            result=ERROR,
            target=replay.target,
            labels={},
            message="; ".join(lines) or text,
            cause=f"{report.nodeid} cannot be imported, and none of its scenarios ran",
        )
        replay.outcomes[(outcome.story, 0, outcome.scenario)] = outcome

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome that the last phase of a scenario carries."""
        carried: dict[str, Any] | None = vars(report).get("cutover")
        if carried:
            outcome = outcome_from(carried["outcome"])
            key = (outcome.story, carried["line"], outcome.scenario)
            self._config.stash[REPLAY].outcomes[key] = outcome
            self._load.look()
            self._print(outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Keep pytest's dots away: a counter takes their place."""
        if not self._brief or "cutover" not in vars(report):
            return None
        if hasattr(report, "wasxfail"):
            return ACCEPTED, "", ACCEPTED.upper()
        if report.failed:
            result = FAILED if report.when == "call" else ERROR
            return result, "", result.upper()
        return (report.outcome if report.when == "call" or report.skipped else ""), "", ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep pytest's file names away, too, where only scenarios run."""
        writer = self._writer
        if self._brief and writer is not None and all(map(is_scenario, session.items)):
            writer.showfspath = False

    @property
    def _writer(self) -> pytest.TerminalReporter | None:
        writer: pytest.TerminalReporter | None
        writer = self._config.pluginmanager.getplugin("terminalreporter")
        return writer

    def _print(self, outcome: Outcome) -> None:
        """Print a red scenario, and how far the replay is."""
        writer = self._writer
        if not self._brief or writer is None:
            return
        if outcome.is_red:
            self._erase_counter()
            _write(writer, terminal.red_line(outcome))
        outcomes = self._config.stash[REPLAY].outcomes.values()
        # Under xdist, the workers' collections set it.
        total = max(self._config.pluginmanager.getplugin("session").testscollected, len(outcomes))
        text = terminal.counter(
            done=len(outcomes), total=total, red=sum(entry.is_red for entry in outcomes)
        )
        if writer.isatty:
            writer.rewrite(text, erase=True)
        elif len(outcomes) * _STEPS // total > self._printed:
            self._printed = len(outcomes) * _STEPS // total
            writer.write_line(text)

    def _erase_counter(self) -> None:
        if self._brief and self._writer is not None and self._writer.isatty:
            self._writer.rewrite("", erase=True)
            self._writer.write("\r")

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the report and print its summary."""
        if not self._config.stash[REPLAY].outcomes:
            return
        report = _report(self._config)
        if report.faults or report.flaky:
            report = replace(report, notes=(*report.notes, *self._load.notes()))
        page = write_report(report, directory=report_directory(self._config))
        if self._brief and self._config.option.reportchars == _PYTEST_REPORTCHARS:
            terminalreporter.reportchars = ""  # the summary names every red scenario
        terminalreporter.section("cutover")
        width = min(shutil.get_terminal_size().columns, 120)
        verbose = self._config.get_verbosity() > 0
        for line in terminal.summary(report, page=page, width=width, verbose=verbose):
            _write(terminalreporter, line)


_PYTEST_REPORTCHARS = "fE"
"""The value of -r that nobody gave."""
_STEPS = 10
"""Where the output is no terminal, the counter is printed that often."""
_TONES: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True},
    "quiet": {"bold": True},
}


def _write(writer: pytest.TerminalReporter, line: terminal.Line) -> None:
    writer.write_line(line.text, **_TONES.get(line.tone, {}))


def _report(config: pytest.Config) -> Report:
    replay = config.stash[REPLAY]
    access = toolbox_of(config).target.access
    started, outcomes, before = _outcomes(config)
    history = toolbox_of(config).history(since=started)
    away = os.path.relpath(access.run_dir, report_directory(config)) if access.run_dir else ""
    return Report(
        target=replay.target,
        public_url=access.public_url,
        started_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=(datetime.now(UTC) - started).total_seconds(),
        outcomes=outcomes,
        run=access.run,
        has_local_endpoints=access.has_local_endpoints,
        vendor=access.vendor,
        overlay=overlay_lines(access.overlay),
        history=replace(history, logs_at=away),
        recorded_runs=recorded_runs(),
        shard=shard_of(config),
        notes=(
            *before,
            *(f"differs from its file: {text}" for text in access.differences),
            *acceptance.notes(
                acceptance.from_lines(config.getini(acceptance.OPTION)),
                passed={
                    outcome.scenario: outcome.result == PASSED
                    for outcome in outcomes
                    if outcome.result != SKIPPED
                },
                findings={
                    value.partition(":")[0]
                    for outcome in outcomes
                    for name, value in outcome.measured
                    if name == acceptance.ACCEPTED_FINDING
                },
                today=replay.started.date(),
            ),
        ),
    )


def _outcomes(config: pytest.Config) -> tuple[datetime, tuple[Outcome, ...], tuple[str, ...]]:
    """Return when the replay began, the outcomes of all passes, and the first one's overload."""
    replay = config.stash[REPLAY]
    outcomes = tuple(replay.outcomes[key] for key in sorted(replay.outcomes))
    first = config.getoption("--cutover-second-pass")
    if not first:
        return replay.started, outcomes, ()
    report = json_file.read(Path(first))
    second = {outcome.scenario: outcome for outcome in outcomes}
    return (
        datetime.fromisoformat(report["started_at"]),
        second_pass.combine(json_file.outcomes_of(report), second),
        tuple(note for note in report["notes"] if note.startswith(BEGINNING)),
    )
