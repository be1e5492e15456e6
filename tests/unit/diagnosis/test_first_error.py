"""The first error of the app, as each of its programs writes one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.diagnosis.evidence import Line
from harness.diagnosis.first_error import first_error, last_words
from harness.diagnosis.patterns.pattern import Source

AT = datetime(2026, 11, 27, 7, tzinfo=UTC)
DUPLICATE = "SQLSTATE[23000]: 1062 Duplicate entry 'a'"
NOT_FOUND = "/usr/local/bin/entrypoint: 21: php: not found"
RENDERED = ["In Connection.php line 857:", "      ", "  Host: 127.0.0  ", "  .1)      ", "", "x"]


def line(text: str, **more: object) -> Line:
    known: dict[str, object] = {"source": Source.APP, "task": "web task 0123abcd", "at": AT, **more}
    return Line(text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ([f'{{"message":"{DUPLICATE}","level_name":"ERROR"}}'], DUPLICATE),
        (["[2026-11-25 07:00:00] production.ERROR: It broke. {}"], "It broke. {}"),
        (
            ["PHP Fatal error:  Uncaught Error: x in /a/vendor/x.php:3"],
            "Uncaught Error: x in /a/vendor/x.php:3",
        ),
        (["[emerg] 26#26: open() failed (2: No such file)"], "open() failed (2: No such file)"),
        (["[27-Nov-2026 20:45:14] ALERT: [pool www] x(20) is y"], "[pool www] x(20) is y"),
        (["   ERROR  The path does not exist."], "The path does not exist."),
        ([NOT_FOUND], NOT_FOUND),
        (RENDERED, "Host: 127.0.0.1)"),
        (
            ["x.ERROR: 1213 Deadlock (Connection: mysql, Host: x, SQL: insert into `a` (`b`))"],
            "1213 Deadlock (SQL: insert into `a` (`b`))",
        ),
    ],
)
def test_an_error_is_known_by_its_program(texts: list[str], error: str) -> None:
    first = first_error([line("GET / 200"), *map(line, texts)])
    assert str(first) == f"web task 0123abcd, 07:00:00: {error}"


def test_the_first_in_time_is_shown_and_none_that_a_scenario_asked_for() -> None:
    second = timedelta(seconds=1)
    lines = [
        line("x.ERROR: late", at=AT + second),
        line("x.ERROR: early"),
        line("x.ERROR: cutover-probe job 1 was told to fail", at=AT - second),
        line("x.ERROR: of another scenario's task", at=AT - second, source=None),
    ]
    first = first_error(lines)
    assert first is not None
    assert first.text == "early"
    assert first_error(lines[2:]) is None


def test_an_error_of_the_app_below_the_probe_is_the_apps() -> None:
    trace = '"trace":["/srv/app/packages/cutover-probe/src/Http/A.php:7"]'
    text = f'{{"message":"no space left","context":{{{trace}}},"level_name":"ERROR"}}'
    assert str(first_error([line(text)])).endswith(": no space left")
    job = r'{"message":"CutoverProbe\\Jobs\\ProbeJob has been attempted too many times.",'
    assert first_error([line(job + '"level_name":"ERROR"}')]) is None


def test_the_last_words_of_a_task_are_its_last_lines_of_plain_text() -> None:
    words = ["warming", "   The environment file is invalid!   ", "Encountered whitespace.", ""]
    lines = [line('{"channel":"access"}'), *map(line, words), line("z", task="web task ffff")]
    assert str(last_words(lines)) == (
        "web task 0123abcd, 07:00:00: warming The environment file is invalid!"
        " Encountered whitespace."
    )
    earlier = line("warming", at=AT - timedelta(seconds=1))  # of its other output
    assert str(last_words([line("It ends."), earlier])).endswith(": warming It ends.")
    assert last_words([line('{"channel":"access"}')]) is None
    assert last_words([line("elsewhere", source=Source.STOPPED_REASON)]) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            '{"message":"no","context":{"exception":{"file":"/srv/app/vendor/a/B.php:7","trace":'
            '["/srv/app/vendor/a/C.php:8","/srv/app/app/Jobs/D.php:9"]}},"level_name":"ERROR"}',
            "/srv/app/app/Jobs/D.php:9",
        ),
        (
            'a.ERROR: no {"exception":"[object] (Error(code: 0): no at /srv/app/app/E.php:3)',
            "/srv/app/app/E.php:3",
        ),
        (
            '{"message":"no","context":{"exception":{"file":"/srv/app/vendor/a/B.php:7","trace":'
            '["/srv/app/public/index.php:17"]}},"level_name":"ERROR"}',
            "",
        ),
        (
            'a.ERROR: no {"exception":"[object] (Error(code: 0): no at /srv/app/vendor/a/B.php:3)\n'
            "[stacktrace]\n#0 /srv/app/vendor/a/C.php(4): b()\n#1 /srv/app/app/F.php(5): c()",
            "/srv/app/app/F.php:5",
        ),
        ("PHP Fatal error:  Uncaught Error: no in /srv/app/app/G.php:6", "/srv/app/app/G.php:6"),
        (
            '{"message":"no (View: /srv/app/resources/views/a.blade.php)","level_name":"ERROR"}',
            "/srv/app/resources/views/a.blade.php",
        ),
    ],
)
def test_the_place_of_an_error_is_the_first_line_of_the_apps_own_code(
    text: str, place: str
) -> None:
    first = first_error([line(log_line) for log_line in text.split("\n")])
    assert first is not None
    assert first.place == place
    assert (f"07:00:00, {place}: " in str(first)) is bool(place)
