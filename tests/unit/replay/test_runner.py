"""The pytest of the scenarios: its files, its output, and its early rejections."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core import bundle
from harness.core.errors import ConfigError
from harness.replay.catalog import Entry
from harness.replay.runner import Replay, only_lists, shard_option
from harness.report import Outcome
from harness.report.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable

    Started = Callable[..., tuple[list[str], dict[str, str]]]

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    """Return command and variables of the pytest that would run."""
    call: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        call.update(options, command=command)
        return subprocess.CompletedProcess(command, 0)

    def start(*args: str, cwd: Path = tmp_path, **environ: str) -> tuple[list[str], dict[str, str]]:
        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "run", run)
            assert Replay(environ, cwd=cwd, cache=tmp_path / "home").run(args, home=tmp_path) == 0
        return call["command"], call["env"]

    return start


def test_variables_for_a_users_other_tests_are_left_out(started: Started) -> None:
    _, environ = started(PYTEST_ADDOPTS="--cov", PYTEST_PLUGINS="theirs", HOME="/home/dev")
    assert {"PYTEST_ADDOPTS", "PYTEST_PLUGINS"}.isdisjoint(environ)
    own = Path(environ["PYTEST_DEBUG_TEMPROOT"])
    assert own.name.startswith("cutover-")
    assert not own.exists()
    assert environ["HOME"] == "/home/dev"


def entries(**counts: int) -> list[Entry]:
    return [
        Entry(f"{story}_{number}", story, "", 1, "", {}, (), exclusive=False, source="")
        for story, count in counts.items()
        for number in range(count)
    ]


def test_a_shard_is_balanced_by_count_or_by_an_earlier_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Replay, "catalog", lambda *_: entries(edge=4, mail=1, queue=2))
    replay = Replay({}, cwd=tmp_path, cache=tmp_path)
    shard = replay.shard([], number=1, total=2, durations=None)
    assert shard == Shard(1, 2, {"edge": 1, "mail": 2, "queue": 2})
    (tmp_path / "report.json").write_text(
        json.dumps({"scenarios": [scenario("edge", 5.0), scenario("mail", 60.0)]})
    )
    shard = replay.shard([], number=2, total=2, durations=tmp_path)
    assert shard == Shard(2, 2, {"edge": 2, "mail": 1, "queue": 2})
    assert shard_option(shard) == (
        '--cutover-shard={"number": 2, "total": 2, "stories": {"edge": 2, "mail": 1, "queue": 2}}'
    )


def scenario(story: str, seconds: float) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    name = f"scenarios/test_{story}.py::test_it"
    return Outcome(name, "passed", "local", labels, seconds).as_json()


def test_more_shards_than_stories_and_a_missing_report_are_rejected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Replay, "catalog", lambda *_: entries(edge=4, mail=1))
    replay = Replay({}, cwd=tmp_path, cache=tmp_path)
    with pytest.raises(ConfigError, match="--shard 1/3: these scenarios have 2 stories"):
        replay.shard([], number=1, total=3, durations=None)
    with pytest.raises(ConfigError, match=r"has no report\.json of a rehearsal"):
        replay.shard([], number=1, total=2, durations=tmp_path)


@pytest.mark.parametrize("word", ["app", "docs", "tests", "bin", "compose", "harness"])
@pytest.mark.parametrize("cwd", [ROOT, ROOT / "app"])
def test_a_word_that_is_also_a_folder_is_an_expression(
    started: Started, word: str, cwd: Path
) -> None:
    command, _ = started("-k", word, cwd=cwd)
    assert command[-3:] == ["-k", word, str(bundle.SCENARIOS)]


def test_a_chosen_file_is_found_from_any_directory(started: Started) -> None:
    for cwd in (ROOT, ROOT / "app"):
        command, _ = started("-x", "scenarios/test_sessions.py::test_a", cwd=cwd)
        assert command[-2:] == ["-x", f"{bundle.SCENARIOS}/test_sessions.py::test_a"]


def test_a_copy_of_our_folder_is_none_of_the_teams(started: Started, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_sessions.py").touch()
    command, _ = started("-q", "scenarios/test_sessions.py")
    assert command[-2:] == ["-q", f"{bundle.SCENARIOS}/test_sessions.py"]


def test_a_file_that_an_option_names_is_no_choice(started: Started, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    command, _ = started("--basetemp", "out/", "--junitxml", "out/junit.xml")
    assert command[-1] == str(bundle.SCENARIOS)
    assert "out/junit.xml" in command


def test_nothing_is_written_beside_the_scenarios(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, environ = started()
    assert f"cache_dir={tmp_path}/home/pytest" in command
    assert "PYTHONDONTWRITEBYTECODE" not in environ
    monkeypatch.setattr(bundle, "IS_INSTALLED", True)
    _, environ = started()
    assert environ["PYTHONDONTWRITEBYTECODE"] == "1"


def collect(tmp_path: Path, *args: str) -> str:
    environ = {"PATH": str(Path(sys.executable).parent)}
    return Replay(environ, cwd=tmp_path, cache=tmp_path).collect(args)


def test_scenarios_are_collected_without_a_target(tmp_path: Path) -> None:
    listing = collect(tmp_path, "-k", "session", "-n", "3")
    assert "scenarios/test_sessions.py::test_session_cookie_is_secure" in listing


@pytest.mark.parametrize(
    ("args", "what", "hint"),
    [
        (("--vendro", "debian"), "unrecognized arguments: --vendro", "did you mean --vendor?"),
        (("--maxfial=1",), "unrecognized arguments: --maxfial=1", "`pytest --help` lists"),
        (("-k", "and and"), "Wrong expression passed to '-k'", "`pytest --help` lists"),
        (("-k", "no_scenario_is_called_this"), "no scenario ran", "--collect-only"),
    ],
)
def test_a_mistake_in_the_arguments_is_found_before_anything_starts(
    tmp_path: Path, args: tuple[str, ...], what: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        collect(tmp_path, *args)
    assert raised.value.what.removeprefix("pytest rejects these arguments: ").startswith(what)
    assert hint in raised.value.hint
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize("text", ["def test_x(:\n", "import no_such_module\n"])
def test_an_own_scenario_that_cannot_be_imported_is_named_before_anything_starts(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "test_own.py").write_text(text)
    environ = {"PATH": str(Path(sys.executable).parent)}
    replay = Replay(environ, cwd=tmp_path, cache=tmp_path, own=(tmp_path,))
    with pytest.raises(ConfigError, match="pytest cannot collect the scenarios") as raised:
        replay.collect(())
    assert "test_own.py" in raised.value.log_tail


def test_a_listing_is_known() -> None:
    assert only_lists(["-k", "x", "--co"])
    assert not only_lists(["-k", "x"])
