"""A build rehearses the mistakes near its change, and the others by turns."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from scenarios import test_queue as queue
from scenarios import test_sessions as sessions
from tests.mistakes import choice
from tests.mistakes.catalog import STORIES
from tests.mistakes.edits import Edit
from tests.mistakes.mistake import NOT_STARTED, RED, USAGE, Mistake, Twin
from tests.rehearsals import Scenario

DAY = date(2026, 11, 27)


def mistake(
    name: str, *files: str, breaks: Scenario | None = None, code: int = RED, twin: bool = False
) -> Mistake:
    edit = Edit(files, lambda root: None)
    return Mistake(
        name,
        edit,
        cause="a cause",
        breaks=[breaks] if breaks else [],
        exit_code=code,
        twin=Twin(f"twin of {name}", edit) if twin else None,
    )


def many(name: str, scenario: Scenario) -> list[Mistake]:
    return [mistake(f"{name} {n}", breaks=scenario, twin=True) for n in range(9)]


SESSION = sessions.test_spoofed_host_is_ignored
JOB = queue.test_delayed_job_is_not_early


def chosen(stories: dict[str, list[Mistake]], *changed: str) -> dict[str, str]:
    return dict(choice.choose(stories, changed=changed, day=DAY).mistakes)


def test_a_change_of_a_file_brings_the_mistakes_that_edit_it() -> None:
    web_mistake = mistake("wanted", "app/ecs/web.json", breaks=JOB)
    reasons = chosen({"sessions": many("s", SESSION), "queue": [web_mistake]}, "app/ecs/web.json")
    assert reasons["wanted"] == "the change touches app/ecs/web.json"


def test_a_change_of_a_scenario_brings_the_mistakes_that_break_it() -> None:
    reasons = chosen(
        {"sessions": many("s", SESSION), "queue": many("q", JOB)}, "scenarios/test_queue.py"
    )
    assert set(reasons) <= {candidate.name for candidate in many("q", JOB)}


def test_a_change_of_the_harness_brings_the_stories_that_its_path_names() -> None:
    reasons = chosen(
        {"sessions": many("s", SESSION), "queue": many("q", JOB)},
        "harness/standins/emulator/sqs.py",
    )
    assert set(reasons.values()) == {"queue is touched by harness/standins/emulator/sqs.py"}


def test_some_that_do_not_start_are_always_among_them() -> None:
    late = [mistake(f"late {n}", code=NOT_STARTED) for n in range(5)]
    reasons = chosen({"queue": many("q", JOB), "start": late}, "scenarios/test_queue.py")
    assert sum(name.startswith("late") for name in reasons) == choice.NOT_STARTED_COUNT


def test_what_is_rejected_at_once_takes_no_place() -> None:
    rejected = mistake("rejected", "cutover.toml", code=USAGE)
    assert "rejected" not in chosen({"inputs": [rejected], "queue": many("q", JOB)}, "cutover.toml")


def test_without_a_change_each_has_its_turn() -> None:
    days = -(-sum(map(len, STORIES.values())) // choice.RED_COUNT)
    rehearsed = {
        name
        for day in range(days)
        for name in choice.choose(STORIES, changed=(), day=DAY + timedelta(day)).mistakes
    }
    red = {candidate.name for story in STORIES.values() for candidate in story if candidate.breaks}
    assert red <= rehearsed


def test_the_twins_are_those_of_the_story_that_is_touched() -> None:
    stories = {"sessions": many("s", SESSION), "queue": many("q", JOB)}
    assert choice.choose(stories, changed=["scenarios/test_queue.py"], day=DAY).twins == "queue"


def test_only_those_that_were_seen_green_are_rehearsed() -> None:
    stories = {"sessions": many("s", SESSION), "queue": many("q", JOB)}
    ready = choice.of_names(stories, {"s 1", "q 2", "twins of queue"})
    chosen_ones = choice.choose(ready, changed=(), day=DAY)
    assert set(chosen_ones.mistakes) == {"s 1", "q 2"}
    assert chosen_ones.twins == "queue"
    assert choice.choose(choice.of_names(stories, set()), changed=(), day=DAY) == choice.Choice(
        {}, ""
    )


def test_those_that_were_seen_green_are_in_the_catalog() -> None:
    names = {candidate.name for story in STORIES.values() for candidate in story}
    assert names | {choice.twins_of(story) for story in STORIES} >= choice.REHEARSED


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-b", "main")
    (tmp_path / "old").write_text("old")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "old")
    return tmp_path


def test_a_branch_is_compared_with_where_it_left_main(repository: Path) -> None:
    git(repository, "checkout", "-b", "branch")
    (repository / "new").write_text("new")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "new")
    (repository / "old").write_text("changed, and not committed")
    assert choice.changed_files(repository) == ["new", "old"]


def test_on_main_the_last_commit_counts(repository: Path) -> None:
    (repository / "new").write_text("new")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "new")
    assert choice.changed_files(repository) == ["new"]


def test_without_git_nothing_changed(tmp_path: Path) -> None:
    assert choice.changed_files(tmp_path) == []
