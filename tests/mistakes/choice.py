"""The rehearsals of each build: first those near the change, then in turn, day by day."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path

from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake
from tests.rehearsals import node_id

REHEARSED = frozenset(Path(__file__).with_name("rehearsed.txt").read_text().splitlines())
"""Mistakes, and twins of stories, that were seen green under the judgement of every cause: a build
rehearses no other."""
NOT_STARTED_COUNT = 1
RED_COUNT = 2
LAST_COMMITS = 5
"""How far back a build of the main branch itself looks."""

WORDS: Mapping[str, frozenset[str]] = {
    "start": frozenset({"rehearsal", "bringup", "tasks", "first", "run"}),
    "programs": frozenset({"image", "patterns", "first", "containers"}),
    "leftovers": frozenset({"secrets", "database", "patterns"}),
    "sessions": frozenset({"session", "sessions", "browser", "cookie"}),
    "secrets": frozenset({"secret", "secrets", "secretsmanager"}),
    "configuration": frozenset({"configuration", "code", "resources"}),
    "capacity": frozenset({"fpm", "aurora", "timeouts"}),
    "shared_state": frozenset({"state", "locks", "shared"}),
    "database": frozenset({"database", "mysql", "router", "sql"}),
    "image": frozenset({"image", "images", "docker", "dockerfile"}),
    "php": frozenset({"php", "fpm", "nginx"}),
    "releases": frozenset({"release", "releases", "deployment", "deployments"}),
    "edge": frozenset({"edge", "balancer", "elbv2", "nginx"}),
    "stopping": frozenset({"stopping", "stop", "deployment", "deployments"}),
    "steadiness": frozenset({"steadiness", "services", "tier"}),
    "uploads": frozenset({"upload", "uploads", "s3", "bucket", "storage"}),
    "mail": frozenset({"mail", "mailbox", "ses", "order"}),
    "queue": frozenset({"queue", "sqs", "job", "jobs", "worker", "background"}),
    "scheduler": frozenset({"scheduler", "schedule", "eventbridge", "events", "ticks", "rule"}),
    "logs": frozenset({"log", "logs"}),
    "roles": frozenset({"role", "roles", "iam", "policy"}),
    "network": frozenset({"network", "vpc", "security", "groups", "firewall", "reachability"}),
    "definitions": frozenset({"definition", "definitions", "container", "fargate"}),
}
"""Story -> words in the paths of the harness and its images that it depends on."""


@dataclass(frozen=True)
class Choice:
    """The mistakes and twins that a build rehearses."""

    mistakes: Mapping[str, str]
    """The name of each mistake -> why this one."""
    twins: str
    """The story of the rehearsed twins."""


def of_today(stories: Mapping[str, Sequence[Mistake]], *, root: Path) -> Choice:
    """Choose for the working tree at this root, today, of those that were seen green."""
    ready = of_names(stories, REHEARSED)
    return choose(ready, changed=changed_files(root), day=datetime.now(UTC).date())


def of_names(stories: Mapping[str, Sequence[Mistake]], names: Set[str]) -> dict[str, list[Mistake]]:
    """Keep the mistakes of these names, and the twins of the named stories."""
    return {
        story: [
            mistake if twins_of(story) in names else replace(mistake, twin=None)
            for mistake in mistakes
            if mistake.name in names
        ]
        for story, mistakes in stories.items()
    }


def twins_of(story: str) -> str:
    """Name the rehearsal of a story's twins."""
    return f"twins of {story}"


def choose(
    stories: Mapping[str, Sequence[Mistake]], *, changed: Sequence[str], day: date
) -> Choice:
    """Choose the mistakes and the twins of a build.

    A mistake is touched by a change of a file that it edits, of its own module, or of a scenario
    that it breaks; then by a change of a file that has a word of its story in its path. Those that
    are rejected before the start take no time, and are no part of the choice: all of them run.

    Args:
        stories: All mistakes.
        changed: Paths of the files that changed.
        day: Those that no change touches take their turns by the day.
    """
    turn = _turn(stories, day=day)
    reasons = {
        mistake.name: _reason(mistake, story=story, changed=changed) for story, mistake in turn
    }
    turn.sort(key=lambda pair: reasons[pair[1].name][0])
    named = {mistake.name: reasons[mistake.name][1] for _, mistake in turn}
    late = [mistake.name for _, mistake in turn if mistake.exit_code == NOT_STARTED][
        :NOT_STARTED_COUNT
    ]
    red = [mistake.name for _, mistake in turn if mistake.breaks][:RED_COUNT]
    with_twins = [story for story, _ in turn if any(mistake.twin for mistake in stories[story])]
    return Choice({name: named[name] for name in (*late, *red)}, next(iter(with_twins), ""))


def _turn(stories: Mapping[str, Sequence[Mistake]], *, day: date) -> list[tuple[str, Mistake]]:
    """List the mistakes, story by story in turn, from another one on each day."""
    columns = [[(story, mistake) for mistake in mistakes] for story, mistakes in stories.items()]
    rows = zip_longest(*columns)
    pairs = [pair for row in rows for pair in row if pair and pair[1].exit_code != USAGE]
    begin = day.toordinal() * RED_COUNT % max(len(pairs), 1)
    return pairs[begin:] + pairs[:begin]


def _reason(mistake: Mistake, *, story: str, changed: Iterable[str]) -> tuple[int, str]:
    """Return how near the change comes, 0 the nearest, and in words."""
    broken = {node_id(scenario).partition("::")[0] for scenario in mistake.breaks}
    near = {*mistake.edit.files, *broken, f"tests/mistakes/{story}.py"}
    for path in changed:
        if path in near:
            return 0, f"the change touches {path}"
    for path in changed:
        if path.startswith(("harness/", "compose/")) and _words(path) & WORDS.get(
            story, frozenset()
        ):
            return 1, f"{story} is touched by {path}"
    return 2, "its turn"


def _words(path: str) -> frozenset[str]:
    if not path.startswith(("harness/", "compose/")):
        return frozenset()
    return frozenset(re.split(r"[\W_]+", path.lower()))


def changed_files(root: Path) -> list[str]:
    """Return the files that differ from the main branch, or else those of the last commits."""
    bases = (*_merge_bases(root), f"HEAD~{LAST_COMMITS}", "HEAD~1")
    for base in bases:
        listed = _git(root, "diff", "--name-only", base)
        if listed:
            return listed
    return []


def _merge_bases(root: Path) -> Iterator[str]:
    for branch in ("origin/main", "main"):
        yield from _git(root, "merge-base", "HEAD", branch)


def _git(root: Path, *words: str) -> list[str]:
    """Return the lines that git writes; none where it cannot answer."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return done.stdout.split()
