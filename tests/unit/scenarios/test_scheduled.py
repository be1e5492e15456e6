"""Causes of scheduled commands that fail or never end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.diagnosis.expect import ExpectationError
from harness.target.access import Access
from harness.target.resources.schedule import Run
from scenarios.scheduled import (
    COMMAND,
    endless_tick_cause,
    expect_scheduled_once,
    host_outside,
    last_error,
    undisturbed,
)

LOCAL = Access(public_url="https://shop.example", emulator="127.0.0.1:4566")
CURL = "cURL error 6: Could not resolve host: {} (see https://curl.se/libcurl/c)"
SLOW = "cURL error 28: Resolving timed out after 3000 milliseconds (see x) for https://{}/healthz"


@pytest.mark.parametrize("error", [CURL, SLOW, "curl: (6) Could not resolve host: {}"])
def test_a_host_of_the_internet_is_named(error: str) -> None:
    assert host_outside(error.format("shop.example"), LOCAL) == "shop.example"


@pytest.mark.parametrize(
    "error",
    [
        CURL.format("sqs.eu-west-9.amazonaws.com"),
        CURL.format("redis"),
        "cURL error 7: Failed to connect to shop.example port 443",
        "getaddrinfo for db.example failed",
    ],
)
def test_what_a_rehearsal_has_is_no_host_of_the_internet(error: str) -> None:
    assert host_outside(error, LOCAL) == ""


def test_in_an_account_each_host_counts() -> None:
    account = Access(public_url="https://shop.example")
    assert host_outside(CURL.format("api.example"), account) == ""


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["php", "artisan", "schedule:run"], ""),
        (["php", "artisan", "schedule:work"], "must be schedule:run"),
        ([], "the image's own runs"),
    ],
)
def test_a_tick_that_never_ends_is_blamed_on_its_command(command: list[str], words: str) -> None:
    cause = endless_tick_cause(command)
    assert words in cause
    assert bool(cause) == bool(words)


AT = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MEANWHILE = ((AT + 10 * SECOND, AT + 20 * SECOND),)
BEFORE = ((AT - 20 * SECOND, AT - 10 * SECOND),)
AFTER = ((AT + 50 * SECOND, AT + 55 * SECOND),)


def tick(exit_code: int | None, *, stopped: bool = True) -> Run:
    return Run("t1", AT, stopped, "", "", exit_code)


def record(name: str = COMMAND, *, outcome: str = "succeeded") -> dict[str, str]:
    began, ended = AT + 12 * SECOND, AT + 13 * SECOND
    return {
        "name": name,
        "task": "t1",
        "minute": AT.isoformat(),
        "started_at": began.isoformat(),
        "ended_at": ended.isoformat(),
        "outcome": outcome,
        "error": "gone" if outcome == "failed" else "",
    }


@pytest.mark.parametrize("exit_code", [1, None])
def test_a_tick_that_an_exclusive_scenario_made_fail_says_nothing(exit_code: int | None) -> None:
    assert undisturbed([tick(exit_code)], times=MEANWHILE) == []


@pytest.mark.parametrize("times", [BEFORE, AFTER, ()])
def test_another_tick_that_fails_counts(times: tuple[tuple[datetime, datetime], ...]) -> None:
    assert undisturbed([tick(1)], times=times) == [tick(1)]


@pytest.mark.parametrize("one", [tick(0), tick(None, stopped=False)])
def test_a_tick_that_succeeded_or_runs_counts(one: Run) -> None:
    assert undisturbed([one], times=MEANWHILE) == [one]


def test_a_record_that_an_exclusive_scenario_took_is_not_asked_for() -> None:
    assert expect_scheduled_once([tick(0)], [], access=LOCAL, times=MEANWHILE) == {}
    with pytest.raises(ExpectationError, match="ran schedule:run 0 times"):
        expect_scheduled_once([tick(0)], [], access=LOCAL, times=AFTER)


@pytest.mark.parametrize(("exit_code", "is_input"), [(0, True), (1, False)])
def test_a_tick_without_a_record_blames_the_input_unless_its_task_failed(
    exit_code: int, *, is_input: bool
) -> None:
    with pytest.raises(ExpectationError) as caught:
        expect_scheduled_once([tick(exit_code)], [], access=LOCAL)
    assert ("Input" in caught.value.cause) == is_input


def test_a_command_that_an_exclusive_scenario_made_fail_says_nothing() -> None:
    records = [record(), record("shop:prune", outcome="failed")]
    assert expect_scheduled_once([tick(0)], records, access=LOCAL, times=MEANWHILE)
    with pytest.raises(ExpectationError, match="shop:prune failed"):
        expect_scheduled_once([tick(0)], records, access=LOCAL, times=AFTER)


def test_two_runs_in_one_tick_are_too_many_at_any_time() -> None:
    with pytest.raises(ExpectationError, match="2 times"):
        expect_scheduled_once([tick(0)], [record(), record()], access=LOCAL, times=MEANWHILE)


def test_the_paragraph_of_symfony_is_an_error() -> None:
    words = '  Command "digest:sent" is not defined.  '
    edge = " " * len(words)
    log = f'\n{edge}\n{words}\n{edge}\n\n Do you want to run "digest:send"?  (yes/no) [no]:\n > '
    assert last_error(log) == words.strip()
    assert last_error(f"{log}\nsh: 1: digest: not found\n") == words.strip()
    wrapped = f"In Digest.php line 7:\n{edge}\n  Too few  \n  readings  \n{edge}\n\n"
    assert last_error(wrapped) == "Too few readings"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("exit code 127", "exit code 127, a shell's for a program that is not in the image"),
        ("exit code 1", "exit code 1"),
        (None, "its exit code is not 0"),
    ],
)
def test_a_program_that_a_shell_does_not_find_is_told_by_its_exit_code(
    error: str | None, cause: str
) -> None:
    failed: dict[str, Any] = {**record("sudo -u u876", outcome="failed"), "error": error}
    with pytest.raises(ExpectationError) as caught:
        expect_scheduled_once([tick(0)], [record(), failed], access=LOCAL, times=AFTER)
    assert caught.value.cause.endswith(f": {cause}")
