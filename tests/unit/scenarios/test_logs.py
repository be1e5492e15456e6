"""What a task's log tells of the app's own log channels."""

from __future__ import annotations

from typing import Any

import pytest

from harness.diagnosis.expect import ExpectationError
from scenarios.test_logs import expect_own_log, expect_whole_line, files_of_channel

EMERGENCY = (
    "[2026-11-28 16:00:00] laravel.EMERGENCY: Unable to create configured logger. Using emergency"
    ' logger. {"exception":"[object] (%s(code: 0): %s at /srv/app/vendor/monolog/a.php:468)'
)
WARN = r"Level \"warn\" is not defined"
HOOK = "SlackWebhookHandler::__construct(): Argument #1 must be of type string, null given"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (EMERGENCY % ("InvalidArgumentException", WARN), f": {WARN}: "),
        (EMERGENCY % ("TypeError", f"{HOOK}, called in /srv/app/a.php on line 3"), f": {HOOK}: "),
        ("Unable to create configured logger. Using emergency logger.", "log alone: LOG_CHANNEL"),
    ],
)
def test_the_emergency_log_is_no_log_of_the_app(log: str, why: str) -> None:
    expect_own_log("web", '{"message":"an error","level":400}\n')
    with pytest.raises(ExpectationError) as caught:
        expect_own_log("web", log)
    assert why in caught.value.cause
    assert "None" not in caught.value.cause


@pytest.mark.parametrize("line", ['{"message":"an error","sign":"s-1"}', "[2026] an error s-1 {"])
def test_a_whole_line_is_json_or_a_text(line: str) -> None:
    expect_whole_line(f"started\n{line}\n", "s-1")


def test_json_in_pieces_is_no_line() -> None:
    with pytest.raises(ExpectationError) as caught:
        expect_whole_line('{"message":"an error","sign":"s-1","filler":"...\n..."}\n', "s-1")
    assert "set log_limit in its [global] section" in caught.value.cause


FILE = "/srv/app/storage/logs/laravel.log"
CHANNELS: dict[str, dict[str, Any]] = {
    "single": {"driver": "single", "path": FILE},
    "daily": {"driver": "daily", "path": FILE},
    "output": {"driver": "single", "path": "/proc/1/fd/2"},
    "stderr": {"driver": "monolog"},
    "files": {"driver": "stack", "channels": ["single", " daily"]},
    "both": {"driver": "stack", "channels": ["files", "stderr"]},
    "endless": {"driver": "stack", "channels": ["endless", "single"]},
}


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("single", [FILE]),
        ("daily", [FILE]),
        ("output", None),
        ("stderr", None),
        ("files", [FILE, FILE]),
        ("both", None),
        ("endless", None),
        ("missing", None),
    ],
)
def test_the_files_of_a_log_channel_are_those_of_its_stack(
    name: str, files: list[str] | None
) -> None:
    assert files_of_channel(name, CHANNELS) == files
