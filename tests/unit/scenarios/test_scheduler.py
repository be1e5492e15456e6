"""The error of a scheduled command, from the log of its task."""

from __future__ import annotations

import pytest

from scenarios.scheduled import FAILED, failed_entries, last_error, missing_programs

APP = (
    '{"message":"Holds released","level":200}\n'
    '{"message":"SQLSTATE[42S02]: no table","level":400}\n'
    '{"message":"Report sent","level":200}'
)
CURL = "curl: (7) Failed to connect to localhost port 80"


@pytest.mark.parametrize(
    ("log", "error"),
    [
        (APP, "SQLSTATE[42S02]: no table"),
        (f"{CURL}\n{APP}", "SQLSTATE[42S02]: no table"),
        (f'  Running [a] .... 1 s DONE\n\n{CURL}\n{{"message":"Sent","level":200}}', CURL),
        ('  Running [a] .... 1 s DONE\n{"message":"Sent","level":200}\n[1, 2]\n"x"', ""),
        (
            '  Running [a] .... 1 s DONE\n   ERROR  There are no commands defined in the "b".  ',
            'There are no commands defined in the "b".',
        ),
    ],
)
def test_the_apps_error_comes_before_a_programs_and_no_notice_is_one(log: str, error: str) -> None:
    assert last_error(log) == error


def test_each_command_that_fails_has_its_own_error() -> None:
    log = f"{APP}\n{FAILED}0\n  Running [b] .... 1 s DONE\n{CURL}\n{FAILED}2\n{APP}"
    assert list(failed_entries(log)) == [(0, "SQLSTATE[42S02]: no table"), (2, CURL)]


def test_programs_that_a_shell_does_not_find_are_read_from_the_log() -> None:
    log = "sh: 1: mysqldump: not found\n{}\nsh: line 3: jq: command not found\nsh: 1: jq: not found"
    assert missing_programs(log + "\nevent 5: not found") == ["mysqldump", "jq"]
