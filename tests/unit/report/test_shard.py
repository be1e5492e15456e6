"""The division of a rehearsal by story, and the merger of its reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.core.errors import ConfigError
from harness.report import html, json_file, junit, markdown, terminal
from harness.report.merge import merge
from harness.report.model import Outcome, Report
from harness.report.shard import Shard, divide, weights
from harness.report.writer import write_report
from harness.target.truth import proved

STORIES = {"edge": 1, "mail": 2, "queue": 1, "uploads": 3}


def test_shards_are_balanced_and_the_same_everywhere() -> None:
    seconds = {"queue": 60.0, "edge": 30.0, "mail": 25.0, "uploads": 10.0}
    shards = divide(seconds, total=2)
    assert shards == {"edge": 2, "mail": 2, "queue": 1, "uploads": 2}
    assert divide(dict(reversed(seconds.items())), total=2) == shards
    assert divide({"b": 1.0, "a": 1.0}, total=3) == {"a": 1, "b": 2}


def test_a_story_without_a_duration_weighs_its_scenarios() -> None:
    counts = {"edge": 10, "mail": 5, "new": 2}
    assert weights(counts, seconds={"edge": 40.0, "mail": 5.0}) == {
        "edge": 40.0,
        "mail": 5.0,
        "new": 6.0,
    }
    assert weights(counts, seconds={}) == {"edge": 10.0, "mail": 5.0, "new": 2.0}


def outcome(story: str, result: str = "passed") -> Outcome:
    name = f"scenarios/test_{story}.py::test_it"
    return Outcome(name, result, "local", {"local": proved}, 2.0, cause="a cause")


def shard(number: int, *outcomes: Outcome) -> Report:
    return Report(
        "local",
        "https://shop.example",
        f"2026-11-27T04:00:0{number}Z",
        10.0 * number,
        outcomes,
        vendor="composer",
        overlay=("A=1",),
        shard=Shard(number, 3, STORIES),
    )


def written(tmp_path: Path, *reports: Report) -> list[Path]:
    places = [tmp_path / f"shard-{number}" for number, _ in enumerate(reports, start=1)]
    for place, report in zip(places, reports, strict=True):
        write_report(report, directory=place)
    return places


FIRST = shard(1, outcome("queue"), outcome("edge"))
SECOND = shard(2, outcome("mail"))
THIRD = shard(3, outcome("uploads", "failed"))


def test_a_merged_report_has_the_verdict_of_the_whole(tmp_path: Path) -> None:
    places = written(tmp_path, THIRD, FIRST, SECOND)
    merged = merge(places, out=tmp_path / "out")
    assert [case.story for case in merged.outcomes] == ["edge", "mail", "queue", "uploads"]
    assert merged.verdict == "1 of 4 scenarios are red."
    assert (merged.started_at, merged.seconds) == ("2026-11-27T04:00:01Z", 30.0)
    assert (merged.vendor, merged.overlay, merged.lost) == ("composer", ("A=1",), ())
    assert [(part.name, part.page) for part in merged.parts] == [
        ("1/3", "../shard-2/report.html"),
        ("2/3", "../shard-3/report.html"),
        ("3/3", "../shard-1/report.html"),
    ]
    assert '<a href="../shard-2/report.html">1/3</a>, 10.0 s' in html.text(merged)
    assert "Shard 3/3: 30 s" in markdown.text(merged)
    lines = [line.text for line in terminal.summary(merged, page=tmp_path / "report.html")]
    assert "shard 3/3: 30.0 s" in lines
    assert not any(line.startswith(("rerun", "look inside")) for line in lines)


def test_shards_that_are_green_make_a_green_whole(tmp_path: Path) -> None:
    third = replace(THIRD, outcomes=(outcome("uploads"),))
    assert merge(written(tmp_path, FIRST, SECOND, third), out=tmp_path).is_green


def test_a_lost_shard_is_named_and_the_whole_not_green(tmp_path: Path) -> None:
    (place,) = written(tmp_path, FIRST)
    merged = merge([place, tmp_path / "shard-2"], out=tmp_path)
    lost = "Shard 2/3 is lost: it left no report of mail."
    assert merged.lost == (lost, "Shard 3/3 is lost: it left no report of uploads.")
    assert not merged.is_green
    assert merged.verdict.startswith(f"{lost} Shard 3/3 is lost")
    assert json.loads(json_file.text(merged))["lost"] == list(merged.lost)
    root = ET.fromstring(junit.text(merged))
    assert root.findall(".//error")[0].get("message") == lost
    assert root.get("errors") == "2"
    assert [suite.get("tests") for suite in root.findall("testsuite[@name='shards']")] == ["2"]
    assert lost in html.text(merged)
    assert markdown.text(merged).startswith(f"## \N{CROSS MARK} Cutover: {lost}")


def test_reports_that_do_not_fit_together_are_rejected(tmp_path: Path) -> None:
    other = replace(SECOND, shard=Shard(2, 3, {**STORIES, "mail": 1}))
    with pytest.raises(ConfigError) as failed:
        merge(written(tmp_path, FIRST, other), out=tmp_path)
    assert str(failed.value) == (
        f"shard 1/3 in {tmp_path}/shard-1 and shard 2/3 in {tmp_path}/shard-2 are of rehearsals"
        " that were divided differently\n"
        "  what to do: let every shard rehearse the same commit with the same --durations and the"
        " same arguments; only K of --shard K/N differs"
    )
    with pytest.raises(ConfigError, match="are both of shard 1/3"):
        merge(written(tmp_path, FIRST, FIRST), out=tmp_path)
    with pytest.raises(ConfigError, match="is the report of a whole rehearsal"):
        merge(written(tmp_path, replace(FIRST, shard=None)), out=tmp_path)
    with pytest.raises(ConfigError, match="no report of a shard is in"):
        merge([tmp_path / "nowhere"], out=tmp_path)
    (tmp_path / "shard-1" / json_file.FILE_NAME).write_text("[]")
    with pytest.raises(ConfigError, match="is no report: it holds no object"):
        merge([tmp_path / "shard-1"], out=tmp_path)
    (tmp_path / "shard-1" / json_file.FILE_NAME).write_text("{")
    with pytest.raises(ConfigError, match="is no report: "):
        merge([tmp_path / "shard-1"], out=tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shard": "1/2"}, "its shard cannot be read"),
        ({"notes": None}, "it has no notes"),
        ({"scenarios": [1]}, "its scenarios cannot be read"),
    ],
)
def test_a_damaged_report_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    (place,) = written(tmp_path, FIRST)
    path = place / json_file.FILE_NAME
    data = {**json.loads(path.read_text()), **change}
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}))
    with pytest.raises(ConfigError, match=f"is no report: {said}"):
        merge([place], out=tmp_path)
