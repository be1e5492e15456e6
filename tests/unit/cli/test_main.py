"""The command line as a user types it: help, suggestions, arguments of a command, exit codes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import requests
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner, Result

from harness.cli import commands
from harness.cli.main import program
from harness.core.errors import ConfigError, NoStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str) -> Result:
    return CliRunner().invoke(program, words, prog_name="cutover")


def every_command(group: click.Group = program, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)
        else:
            yield (*path, name)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Keep the arguments of the commands, and do nothing."""
    arguments: dict[str, Any] = {}

    def fake(name: str) -> Callable[..., int]:
        def call(_invocation: commands.Invocation, *args: Any, **options: Any) -> int:
            arguments[name] = (*args, options)
            return 0

        return call

    for name in ("rehearse", "verify", "verify_url", "run_in", "status", "up"):
        monkeypatch.setattr(commands, name, fake(name))
    return arguments


def test_help_takes_less_than_a_third_of_a_second_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from harness.cli.main import program\n"
        "try: program.main(['--help'], prog_name='cutover')\n"
        "except SystemExit: pass\n"
        "heavy = {'boto3', 'docker', 'pytest', 'requests', 'rich', 'testcontainers'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # The time of the processor, and the best of three: other tests want it, too.
    assert min(seconds() for _ in range(3)) < 0.3


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_each_command_has_examples_exit_codes_and_help_for_every_option(
    words: tuple[str, ...],
) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert f"Usage: cutover {' '.join(words)}" in result.output
    assert "Examples:" in result.output
    assert "Exit codes:" in result.output
    command: click.Command = program
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert all(option.help for option in options)


def test_without_a_command_it_shows_the_commands() -> None:
    result = run()
    assert result.exit_code == 2
    assert "rehearse" in result.output


def test_the_version_is_told() -> None:
    assert run("--version").output.startswith("cutover 0.")


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        (("rehersal",), "Did you mean 'rehearse'?"),
        (("status", "--jsn"), "Did you mean '--json'?"),
        (("images", "prun"), "Did you mean 'prune'?"),
    ],
)
def test_a_misspelt_word_gets_a_suggestion(words: tuple[str, ...], suggestion: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert suggestion in result.output


def test_an_option_is_not_abbreviated(calls: dict[str, Any]) -> None:
    assert run("status", "--js").exit_code == 2
    assert run("rehearse", "--kee").exit_code == 0
    assert calls["rehearse"][-1] == {
        "keep": False,
        "report_dir": None,
        "pytest_args": ("--kee",),
        "passes": commands.Passes(),
    }


def test_a_share_is_read_and_a_false_one_rejected(calls: dict[str, Any], tmp_path: Path) -> None:
    assert run("rehearse", "--shard", "2/3", "--durations", str(tmp_path)).exit_code == 0
    passes = commands.Passes(shard=(2, 3), durations=tmp_path.resolve())
    assert calls["rehearse"][-1]["passes"] == passes
    for text in ("0/3", "4/3", "2", "a/b", "1/300"):
        result = run("rehearse", "--shard", text)
        assert result.exit_code == 2
        assert f'"{text}" is no share; write the second of three as 2/3' in result.output
    assert "--durations needs --shard" in run("rehearse", "--durations", str(tmp_path)).output


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("web", "--", "composer", "run", "lint", "--", "--fix"), "composer run lint -- --fix"),
        (("web", "php", "artisan", "about", "--json"), "php artisan about --json"),
        (("web", "--", "ls", "--help"), "ls --help"),
    ],
)
def test_exec_keeps_every_word_of_the_command(
    calls: dict[str, Any], words: tuple[str, ...], command: str
) -> None:
    assert run("exec", *words).exit_code == 0
    assert calls["run_in"] == ("web", command.split(), {})


def test_pytests_arguments_reach_pytest_in_their_order(
    calls: dict[str, Any], tmp_path: Path
) -> None:
    words = ("-k", "a or b", "-vv", "--maxfail", "1", "-n0", "scenarios/test_edge.py")
    assert run("verify", *words, "--report-dir", str(tmp_path / "r")).exit_code == 0
    assert calls["verify"] == ({"report_dir": tmp_path / "r", "pytest_args": words},)
    assert run("verify", "--", "-x").exit_code == 0
    assert calls["verify"][-1]["pytest_args"] == ("-x",)


def test_verify_takes_an_address(calls: dict[str, Any]) -> None:
    address = ("--connect-to", "198.51.100.7")
    assert run("verify", "--url", "https://shop.example", *address, "-v").exit_code == 0
    options = {"connect_to": "198.51.100.7", "report_dir": None, "pytest_args": ("-v",)}
    assert calls == {"verify_url": ("https://shop.example", options)}


def raising(error: BaseException) -> Callable[..., int]:
    def call(*_args: object, **_options: object) -> int:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("no key", hint="add it"), 2, "cutover: no key\n  what to do: add it\n"),
        (NoStack("no stack is up"), 2, "cutover: no stack is up\n"),
        (KeyboardInterrupt(), 130, "cutover: interrupted\n"),
    ],
)
def test_a_failure_is_one_message_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, text: str
) -> None:
    monkeypatch.setattr(commands, "up", raising(error))
    result = run("up")
    assert (result.exit_code, result.stderr) == (code, text)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:34030/scheduled-run", "a component of the stack did not answer"),
        ("http+docker://localhost/v1.41/info", "the Docker engine stopped answering, or refused"),
        ("http://127.0.0.1:2375/v1.41/info", "the Docker engine stopped answering, or refused"),
    ],
)
def test_a_component_that_does_not_answer_is_not_taken_for_the_engine(
    monkeypatch: pytest.MonkeyPatch, url: str, text: str
) -> None:
    request = requests.Request("GET", url).prepare() if url.startswith("http:") else None
    error = requests.ReadTimeout("Read timed out.", request=request)
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2375")
    monkeypatch.setattr(commands, "up", raising(error))
    assert f"cutover: {text}\n" in run("up").stderr


def test_an_emulator_that_does_not_answer_is_no_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:34030/")
    monkeypatch.setattr(commands, "up", raising(error))
    assert "cutover: a component of the stack did not answer\n" in run("up").stderr


def test_a_mistake_of_ours_leaves_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(commands, "up", raising(ZeroDivisionError("by zero")))
    result = run("up")
    assert result.exit_code == 3
    assert "a mistake in the harness itself: ZeroDivisionError: by zero" in result.stderr
    assert "Traceback" not in result.stderr
    (file,) = tmp_path.iterdir()
    assert "Traceback" in file.read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_and_works(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_CUTOVER_COMPLETE" in result.output


def test_status_without_a_stack_needs_no_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreachable() -> None:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr("harness.stack.engine.connect", unreachable)
    environ = {
        "CUTOVER_CONFIG": str(ROOT / "cutover.toml"),
        "CUTOVER_HOME": str(tmp_path),
    }
    result = CliRunner(env=environ).invoke(program, ["status"])
    assert result.exit_code == 1
    assert result.output == "nothing is up; `cutover up` starts the stack\n"


def test_an_address_to_connect_to_needs_a_target_that_is_not_local() -> None:
    result = run("verify", "--connect-to", "198.51.100.7")
    assert result.exit_code == 2
    assert result.output.endswith("Error: --connect-to needs --url or --target aws\n")


def test_a_current_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    code = "import os; os.rmdir(os.getcwd()); from harness.cli import main; main.main()"
    command = (sys.executable, "-c", code, "config", "check")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path / "gone", env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("cutover: the current directory is not there any more\n")


def test_a_word_of_scenarios_is_explained_by_their_names() -> None:
    result = run("scenarios", "explain", "rotation")
    assert (result.exit_code, "there is no scenario rotation" in result.output) == (2, True)
    assert "these have it: secret_rotation_without_downtime" in result.output


def test_a_directory_that_cannot_be_made_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = run("verify", "--url", "https://shop.example", "--report-dir", str(file / "x"))
    assert result.exit_code == 2
    assert "cannot be made: Not a directory" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--report-dir", ""),
        ("rehearse", "--durations", ""),
        ("report", "merge", "shard-1", "--out", ""),
        ("runbook", "--out", ""),
        ("preflight", "--report", ""),
        ("images", "export", ""),
        ("parity", "record", ""),
    ],
)
def test_an_empty_path_is_not_this_directory(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, 'it is empty; "." is this directory' in result.output) == (2, True)
