"""Apps with one mistake each, rehearsed as a user does; two at a time, since they wait a lot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from harness.stack import removal
from tests.broken.mistakes import Mistake
from tests.project import Project, client, copy_of_the_app

if TYPE_CHECKING:
    import docker

__all__ = ["client"]

AT_ONCE = 2


@dataclass(frozen=True)
class Rehearsed:
    """What the rehearsal of one mistake said, and where its report is."""

    code: int
    said: str
    project: Project


@pytest.fixture(scope="session")
def rehearsals(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    client: docker.DockerClient,
) -> Iterator[Mapping[str, Future[Rehearsed]]]:
    """Rehearse every mistake that was collected, each in a project of its own."""
    mistakes = [
        cast("Mistake", item.callspec.params["mistake"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "mistake" in item.callspec.params
    ]
    root = tmp_path_factory.mktemp("broken")

    def rehearse(mistake: Mistake) -> Rehearsed:
        project = copy_of_the_app(root / f"{mistakes.index(mistake):02}")
        try:
            mistake.change(project.root)
            chosen = " or ".join((*mistake.red, *mistake.green)) or "nothing"
            code, said = project.run("rehearse", "-k", chosen)
        finally:
            for run_id in project.run_ids():
                removal.remove_run(client, run_id)
        return Rehearsed(code=code, said=said, project=project)

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {mistake.name: pool.submit(rehearse, mistake) for mistake in mistakes}
    finally:
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def rehearsed(mistake: Mistake, rehearsals: Mapping[str, Future[Rehearsed]]) -> Rehearsed:
    """The rehearsal of the test's mistake."""
    return rehearsals[mistake.name].result()


@pytest.fixture
def outcomes(rehearsed: Rehearsed) -> Mapping[str, list[str]]:
    """Names of scenarios by their result."""
    return results_in(rehearsed.project.home)


def results_in(home: Path) -> dict[str, list[str]]:
    """Read names of scenarios by their result; empty when no scenario ran."""
    import json

    found: dict[str, list[str]] = {}
    for report in (home / "runs").glob("*/report.json"):
        for item in json.loads(report.read_text())["scenarios"]:
            found.setdefault(item["result"], []).append(item["scenario"])
    return found
