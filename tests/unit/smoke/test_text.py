"""Lines, verdict and JSON of a report."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from harness.smoke import text
from harness.smoke.result import Action, Result, State, green, red, warning
from harness.smoke.smoke import Line, Report

ROLL_BACK = red(Action.ROLL_BACK, "502", "GET /", "visitors get an error")
MEND = red(Action.MEND, "missing", "GET /", "add it")
WAIT = red(Action.WAIT, "1 of 3 old", "A shop.example", "up to 60 s more")
HSTS = warning("missing", "GET /", "add it")
SKIPPED = Result(State.NOT_RUN, "needs a key", "")


def report(*results: Result) -> Report:
    names = ["front page", *(f"check {n}" for n in range(1, len(results)))]
    lines = tuple(Line("app", name, result) for name, result in zip(names, results, strict=True))
    began = datetime(2026, 11, 27, 21, 4, 10, tzinfo=UTC)
    return Report("https://shop.example", "3f9a", began, 23.4, 61, 200, lines)


def verdict(*results: Result, strict: bool = False) -> str:
    return text.verdict(report(*results), strict=strict)


END = "2026-11-27 21:04:10 UTC, 23 s, 61 requests, run 3f9a"


def test_a_green_verdict_counts_the_checks_that_ran() -> None:
    ok = green("200", "GET /")
    assert verdict(ok, SKIPPED) == f"GREEN · shop.example · 1 of 2 checks ran · {END}"
    assert verdict(ok, SKIPPED, strict=True) == (
        f"RED, not every check is green · shop.example · 1 of 2 checks ran · {END}"
    )
    assert verdict(ok, HSTS) == (
        f"GREEN · shop.example · 1 to mend: check 1 · 2 of 2 checks ran · {END}"
    )


def test_a_red_verdict_begins_with_the_most_urgent_action() -> None:
    assert verdict(WAIT, MEND, ROLL_BACK) == (
        "RED, roll back · shop.example · 3 red: check 2, check 1, front page"
        f" · 3 of 3 checks ran · {END}"
    )
    assert verdict(WAIT).startswith("RED, wait · shop.example · 1 red: front page · ")
    many = verdict(*[MEND] * 5)
    assert "5 red: front page, check 1, check 2 and 2 more" in many


def test_without_a_front_page_nothing_is_green() -> None:
    assert not report(SKIPPED).is_green(strict=False)
    assert verdict(SKIPPED, HSTS).startswith("RED, nothing is known · shop.example")


def test_a_line_has_value_and_source_and_the_next_action() -> None:
    (block,) = text.line_texts([Line("app", "front page", ROLL_BACK)])
    assert block.splitlines() == [
        "RED  app      front page                502  [GET /]",
        "     -> roll back: visitors get an error",
    ]


def test_checks_that_cannot_run_for_one_reason_share_a_line() -> None:
    ok = green("200", "GET /")
    names = ("probe", "settings", "file")
    lines = [Line("app", "front page", ok), Line("app", "links", ok)]
    lines += [Line("probe", name, SKIPPED) for name in names]
    lines.append(Line("old host", "old site", SKIPPED))
    assert list(text.line_texts(lines)) == [
        "ok   app      front page                200  [GET /]",
        "ok   app      links                     200  [GET /]",
        "-    probe    3 checks                  needs a key",
        "-    old host old site                  needs a key",
    ]


def test_json_has_every_check() -> None:
    document = json.loads(json.dumps(text.as_json(report(ROLL_BACK, HSTS, SKIPPED), strict=False)))
    assert document["format"] == 1
    assert (document["green"], document["action"], document["ran"]) == (False, "roll back", 2)
    assert document["counts"] == {"green": 0, "warning": 1, "red": 1, "not run": 1}
    assert document["checks"][0] == {
        "family": "app",
        "name": "front page",
        "state": "red",
        "value": "502",
        "source": "GET /",
        "action": "roll back",
        "meaning": "visitors get an error",
    }
