"""A rehearsal as the gate of a CI server: files with stable names, annotations, a summary.

GitHub: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
GitLab: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import commands
from harness.cli.command import GREEN, RED
from harness.core.errors import HarnessError
from harness.core.redact import redact
from harness.inputs import production, variable_places
from harness.inputs.problem import InputError, Problem
from harness.report import html, json_file, junit, markdown
from harness.report.model import FLAKY
from harness.report.model import RED as RED_RESULTS
from harness.target.truth import PROVED

if TYPE_CHECKING:
    from harness.cli.commands import Invocation
    from harness.inputs.production import Production

DIRECTORY = "cutover-report"
BUNDLE = "run.tar.gz"
CODE_QUALITY = "gl-code-quality-report.json"
_REASONS = {
    "red": "no scenario is red, some are flaky",
    "proved": "the pass of no red scenario would be proved",
}
_ANNOTATED = 10
"""GitHub shows ten errors of a step; a cause names as many of its scenarios."""


@dataclass(frozen=True)
class Gate:
    """One rehearsal for a CI server.

    Args:
        invocation: The caller's directory and variables.
        directory: Where the files go.
        fail_on: ``all`` red and flaky scenarios, the ``red`` ones, or only those red ones whose
            pass would be ``proved``.
        passes: The passes of the replay.
    """

    invocation: Invocation
    directory: Path
    fail_on: str = "all"
    passes: commands.Passes = field(default_factory=commands.Passes)

    def rehearse(self, pytest_args: Sequence[str]) -> int:
        """Rehearse, publish, and return the exit code of the gate.

        Raises:
            HarnessError: As a rehearsal does; it was published first.
        """
        before = self._run_directories()
        self._clear()
        try:
            code = commands.rehearse(
                self.invocation,
                keep=False,
                report_dir=self.directory,
                pytest_args=pytest_args,
                passes=self.passes,
                is_gate=True,
            )
        except InputError as error:
            self._publish_problems(error.problems)
            self._publish_error(error)
            raise
        except HarnessError as error:
            self._publish_error(error)
            self._bundle(self._run_directories() - before)
            raise
        report = self._read()
        red = [entry for entry in report["scenarios"] if entry["result"] in (*RED_RESULTS, FLAKY)]
        self._annotate(islice(self._annotations(report), _ANNOTATED))
        self._summarise()
        if red:
            self._bundle(self._run_directories() - before)
        if code == RED and red and not any(map(self._counts, red)):
            click.echo(f"--fail-on {self.fail_on} lets it pass: {_REASONS[self.fail_on]}")
            return GREEN
        return code

    def _counts(self, entry: dict[str, Any]) -> bool:
        """Whether a red or flaky scenario fails the gate."""
        if self.fail_on == "all":
            return True
        return entry["result"] != FLAKY and (self.fail_on == "red" or _is_proof(entry))

    def _clear(self) -> None:
        """Remove the files of an earlier rehearsal, so that none is taken for this one's."""
        self.directory.mkdir(parents=True, exist_ok=True)
        reports = (json_file, markdown, html, junit)
        for name in (*(report.FILE_NAME for report in reports), BUNDLE, CODE_QUALITY):
            (self.directory / name).unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        """Return the report; an empty one where a listing was asked for."""
        try:
            return json_file.read(self.directory)
        except FileNotFoundError:
            return {"scenarios": [], "faults": []}

    def _annotations(self, report: dict[str, Any]) -> Iterator[str]:
        """Yield an error for each cause, and then a warning for each flaky scenario."""
        by_name = {entry["scenario"]: entry for entry in report["scenarios"]}
        yield from (self._of_fault(fault, by_name) for fault in report["faults"])
        for entry in report["scenarios"]:
            if entry["result"] == FLAKY:
                text = f"flaky: {entry['cause'] or _first_line(entry)}"
                yield _annotation("warning", entry, text=text)

    def _of_fault(self, fault: dict[str, Any], by_name: Mapping[str, dict[str, Any]]) -> str:
        """Return the error of a cause; the first scenario is its title."""
        first, *siblings = [by_name[name] for name in fault["scenarios"]]
        is_known = fault["cause"] or fault["first_error"]
        lines = [fault["title"] if is_known else _first_line(first)]
        if siblings:
            titles = [
                f"{sibling['story']}: {sibling['title']}" for sibling in siblings[:_ANNOTATED]
            ]
            rest = len(siblings) - len(titles)
            lines += ["also red:", *titles, *([f"and {rest} more"] if rest else [])]
        place = self._place_of(fault["setting"])
        return _annotation("error", first, text="\n".join(lines), place=place)

    def _place_of(self, variable: str) -> str:
        """Return the place of a variable in a task definition, as properties of an annotation."""
        place = variable_places.place_of(self._production, variable) if variable else None
        return _place(*place, root=self.invocation.cwd) if place else ""

    @cached_property
    def _production(self) -> Production:
        return production.load(self.invocation.environ, cwd=self.invocation.cwd)

    def _publish_problems(self, problems: Sequence[Problem]) -> None:
        """Put each problem of an input at its file and line."""
        root = self.invocation.cwd
        self._annotate(_of_problem(problem, root=root) for problem in problems[:_ANNOTATED])
        if self.invocation.environ.get("GITLAB_CI"):
            entries = [_code_quality(problem, root=root) for problem in problems]
            path = self.directory / CODE_QUALITY
            path.write_text(redact(json.dumps(entries, indent=2)) + "\n", encoding="utf-8")

    def _publish_error(self, error: HarnessError) -> None:
        text = f"## \N{CROSS MARK} Cutover: the rehearsal did not begin\n\n```text\n{error}\n```\n"
        (self.directory / markdown.FILE_NAME).write_text(redact(text), encoding="utf-8")
        self._summarise()

    def _annotate(self, commands: Iterable[str]) -> None:
        if self.invocation.environ.get("GITHUB_ACTIONS") == "true":
            for command in commands:
                click.echo(redact(command))

    def _summarise(self) -> None:
        """Add the summary to the step's own, where the server has one."""
        target = self.invocation.environ.get("GITHUB_STEP_SUMMARY", "")
        source = self.directory / markdown.FILE_NAME
        if target and source.exists():
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(source.read_text(encoding="utf-8"))

    def _run_directories(self) -> set[Path]:
        try:
            home = self.invocation.location.home
        except InputError:  # the rehearsal says that there is no configuration
            return set()
        return set((home / "runs").glob("*"))

    def _bundle(self, directories: Iterable[Path]) -> None:
        """Pack the logs and descriptions of the run into one file; they are redacted already."""
        with tarfile.open(self.directory / BUNDLE, "w:gz") as archive:
            for directory in sorted(directories):
                archive.add(directory, arcname=directory.name)


def _of_problem(problem: Problem, *, root: Path) -> str:
    place = _place(problem.file, problem.line, root=root)
    hint = f" What to do: {problem.hint}" if problem.hint else ""
    title = _escaped(f"cutover: {problem.key}" if problem.key else "cutover")
    return f"::error {place}title={title}::{_escaped(f'{problem}.{hint}', value=True)}"


def _first_line(entry: dict[str, Any]) -> str:
    return str(entry["message"]).partition("\n")[0]


def _annotation(level: str, entry: dict[str, Any], *, text: str, place: str = "") -> str:
    title = _escaped(f"cutover: {entry['story']}: {entry['title']}")
    return f"::{level} {place}title={title}::{_escaped(text, value=True)}"


def _place(file: str, line: int, *, root: Path) -> str:
    place = f"file={_escaped(_relative(file, root))}," if file else ""
    return f"{place}line={line}," if line else place


def _escaped(text: str, *, value: bool = False) -> str:
    """Escape a property of a workflow command, or its value."""
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(character, code)
    return text if value else text.replace(":", "%3A").replace(",", "%2C")


def _code_quality(problem: Problem, *, root: Path) -> dict[str, Any]:
    text = f"{problem}. {problem.hint}".strip()
    path = _relative(problem.file, root)
    return {
        "description": text,
        "check_name": "cutover",
        "fingerprint": hashlib.sha256(f"{path}{problem.key}{problem.message}".encode()).hexdigest(),
        "severity": "blocker",
        "location": {"path": path or "cutover.toml", "lines": {"begin": problem.line or 1}},
    }


def _relative(file: str, root: Path) -> str:
    """Return a path as the server's checkout has it: from the directory of the command."""
    return os.path.relpath(file, root) if file and Path(file).is_absolute() else file


def _is_proof(entry: dict[str, Any]) -> bool:
    label = entry["labels"].get(entry["target"], {})
    return bool(label.get("worth") == PROVED)
