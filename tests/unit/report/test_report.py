"""Reports: the same outcomes as lines, JSON, JUnit XML and one HTML page."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.core.redact import Secret
from harness.diagnosis.history import Event, History
from harness.report import (
    Outcome,
    Report,
    emulated,
    faults,
    html,
    json_file,
    junit,
    not_covered,
    proved,
    terminal,
)
from harness.report.model import outcome_from
from harness.report.overlay import overlay_lines
from harness.report.writer import write_report
from harness.target.recorded_runs import RecordedRun

LABELS = {"local": emulated("nginx"), "aws": proved, "url": not_covered("no shell")}


def outcome(name: str, result: str, **more: object) -> Outcome:
    known = {"target": "local", "labels": LABELS, "seconds": 1.25, **more}
    return Outcome(f"scenarios/test_sessions.py::test_{name}", result, **known)  # type: ignore[arg-type]


AT = datetime(2026, 11, 23, 4, 0, 1, tzinfo=UTC)
HISTORY = History(events=(Event(AT, "tickets-web", "has reached a steady state."),))
PASSED = outcome("a_value_is_shared", "passed")
RED = outcome(
    "the_cookie_is_secure",
    "failed",
    message="the session cookie is not Secure\n<b>expected</b> & seen",
    cause="SESSION_SECURE_COOKIE is not true in the task",
    setting="SESSION_SECURE_COOKIE",
    cause_lines=("the session cookie is not Secure",),
    sections=(("log of web", "line with \x1b[31mcolour\x1b[0m\x00"),),
)
SKIPPED = outcome("elsewhere", "skipped", reason="target url lacks: ecs")


def report(*outcomes: Outcome, **more: object) -> Report:
    known: dict[str, object] = {
        "target": "local",
        "public_url": "https://tickets.876events.example",
        "started_at": "2026-11-23T04:00:00Z",
        "seconds": 12.5,
        "run": "abc123",
        "vendor": "debian",
        "overlay": overlay_lines(
            {
                "environment": {"AWS_ENDPOINT_URL": "http://emulator:4566"},
                "files": {"/etc/ssl/certs/ca-certificates.crt": "ca"},
                "connection_sharing": False,
                "idle": {"shop-web/agent": "public.example/agent:7"},
            }
        ),
        "history": HISTORY,
        **more,
    }
    return Report(outcomes=outcomes, **known)  # type: ignore[arg-type]


def ending(made: Report, *, width: int = 100, verbose: bool = False) -> list[terminal.Line]:
    return terminal.summary(made, page=Path("/r.html"), width=width, verbose=verbose)


ALL = report(PASSED, RED, SKIPPED)
FORMATS = {
    "terminal": lambda replay: "\n".join(line.text for line in ending(replay, verbose=True)),
    "json": json_file.text,
    "junit": junit.text,
    "html": html.text,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_overlay_vendor_and_cause_and_no_secret(name: str) -> None:
    Secret("very-secret-value")
    leaky = outcome(
        "leaks", "failed", message="very-secret-value", sections=(("s", "very-secret-value"),)
    )
    text = FORMATS[name](report(PASSED, RED, leaky))
    assert "AWS_ENDPOINT_URL=http://emulator:4566" in text
    assert "/etc/ssl/certs/ca-certificates.crt (file: the stack" in text
    assert "shop-web/agent idles: its image public.example/agent:7 is not to be had here" in text
    assert "each client of the proxy has a connection of its own to the database" in text
    assert "Laravel itself is stock" in text
    assert "SESSION_SECURE_COOKIE is not true in the task" in text
    assert "very-secret-value" not in text


def test_titles_and_stories_are_words() -> None:
    assert (RED.story, RED.title) == ("sessions", "the cookie is secure")
    assert LABELS["local"].text() == "emulated: nginx"
    assert RED.label.worth == "emulated"


@pytest.mark.parametrize(
    ("outcomes", "verdict", "green"),
    [
        ((PASSED, RED, SKIPPED), "1 of 3 scenarios are red, 1 skipped.", False),
        ((PASSED, SKIPPED), "1 scenario passed, 1 skipped; none is red.", True),
        ((SKIPPED,), "No scenario passed, 1 skipped.", False),
        ((), "No scenario passed.", False),
    ],
)
def test_a_replay_that_shows_nothing_is_not_green(
    outcomes: tuple[Outcome, ...], verdict: str, green: bool
) -> None:
    replay = report(*outcomes)
    assert (replay.verdict, replay.is_green) == (verdict, green)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(width: int) -> None:
    lines = ending(ALL, width=width, verbose=True)
    assert all(len(line.text) <= width for line in lines)
    text = [line.text for line in lines]
    assert any(line.endswith("emulated        1.2") for line in text)
    assert "report: file:///r.html" in text
    tones = {line.tone for line in lines if line.text.startswith("  the cookie is secure")}
    assert tones == {"bad"}


def test_without_verbose_the_end_is_short_and_names_no_scenario_that_is_not_red() -> None:
    text = [line.text for line in ending(replace(ALL, vendor=""))]
    assert text == [
        "1 of 3 scenarios are red, 1 skipped.",
        "  SESSION_SECURE_COOKIE is not true in the task",
        "    sessions: the cookie is secure",
        "Everything else passed: 1 on emulated services (differences are listed).",
        "2 of 3 selected scenarios ran on target local; -v has the reasons of the others.",
        "target: local, https://tickets.876events.example, 12.5 s",
        "overlay: 4 differences from production, listed in the report",
        "report: file:///r.html",
        "rerun the red ones: `cutover up`, then `cutover verify --lf`",
        "look inside: `cutover logs web`, `cutover exec web -- sh`",
    ]
    green = [line.text for line in ending(report(PASSED))]
    assert green[-1] == "report: file:///r.html"
    outside = [line.text for line in ending(report(replace(RED, target="url"), target="url"))]
    assert outside[-1] == "rerun the red ones: `cutover verify --url URL --lf`"


def test_a_cause_names_five_scenarios_and_counts_the_rest() -> None:
    replay = report(
        *(outcome(f"thing_{n}", "failed", message="no answer\nat all") for n in range(9))
    )
    text = [line.text for line in ending(replay)]
    assert text[1:3] == ["  no cause is sure", "    sessions: thing 0: no answer"]
    assert text[7] == "    and 4 more"


def test_a_secret_is_blanked_before_a_line_break_divides_it() -> None:
    Secret("correct horse battery staple")
    replay = report(outcome("x", "failed", message=f"{'y' * 60} correct horse battery staple"))
    for verbose in (False, True):
        text = "\n".join(line.text for line in ending(replay, width=80, verbose=verbose))
        assert "correct" not in text
        assert "staple" not in text


def test_the_counter_counts() -> None:
    assert terminal.counter(done=3, total=9, red=0) == "3 of 9 scenarios"
    assert terminal.counter(done=9, total=9, red=2) == "9 of 9 scenarios, 2 red"


def test_an_outcome_survives_the_way_from_a_worker() -> None:
    for case in ALL.outcomes:
        assert outcome_from(json.loads(json.dumps(case.as_json()))) == case


def test_json_holds_every_outcome_with_its_labels() -> None:
    data = json.loads(json_file.text(ALL))
    assert data["counts"] == {
        "passed": 1,
        "failed": 1,
        "error": 0,
        "skipped": 1,
        "accepted": 0,
        "flaky": 0,
    }
    assert data["green"] is False
    rows = [
        (scenario["title"], scenario["cause"], scenario["cause_lines"])
        for scenario in data["scenarios"]
    ]
    assert rows == [(case.title, case.cause, list(case.cause_lines)) for case in ALL.outcomes]
    passed, _, skipped = (scenario["labels"] for scenario in data["scenarios"])
    assert passed["local"] == {"worth": "emulated", "note": "nginx", "never_run": False}
    assert passed["aws"] == {"worth": "proved", "note": "", "never_run": True}
    assert skipped["local"]["worth"] == "not covered"


def test_a_target_without_a_recorded_run_would_only_prove() -> None:
    run = RecordedRun(date="2026-11-20", commit="abc1234", result="8 scenarios passed.")
    text = FORMATS["junit"](report(PASSED))
    assert "truth on aws: would prove; never run there\n" in text
    assert "truth on url: not covered: no shell" in text
    page = html.text(report(PASSED))
    assert ">would prove<" in page
    assert ">proved<" not in page
    tried = report(PASSED, recorded_runs={"aws": run})
    assert "truth on aws: proved\n" in FORMATS["junit"](tried)
    assert json.loads(json_file.text(tried))["recorded_runs"]["aws"]["commit"] == "abc1234"
    assert "last run 2026-11-20" in html.text(tried)


def test_a_skipped_scenario_proves_nothing() -> None:
    skipped = outcome("x", "skipped", reason="target aws lacks: exec", target="aws")
    assert skipped.label == not_covered("target aws lacks: exec")
    row = next(
        line for line in ending(report(skipped, target="aws"), verbose=True) if "  x " in line.text
    )
    assert "proved" not in row.text


def test_a_gap_of_the_configuration_names_the_key_in_every_format() -> None:
    gap = "no queue is configured; set resources.queues"
    skipped = outcome("x", "skipped", reason=f"not covered: {gap}")
    other = "no mail identity is configured; set resources.identity"
    both = outcome("y", "skipped", reason=f"not covered: {gap}, {other}")
    replay = report(PASSED, skipped, both, outcome("z", "skipped", reason="not covered: no shell"))
    assert replay.gaps == ((gap, 2), (other, 1))
    assert f"not covered, 2 scenarios: {gap}" in [line.text for line in ending(replay)]
    for text in FORMATS.values():
        assert gap in text(replay)


def test_an_accepted_scenario_has_a_state_of_its_own_in_every_format() -> None:
    reason = "accepted until 2027-01-31: the old mailer goes in January"
    known = replace(RED, result="accepted", reason=reason)
    note = '[[accept]] "other" is green now: remove it'
    replay = report(PASSED, known, notes=(note,))
    assert (replay.verdict, replay.is_green) == (
        "1 scenario passed, 1 accepted as red; none is red.",
        True,
    )
    for text in FORMATS.values():
        assert reason in text(replay)
    lines = [line.text for line in ending(replay)]
    assert f"sessions: the cookie is secure: {reason}" in lines
    assert note in lines
    data = json.loads(json_file.text(replay))
    assert (data["counts"]["accepted"], data["notes"]) == (1, [note])
    assert data["scenarios"][1]["labels"]["local"]["worth"] == "not covered"
    (case,) = ET.fromstring(junit.text(replay)).iterfind(".//testcase/skipped")
    assert (case.get("message"), case.text) == (reason, RED.cause)
    assert 'class="tag accepted"' in html.text(replay)


def test_a_vendor_image_that_was_named_is_reported_by_its_name() -> None:
    text = FORMATS["terminal"](report(PASSED, vendor="registry.example/vendor:7"))
    assert "vendor: registry.example/vendor:7 (the image named in cutover.toml)" in text


def test_junit_is_valid_even_with_control_characters() -> None:
    root = ET.fromstring(junit.text(ALL))
    (suite,) = root.findall("testsuite")
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("sessions", "3", "1")
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    failure = cases["the cookie is secure"].find("failure")
    assert failure is not None
    assert failure.get("message") == "SESSION_SECURE_COOKIE is not true in the task"
    skipped = cases["elsewhere"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "target url lacks: ecs"


def test_a_cause_that_explains_several_scenarios_is_said_once_for_all() -> None:
    replay = report(
        PASSED, RED, outcome("it_is_sent", "error", cause=RED.cause, setting=RED.setting)
    )
    assert [(fault.cause, len(fault.outcomes)) for fault in replay.faults] == [(RED.cause, 2)]
    assert [line.text for line in ending(replay)].count(f"  {RED.cause}") == 1


def test_what_may_follow_comes_after_the_cause_in_every_format() -> None:
    guess = outcome("it_is_late", "failed", cause="a worker may be slow", is_sure=False)
    unknown = [
        outcome(f"it_fails_{n}", "failed", message="no", first_error=f"web task a, 07:00:0{n}: x")
        for n in (1, 2)
    ]
    replay = report(*unknown, guess, RED)
    titles = [
        RED.cause,
        "likely, not sure: a worker may be slow",
        "no cause is sure; the app's first error: web task a, 07:00:01: x",
    ]
    assert [fault.title for fault in replay.faults] == titles
    assert [len(fault.outcomes) for fault in replay.faults] == [1, 1, 2]
    text = [line.text.strip() for line in ending(replay)]
    places = [text.index(title) for title in (titles[0], faults.FOLLOWING, *titles[1:])]
    assert places == sorted(places)
    causes = [
        (fault["cause"], fault["sure"]) for fault in json.loads(json_file.text(replay))["faults"]
    ]
    assert causes == [(RED.cause, True), ("a worker may be slow", False), ("", False)]
    page = html.text(replay)
    headings = [f"<h3>{case.story}: {case.title}</h3>" for case in (RED, guess, *unknown)]
    assert [page.index(heading) for heading in headings] == sorted(
        page.index(heading) for heading in headings
    )


def test_two_sentences_about_one_setting_are_one_fault() -> None:
    setting, differs = RED.setting, f"{RED.setting} differs between the tasks"
    other = outcome("it_is_kept", "failed", cause=differs, setting=setting)
    replay = report(RED, other, outcome("it_is_sent", "failed", cause=RED.cause, setting=setting))
    assert [(fault.cause, len(fault.outcomes)) for fault in replay.faults] == [(RED.cause, 3)]
    assert f"    sessions: it is kept: {other.cause}" in [line.text for line in ending(replay)]


class Resources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.outside += [
            str(attributes[name]) for name in ("src", "srcset", "data") if name in attributes
        ]
        self.outside += [tag] if tag in ("script", "link", "iframe") else []
        self.ids |= {str(attributes["id"])} if "id" in attributes else set()
        self.links |= {str(attributes["href"])} if "href" in attributes else set()


def test_the_page_needs_nothing_else_and_its_links_lead_somewhere() -> None:
    text = html.text(ALL)
    page = Resources()
    page.feed(text)
    assert page.outside == []
    assert "url(" not in text
    assert "@import" not in text
    assert page.links == {f"#{anchor}" for anchor in page.ids}
    assert "&lt;b&gt;expected&lt;/b&gt; &amp; seen" in text
    assert "<b>" not in text
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert "steady state" in text


def test_an_outcome_without_labels_is_shown_all_the_same() -> None:
    bare = outcome("bare", "error", labels={})
    for make in FORMATS.values():
        assert "bare" in make(report(PASSED, bare))


def test_every_file_is_written(tmp_path: Path) -> None:
    page = write_report(ALL, directory=tmp_path / "run")
    assert page == tmp_path / "run" / "report.html"
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "junit.xml",
        "report.html",
        "report.json",
        "summary.md",
    ]


def test_the_templates_engine_is_loaded_for_the_page_only() -> None:
    program = "import sys, harness.report.writer; sys.exit('jinja2' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
