"""Gathers the outcomes of scenarios as pytest reports them, shows each, and writes the report."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.replay.markers import is_scenario
from harness.replay.replay_state import REPLAY, report_directory, toolbox_of
from harness.report import Outcome, Report, terminal
from harness.report.model import ERROR, FAILED, SKIPPED, outcome_from
from harness.report.writer import write_report
from harness.target.recorded_runs import recorded_runs


class Collector:
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
        """Correct the exit code: xdist's after -x, and a green one when no scenario ran."""
        outcomes = self._config.stash[REPLAY].outcomes.values()
        if self._enough:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif outcomes and all(outcome.result == SKIPPED for outcome in outcomes):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome that the last phase of a scenario carries."""
        carried: dict[str, Any] | None = vars(report).get("cutover")
        if carried:
            outcome = outcome_from(carried["outcome"])
            key = (outcome.story, carried["line"], outcome.scenario)
            self._config.stash[REPLAY].outcomes[key] = outcome
            self._tell(outcome)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Keep pytest's dots away where each scenario gets a line of its own."""
        if not self._lines or "cutover" not in vars(report):
            return None
        if report.failed:
            result = FAILED if report.when == "call" else ERROR
            return result, "", result.upper()
        return (report.outcome if report.when == "call" or report.skipped else ""), "", ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep pytest's file names away, too, where every line is a scenario's."""
        writer = self._config.pluginmanager.getplugin("terminalreporter")
        if self._lines and writer is not None and all(map(is_scenario, session.items)):
            writer.showfspath = False

    def _tell(self, outcome: Outcome) -> None:
        writer = self._config.pluginmanager.getplugin("terminalreporter")
        if self._lines and writer is not None and outcome.result != SKIPPED:
            line = terminal.line(outcome)
            writer.ensure_newline()
            writer.write_line(line.text, **_TONES.get(line.tone, {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the report and print its table."""
        if not self._config.stash[REPLAY].outcomes:
            return
        report = _report(self._config)
        page = write_report(report, directory=report_directory(self._config))
        terminalreporter.section("cutover")
        width = min(shutil.get_terminal_size().columns, 120)
        ran = tuple(outcome for outcome in report.outcomes if outcome.result != SKIPPED)
        shown = replace(report, outcomes=ran) if self._lines else report
        for line in terminal.lines(shown, width=width, where=str(page)):
            terminalreporter.write_line(line.text, **_TONES.get(line.tone, {}))
        if len(ran) < len(report.outcomes):
            terminalreporter.write_line(
                f"{len(ran)} of the {len(report.outcomes)} scenarios asked for ran on the target"
                f" {report.target}; the report, and -v, tell why the others did not",
                bold=True,
            )


_TONES = {"good": {"green": True}, "bad": {"red": True}, "quiet": {"bold": True}}


def _report(config: pytest.Config) -> Report:
    replay = config.stash[REPLAY]
    access = toolbox_of(config).target.access
    told = toolbox_of(config).history(since=replay.started)
    away = os.path.relpath(access.run_dir, report_directory(config)) if access.run_dir else ""
    return Report(
        target=replay.target,
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
