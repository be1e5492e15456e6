"""The project's own scenarios require the capabilities that their fixtures need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDS = {
    "report": ("code", "probe"),
    "probe": ("probe",),
    "web_tier": ("elb",),
    "run_in_task": ("exec",),
}
"""Fixture -> the capabilities of which it needs one."""
LISTING = """
import json

def pytest_collection_finish(session):
    found = [
        (
            item.nodeid,
            sorted(item.fixturenames),
            sorted({name for mark in item.iter_markers("requires") for name in mark.args}),
        )
        for item in session.items
    ]
    print("LISTING " + json.dumps(found))
"""


def test_every_scenario_requires_its_fixtures_capabilities(tmp_path: Path) -> None:
    (tmp_path / "listing_of_fixtures.py").write_text(LISTING)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", "harness/replay/scenarios.ini"),
            *("--rootdir", ".", "--confcutdir", ".", "--collect-only", "-q"),
            *("-p", "no:cacheprovider", "-p", "listing_of_fixtures", "scenarios"),
        ],
        cwd=ROOT,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = [row for row in done.stdout.splitlines() if row.startswith("LISTING ")]
    listed = json.loads(line.removeprefix("LISTING "))
    assert len(listed) > 100, done.stdout
    lacking = [
        f"{scenario} uses {fixture}, and does not require {' or '.join(capabilities)}"
        for scenario, fixtures, requires in listed
        for fixture, capabilities in NEEDS.items()
        if fixture in fixtures and not {*capabilities} & {*requires}
    ]
    assert not lacking, "\n".join(lacking)
