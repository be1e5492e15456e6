"""The report's page, as a browser shows it: on a phone, on a desk, in the dark and in print."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from tests.report import made_up
from tests.report.conftest import PHONE, REPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.report.conftest import Open

SECTIONS = {
    "scenarios": "Scenarios",
    "timeline": "Timeline",
    "ticks": "Scheduled runs",
    "tasks": "Components, tasks and their logs",
    "events": "ECS service events",
    "health": "Target health",
    "unread": "Could not be read",
    "about": "About this run",
}
EXPECTED = {
    "green": list(SECTIONS),
    "red": ["red", *SECTIONS],
    "url": ["scenarios", "about"],
}

TOO_WIDE = """() => {
  const wide = [...document.querySelectorAll('body *')].filter(one => {
    if (one.closest('.scroll') && !one.matches('.scroll')) return false;
    if (one.closest('.unseen, .matrix thead')) return false;
    const box = one.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5);
  });
  if (document.documentElement.scrollWidth > innerWidth) wide.push(document.documentElement);
  return wide.map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 60)}`);
}"""

FAINT = """() => {
  const parts = text => text.match(/[0-9.]+/g).map(Number);
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const found = parts(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const faint = {};
  for (const one of document.querySelectorAll('main *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || one.closest('svg')) continue;
    const [ink, paper] = [light(parts(getComputedStyle(one).color)), light(behind(one))];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) faint[`${one.tagName}.${one.className}`] = ratio.toFixed(2);
  }
  return faint;
}"""

FOLDED = """() => [...document.querySelectorAll('details')]
  .filter(one => !one.lastElementChild.checkVisibility()).length"""

every_report = pytest.mark.parametrize("name", REPORTS)


@every_report
def test_nothing_is_wider_than_a_phone(open_page: Open, name: str) -> None:
    assert open_page(name, size=PHONE).page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("size", [(320, 640), (700, 900), (1280, 900)])
def test_nothing_is_wider_than_other_screens(open_page: Open, size: tuple[int, int]) -> None:
    assert open_page("red", size=size).page.evaluate(TOO_WIDE) == []


@every_report
def test_every_section_is_there_with_its_heading(open_page: Open, name: str) -> None:
    page = open_page(name).page
    section_ids = page.eval_on_selector_all("main > section", "all => all.map(one => one.id)")
    assert section_ids == EXPECTED[name]
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings == [SECTIONS.get(id_, "Red scenarios") for id_ in section_ids]
    assert page.get_by_role("heading", level=1).count() == 1


@pytest.mark.parametrize("size", [PHONE, (1280, 900)])
def test_tables_are_tables_with_heads_on_every_screen(
    open_page: Open, size: tuple[int, int]
) -> None:
    page = open_page("green", size=size).page
    tables = page.get_by_role("table")
    # Stories, one table for each of them; ticks, tasks, health, images; events are folded.
    assert tables.count() == 1 + len(made_up.STORIES) + 4
    for table in tables.all():
        assert table.get_by_role("columnheader").count() >= 3
    matrix = page.locator(".matrix").first
    assert matrix.get_by_role("row").count() == 4
    heads = matrix.get_by_role("columnheader").all_inner_texts()
    assert [head.replace("\n", "") for head in heads] == [
        *("Scenario", "Result", "localthis run", "awsnever run", "urlnever run", "Seconds")
    ]


def test_a_green_page_begins_with_the_good_news(open_page: Open) -> None:
    page = open_page("green", size=PHONE).page
    verdict = page.locator(".verdict")
    assert verdict.is_visible()
    text = verdict.inner_text()
    assert "14 scenarios passed, 1 skipped; none is red." in text
    news = "Everything that ran passed: 14 on emulated services (differences are listed)."
    assert news in text
    assert page.locator(".red, .cause, .bad.verdict").count() == 0


def test_a_red_page_begins_with_the_causes(open_page: Open) -> None:
    page = open_page("red", size=PHONE).page
    verdict = page.locator(".verdict.bad").inner_text()
    assert "3 of 15 scenarios are red" in verdict
    assert "Everything else passed: 11 on emulated services (differences are listed)." in verdict
    causes = page.locator("main > section").first.locator(".causes li")
    assert made_up.CAUSE in causes.first.inner_text()
    assert "2 scenarios" in causes.first.inner_text()
    assert "no cause is sure" in causes.last.inner_text()
    accounts = page.locator("article.red")
    assert accounts.count() == 3
    assert "expected: 200" in accounts.first.inner_text()
    accounts.first.get_by_text("log of cutover-06eb26-tickets-web").click()
    assert "signed in as ***" in accounts.first.inner_text()


@every_report
def test_the_page_asks_for_nothing_and_complains_of_nothing(
    open_page: Open, written: dict[str, Path], name: str
) -> None:
    view = open_page(name)
    assert view.problems == []
    assert set(view.requests) <= {written[name].as_uri()}
    policy = view.page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert view.page.locator("script, [style], link, iframe, img").count() == 0
    on_something = "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
    names = view.page.evaluate(f"{on_something}.filter(name => name.startsWith('on'))")
    assert names == []


def test_a_remembered_secret_is_in_no_file_in_any_form(written: dict[str, Path]) -> None:
    secret = made_up.SECRET
    forms = {
        secret,
        escape(secret),
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
    }
    for page in written.values():
        for file in page.parent.iterdir():
            text = file.read_text(encoding="utf-8")
            assert [form for form in forms if form in text] == [], file
    assert "***" in written["red"].read_text(encoding="utf-8")


@every_report
def test_links_lead_somewhere_and_ids_are_unique(open_page: Open, name: str) -> None:
    page = open_page(name).page
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    links = page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
    inside = {unquote(link[1:]) for link in links if link.startswith("#")}
    assert inside <= set(ids)
    assert {id_ for id_ in ids if id_.startswith("red-")} <= inside
    logs = [link for link in links if not link.startswith("#")]
    assert all(link.startswith(("tasks/tickets-", "services/")) for link in logs)
    assert all(link.endswith(("/stdout.log", "/stderr.log")) for link in logs)
    assert bool(logs) == (name != "url")


def test_the_timeline_shows_lives_ticks_and_scenarios(open_page: Open) -> None:
    timeline = open_page("red").page.locator(".timeline")
    assert timeline.locator("h3").all_inner_texts() == [
        *("stand-ins", "tickets-web", "tickets-worker", "tickets-scheduler"),
        *("schedule", "scenarios"),
    ]
    rows = timeline.get_by_role("img")
    assert rows.count() == timeline.locator("li").count() == 5 + 3 + 1 + 1 + 1 + 5
    assert timeline.locator("rect.tick").count() == 2
    # The three red scenarios, a task that failed, a target that was unhealthy.
    assert timeline.locator("rect.bad").count() == 3 + 1 + 1
    timeline.locator("a:has(rect.bad)").first.click()
    assert "#red-scenarios-test-database" in timeline.page.url


def test_ticks_say_when_they_were_due_and_how_late_they_began(open_page: Open) -> None:
    rows = open_page("green").page.locator("#ticks tbody tr")
    ran, dropped = rows.all_inner_texts()
    assert ran.split("\t")[0] == "04:43:50"
    assert "2.4 s" in ran
    assert "release-holds succeeded" in ran
    assert "dropped: the rule is disabled" in dropped


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_no_fainter_than_it_may_be(open_page: Open, *, dark: bool) -> None:
    page = open_page("red", dark=dark).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(FAINT) == {}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(25, 23, 20)" if dark else "rgb(250, 248, 244)")


def test_print_is_white_and_hides_nothing(open_page: Open) -> None:
    page = open_page("red", dark=True).page
    assert page.evaluate(FOLDED) > 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(FOLDED) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF-")
