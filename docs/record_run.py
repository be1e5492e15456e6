"""Record a replay as the last run of its target: `python -m docs.record_run REPORT_JSON`.

Commit the changed record, then run `python -m docs.make`: a target without a recorded run is "never
run" in the reports and in docs/scenarios.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from harness.target.recorded_runs import FILE, RecordedRun, recorded_runs
from harness.target.target import NAMES


def record(report: Path) -> None:
    """Replace the recorded run of the report's target."""
    data = json.loads(report.read_text(encoding="utf-8"))
    if data["target"] not in NAMES:
        raise SystemExit(f"a run on {data['target']} is no record of a target")
    commit = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    run = RecordedRun(date=data["started_at"][:10], commit=commit, result=data["verdict"])
    entries = {
        name: asdict(entry) for name, entry in (recorded_runs() | {data["target"]: run}).items()
    }
    FILE.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
