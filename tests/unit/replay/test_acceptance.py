"""Acceptances: their scenarios, their end dates, and the errors of void ones."""

from __future__ import annotations

from datetime import date

import pytest

from harness.replay import acceptance
from harness.replay.acceptance import Acceptance

TODAY = date(2026, 11, 27)
NODE = "scenarios/test_mail.py::test_mail_arrives[a b]"


def accept(
    scenario: str = "mail_arrives", until: str = "2026-12-31", finding: str = ""
) -> Acceptance:
    return Acceptance(scenario, "it is known", until, finding)


@pytest.mark.parametrize(
    ("scenario", "matches"),
    [
        ("mail_arrives", True),
        ("test_mail_arrives", True),
        ("mail_arrives[a b]", True),
        (NODE, True),
        ("mail_arrives[b]", False),
        ("mail", False),
    ],
)
def test_a_scenario_is_known_by_its_name(scenario: str, matches: bool) -> None:
    assert accept(scenario).matches(NODE) is matches


def test_the_last_day_is_still_accepted() -> None:
    assert not accept(until="2026-11-27").is_over(TODAY)
    assert accept(until="2026-11-26").is_over(TODAY)


def test_lines_of_the_option_are_read_as_they_were_written() -> None:
    entry = Acceptance("a", 'so "long"\n as', "2026-12-31")
    assert acceptance.from_lines([acceptance.as_line(entry)]) == (entry,)


@pytest.mark.parametrize(
    ("one", "passed", "note"),
    [
        (accept(), {NODE: False}, []),
        (accept(), {}, []),
        (accept(), {NODE: True}, ['[[accept]] "mail_arrives" is green now: remove it']),
        (
            accept(until="2026-11-01"),
            {NODE: False},
            ['[[accept]] "mail_arrives" ended on 2026-11-01: mend its cause, or set a later date'],
        ),
        (accept(finding="CVE-2026-1"), {NODE: True}, []),
        (
            accept(finding="CVE-2026-2"),
            {NODE: True},
            ['[[accept]] "mail_arrives: CVE-2026-2" was not found: remove it'],
        ),
        (accept(finding="CVE-2026-2"), {}, []),
        (
            accept(finding="CVE-2026-2", until="2026-11-01"),
            {NODE: False},
            [
                '[[accept]] "mail_arrives: CVE-2026-2" ended on 2026-11-01: mend its cause, or set'
                " a later date"
            ],
        ),
    ],
)
def test_a_void_acceptance_is_named(
    one: Acceptance, passed: dict[str, bool], note: list[str]
) -> None:
    notes = acceptance.notes([one], passed=passed, findings={"CVE-2026-1"}, today=TODAY)
    assert list(notes) == note
