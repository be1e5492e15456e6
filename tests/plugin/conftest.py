"""A project with scenarios, a target that needs no stack, and a run of pytest in it."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Replay = Callable[..., pytest.RunResult]

ROOT = Path(__file__).resolve().parents[2]

INI = """
[pytest]
addopts = --import-mode=importlib
cutover_scenarios = scenarios
"""

HEAD = """
import pytest
from harness.report import emulated, not_covered, proved

complete = pytest.mark.truth(local=proved, aws=proved, url=not_covered("a reason"))
"""

TARGET = """
import pytest
from harness.target.access import Access
from harness.target.target import Target

@pytest.hookimpl
def pytest_cutover_target(config, name):
    access = Access(
        public_url="https://tickets.876events.example",
        run="abc123",
        run_dir=str(config.rootpath / "run"),
        vendor="debian",
        overlay={"environment": {"AWS_ENDPOINT_URL": "http://emulator:4566"}, "files": {}},
    )
    return Target(name, access, frozenset({"http", "probe", "change"}))
"""


@pytest.fixture
def replay(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Write scenarios, replay them, and return pytest's output."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(scenarios: str, *args: str, target: str = TARGET) -> pytest.RunResult:
        pytester.makeini(INI)
        pytester.makeconftest(target)
        folder = pytester.path / "scenarios"
        folder.mkdir(exist_ok=True)
        (folder / "test_story.py").write_text(HEAD + textwrap.dedent(scenarios))
        return pytester.runpytest_subprocess(
            "-p", "xdist.plugin", "-p", "harness.replay.plugin", *args
        )

    return run
