"""Runs the scenarios in a pytest of their own, and turns its exit code into ours."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.core import bundle, codec
from harness.core.errors import ConfigError
from harness.replay import acceptance, exclusive, markers
from harness.replay.acceptance import Acceptance
from harness.replay.catalog import Entry
from harness.report import json_file, second_pass
from harness.report.shard import Shard, divide, weights
from harness.target.target import LOCAL

PARALLEL = ("-n", "3")
"""A rehearsal's arguments for pytest, before the user's own; scenarios wait more than they
compute, so that on two processors three are quicker than two."""
_INI = Path(__file__).with_name("scenarios.ini")
_LISTS = frozenset(
    {
        "--cache-show",
        "--co",
        "--collect-only",
        "--collectonly",
        "--fixtures",
        "--fixtures-per-test",
        "--funcargs",
        "--markers",
        "--setup-plan",
        "--version",
        "-V",
    }
)
_OF_OTHER_PROJECTS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
"""Variables with which a user runs other tests; the last keeps plugins away that scenarios need."""
_OURS = ("--keep", "--vendor", "--report-dir")
_WORKERS_END_WITHIN_S = 15.0
_USAGE = re.compile(r"^.*?: error: (.*)$", flags=re.MULTILINE)


def only_lists(pytest_args: Sequence[str]) -> bool:
    """Whether pytest is asked for a listing, which needs no target."""
    return not _LISTS.isdisjoint(pytest_args)


@dataclass(frozen=True)
class Replay:
    """The scenarios of this harness in a pytest of their own."""

    environ: Mapping[str, str]
    """The variables of the caller, with the configuration's CUTOVER_CONFIG."""
    cwd: Path
    """The directory of the caller, where paths in pytest's arguments begin."""
    cache: Path
    """Directory for the memory of ``--lf`` and ``--sw``."""
    report_dir: Path | None = None
    own: tuple[Path, ...] = ()
    """Folders with the team's own scenarios."""
    accepted: tuple[Acceptance, ...] = ()

    def collect(self, pytest_args: Sequence[str]) -> str:
        """Collect the scenarios without a target, and return pytest's listing.

        Raises:
            ConfigError: pytest rejects the arguments, or no scenario matches them.
        """
        command = self._command([*pytest_args, "-n", "0", "--collect-only", "-q"], target=LOCAL)
        done = subprocess.run(
            command,
            cwd=self.cwd,
            env=self._environ(self.cache),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == pytest.ExitCode.USAGE_ERROR:
            raise _usage_error(done.stderr)
        if done.returncode in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.TESTS_FAILED):
            raise ConfigError(
                "pytest cannot collect the scenarios",
                log_tail=done.stdout,
                hint="correct the file that is named above",
            )
        _require_scenarios(done.returncode)
        return done.stdout

    def catalog(self, pytest_args: Sequence[str] = ()) -> list[Entry]:
        """Return every scenario with its labels, or those that are chosen, without a target.

        Raises:
            ConfigError: One cannot be collected, or its labels are incomplete.
        """
        with tempfile.TemporaryDirectory(prefix="cutover-") as folder:
            path = Path(folder) / "catalog.json"
            self.collect([*pytest_args, f"--cutover-catalog={path}"])
            return codec.decode(list[Entry], json.loads(path.read_text(encoding="utf-8")))

    def run(self, pytest_args: Sequence[str], *, home: Path, target: str = LOCAL) -> int:
        """Run the scenarios; return 0 when they are green and 1 when one is red.

        Args:
            pytest_args: The user's own arguments for pytest.
            home: Directory with the ``current.json`` of the stack to use.
            target: Where the scenarios run.

        Raises:
            ConfigError: No scenario ran.
            KeyboardInterrupt: pytest was interrupted.
        """
        try:
            # Of its own: at its end pytest also removes what other projects' tests have left there.
            with tempfile.TemporaryDirectory(prefix="cutover-", ignore_cleanup_errors=True) as own:
                code = subprocess.run(
                    self._command(pytest_args, target=target),
                    cwd=self.cwd,
                    env={**self._environ(home), "PYTEST_DEBUG_TEMPROOT": own},
                    check=False,
                ).returncode
        except KeyboardInterrupt:
            # pytest is killed, but its workers take some seconds to notice.
            exclusive.keep_target_lock(home, within_s=_WORKERS_END_WITHIN_S)
            raise
        if code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        _require_scenarios(code)
        return code if code <= 1 else ConfigError.exit_code

    def shard(
        self, pytest_args: Sequence[str], *, number: int, total: int, durations: Path | None
    ) -> Shard:
        """Return a share of the chosen scenarios' stories.

        Args:
            pytest_args: The user's own arguments for pytest.
            number: The shard, from 1 on.
            total: The number of shards.
            durations: The directory of an earlier report, whose durations balance the shards;
                without one, the numbers of scenarios do.

        Raises:
            ConfigError: There are fewer stories than shards, or no such report.
        """
        counts = Counter(entry.story for entry in self.catalog(pytest_args))
        if total > len(counts):
            raise ConfigError(
                f"--shard {number}/{total}: these scenarios have {len(counts)} stories, and a story"
                " is not divided",
                hint=f"divide them by {len(counts)} at most",
            )
        seconds = _seconds_of_stories(durations) if durations else {}
        return Shard(number, total, divide(weights(counts, seconds=seconds), total=total))

    def run_second_pass(self, report: Path, *, home: Path, options: Sequence[str] = ()) -> None:
        """Run the red scenarios of a report again, and write the report of both passes.

        Args:
            report: Directory with the first pass's report.
            home: As of `run`.
            options: Arguments of the first pass that the report needs.
        """
        outcomes = json_file.outcomes_of(json_file.read(report))
        ids = [outcome.scenario for outcome in outcomes if second_pass.belongs(outcome)]
        self.run([*PARALLEL, f"--cutover-second-pass={report}", *options, *ids], home=home)

    def _command(self, pytest_args: Sequence[str], *, target: str) -> list[str]:
        """Return the command: the scenarios may be in site-packages, where nothing is written."""
        words = list(self._with_whole_paths(pytest_args))
        every = [str(folder) for folder in (bundle.SCENARIOS, *self.own)]
        folders = [] if words != list(pytest_args) else every
        report = ["--cutover-report-dir", str(self.report_dir)] if self.report_dir else []
        return [
            *(sys.executable, "-P", "-m", "pytest"),
            *("-c", str(_INI), "--rootdir", str(bundle.ROOT), "--confcutdir", str(bundle.ROOT)),
            *("-o", f"cache_dir={self.cache / 'pytest'}"),
            *("-o", f"cutover_scenarios={shlex.join(every)}"),
            *("-o", f"{acceptance.OPTION}={chr(10).join(map(acceptance.as_line, self.accepted))}"),
            *("--cutover-target", target, *report),
            *words,
            *folders,
        ]

    def _with_whole_paths(self, pytest_args: Sequence[str]) -> Iterator[str]:
        """Make the paths of chosen scenarios absolute: they begin here, or beside our scenarios.

        A word without ``/``, ``::`` or ``.py`` is no path, even where a folder has that name.
        """
        before = ""
        for word in pytest_args:
            path, colons, name = word.partition("::")
            looks_so = ("/" in path or colons or path.endswith(".py")) and not word.startswith("-")
            is_value = before.startswith("-") and "=" not in before
            places = [self.cwd / path, bundle.ROOT / path] if looks_so else []
            places.sort(key=self._is_unknown)  # a copy of our folder is none of [scenarios]
            test_path = next((place for place in places if _is_test_path(place)), None)
            if test_path is not None and (
                not is_value or test_path.is_relative_to(bundle.SCENARIOS)
            ):
                yield f"{test_path}{colons}{name}"
            else:
                yield word
            before = word

    def _is_unknown(self, place: Path) -> bool:
        """Whether a path is in no folder of scenarios, neither ours nor a team's."""
        folders = (bundle.SCENARIOS, *self.own)
        return not any(place.resolve().is_relative_to(Path(folder).resolve()) for folder in folders)

    def _environ(self, home: Path) -> dict[str, str]:
        python_path = self.environ.get("PYTHONPATH")
        variables = {
            **self.environ,
            "CUTOVER_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(
                [str(bundle.ROOT), *([python_path] if python_path else [])]
            ),
        }
        for name in _OF_OTHER_PROJECTS:
            variables.pop(name, None)
        if bundle.IS_INSTALLED:
            variables["PYTHONDONTWRITEBYTECODE"] = "1"
        return variables


def shard_option(shard: Shard) -> str:
    """Return a shard as an argument for pytest."""
    return f"--cutover-shard={json.dumps(codec.encode(shard))}"


def _seconds_of_stories(report: Path) -> dict[str, float]:
    """Return the duration of each story in an earlier report."""
    try:
        outcomes = json_file.outcomes_of(json_file.read(report))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"--durations: {report} has no {json_file.FILE_NAME} of a rehearsal",
            last_answer=str(error),
            hint="name the directory of an earlier report, or leave --durations out",
        ) from error
    seconds: dict[str, float] = defaultdict(float)
    for outcome in outcomes:
        seconds[outcome.story] += outcome.seconds
    return seconds


def _require_scenarios(code: int) -> None:
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise ConfigError(
            "no scenario ran: none matches these arguments, or none can run on this target",
            hint="`cutover verify --collect-only` lists the scenarios; -v shows why one is skipped",
        )


def _is_test_path(path: Path) -> bool:
    try:
        return path.is_dir() or (path.suffix == ".py" and path.is_file())
    except OSError:  # an expression after -k can be longer than a name may be
        return False


def _usage_error(output: str) -> ConfigError:
    match = _USAGE.search(output)
    text = match.group(1) if match else output.strip().removeprefix("ERROR: ")
    if text.startswith(markers.REJECTED):
        hint = "`cutover scenarios new NAME` writes one with all of them"
        return ConfigError(text.rstrip(), hint=hint)
    unknown = re.findall(r"--[\w-]+", text) if "unrecognized arguments" in text else []
    near = [n for word in unknown for n in difflib.get_close_matches(word, _OURS, n=1)]
    return ConfigError(
        f"pytest rejects these arguments: {text}",
        hint=f"did you mean {near[0]}?" if near else "`pytest --help` lists pytest's own options",
    )
