"""The labels that a scenario must have, and their consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay


def test_every_scenario_without_complete_labels_is_named_at_once(replay: Replay) -> None:
    result = replay("""
        def test_bare(): pass

        @pytest.mark.truth(local=proved)
        @pytest.mark.read_only
        def test_half(): pass

        @complete
        @pytest.mark.read_only
        @pytest.mark.mutates
        @pytest.mark.requires("http", "telepathy")
        def test_torn(): pass

        @complete
        @pytest.mark.read_only
        def test_good(): pass
        """)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert "ERROR: Scenarios with incomplete or false labels:" in text
    problems = [line.partition("::")[2] for line in text.splitlines() if "::" in line]
    assert problems[:-1] == [
        "test_bare: needs one marker truth(local=..., aws=..., url=...)",
        "test_bare: needs exactly one of the markers read_only and mutates",
        "test_half: its truth label lacks a value for: aws, url",
        "test_torn: needs exactly one of the markers read_only and mutates, and has both",
    ]
    assert problems[-1].startswith("test_torn: requires unknown capabilities: telepathy; known: ")


def test_incomplete_labels_are_told_under_xdist_too(replay: Replay) -> None:
    result = replay("def test_bare(): pass\n", "-n", "1")
    assert result.ret != pytest.ExitCode.OK
    text = result.stdout.str() + result.stderr.str()
    assert "test_story.py::test_bare: needs one marker truth(" in text
    assert "needs exactly one of the markers read_only and mutates" in text


def test_a_scenario_is_skipped_with_the_reason_where_the_target_lacks_a_capability(
    replay: Replay,
) -> None:
    result = replay(
        """
        @complete
        @pytest.mark.requires("http", "elb", "ecs")
        @pytest.mark.read_only
        def test_needs_more(): raise SystemError
        """,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*target local lacks: ecs, elb*"])


def test_a_scenario_is_skipped_with_the_reason_where_the_target_does_not_cover_it(
    replay: Replay,
) -> None:
    result = replay(
        """
        @complete
        @pytest.mark.read_only
        def test_elsewhere(): raise SystemError
        """,
        "--cutover-target=url",
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*not covered: a reason*"])


def test_a_label_that_the_capabilities_contradict_stops_the_collection(replay: Replay) -> None:
    result = replay("""
        @pytest.mark.truth(local=proved, aws=proved, url=proved)
        @pytest.mark.mutates
        def test_registers(): pass

        @pytest.mark.truth(local=proved, aws=emulated("a difference"), url=not_covered("a reason"))
        @pytest.mark.requires("sql", "containers")
        @pytest.mark.read_only
        def test_looks_inside(): pass

        @complete
        @pytest.mark.mutates
        def test_good(): pass
        """)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = result.stderr.str().splitlines()
    assert [line.partition("::")[2] for line in lines if "::" in line] == [
        'test_registers: its truth label says "proved" for url, which cannot have: change;'
        " label it url=not_covered(...)",
        'test_looks_inside: its truth label says "emulated" for aws, which cannot have:'
        " containers, sql; label it aws=not_covered(...)",
    ]


def test_tests_outside_the_scenarios_are_untouched(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    (pytester.path / "test_other.py").write_text("def test_other(): pass\n")
    result = replay("", "test_other.py", target="")
    result.assert_outcomes(passed=1)
    assert "cutover" not in result.stdout.str()


def test_scenarios_that_run_alone_come_last_and_the_most_disturbing_at_the_end(
    replay: Replay,
) -> None:
    result = replay(
        """
        @complete
        @pytest.mark.mutates(exclusive=True, order=2)
        def test_stops(): pass

        @complete
        @pytest.mark.mutates(exclusive=True)
        def test_replaces(): pass

        @complete
        @pytest.mark.read_only
        def test_looks(): pass
        """,
        "-v",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*::test_looks PASSED*", "*::test_replaces PASSED*", "*::test_stops PASSED*"]
    )
