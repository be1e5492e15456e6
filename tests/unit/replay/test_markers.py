"""The labels of a scenario: complete, and the reason for which it does not run on a target."""

from __future__ import annotations

from harness.replay import markers
from harness.report import not_covered, proved
from harness.target.access import Access
from harness.target.locate import url
from harness.target.target import URL, Target


def mark(name: str, *args: object, **kwargs: object) -> markers.Mark:
    return markers.Mark(name, args, tuple(kwargs.items()))


TRUTH = mark("truth", local=proved, aws=proved, url=not_covered("it has no shell"))


def test_declared_is_the_sum_of_the_markers() -> None:
    declaration = markers.declared(
        [
            TRUTH,
            mark("requires", "http"),
            mark("requires", "ecs"),
            mark("mutates", exclusive=True, order=2),
        ]
    )
    assert declaration.requires == {"http", "ecs", "change"}
    assert (declaration.exclusive, declaration.order) == (True, 2)


def test_why_a_scenario_does_not_run_on_a_target() -> None:
    production = url("https://tickets.876events.example", probe_key=None)
    declaration = markers.declared([TRUTH, mark("requires", "ecs"), mark("read_only")])
    assert declaration.skip_reason(production) == "not covered: it has no shell"
    local = Target("local", Access(public_url="https://a.example"), frozenset({"http"}))
    assert declaration.skip_reason(local) == "target local lacks: ecs"
    assert production.name == URL
    gap = {"ecs": "no cluster is configured; set ecs.cluster"}
    local = Target("local", Access(public_url="https://a.example"), frozenset(), unconfigured=gap)
    assert declaration.skip_reason(local) == f"not covered: {gap['ecs']}"


def test_complete_marks_have_no_problems() -> None:
    assert markers.problems([TRUTH, mark("requires", "http", "probe"), mark("read_only")]) == []
    assert markers.problems([TRUTH, TRUTH, mark("mutates")]) == [
        "needs one marker truth(local=..., aws=..., url=...), and has more"
    ]
    assert markers.problems(
        [mark("truth", local=proved, aws=proved, moon=proved, url=proved), mark("mutates")]
    ) == ["its truth label names unknown targets: moon"]
