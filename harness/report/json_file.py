"""``report.json``: the whole report, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.core.redact import redact
from harness.report.model import outcome_from

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.faults import Fault
    from harness.report.model import Outcome, Report

FILE_NAME = "report.json"


def text(report: Report) -> str:
    """Return the report as JSON text."""
    data: dict[str, Any] = {
        "verdict": report.verdict,
        "green": report.is_green,
        "counts": report.counts,
        "target": report.target_title,
        "public_url": report.public_url,
        "run": report.run,
        "started_at": report.started_at,
        "seconds": round(report.seconds, 3),
        "vendor": report.vendor,
        "vendor_text": report.vendor_text,
        "overlay": list(report.overlay),
        "notes": list(report.notes),
        "shard": asdict(report.shard) if report.shard else None,
        "parts": [asdict(part) for part in report.parts],
        "lost": list(report.lost),
        "unconfigured": dict(report.gaps),
        "recorded_runs": {name: asdict(run) for name, run in report.recorded_runs.items()},
        "faults": [_fault(fault) for fault in report.faults],
        "scenarios": [_scenario(outcome, report=report) for outcome in report.outcomes],
        **asdict(report.history),
    }
    return json.dumps(_plain(data), indent=2, ensure_ascii=False) + "\n"


def read(directory: Path) -> dict[str, Any]:
    """Return the report that a replay wrote into a directory.

    Raises:
        FileNotFoundError: There is none.
    """
    data: dict[str, Any] = json.loads((directory / FILE_NAME).read_text(encoding="utf-8"))
    return data


def directories(home: Path) -> list[Path]:
    """Return the run directories with a report; the one that was written last is at the end."""
    paths = (home / "runs").glob(f"*/{FILE_NAME}")
    return [path.parent for path in sorted(paths, key=lambda path: path.stat().st_mtime)]


def outcomes_of(data: dict[str, Any]) -> tuple[Outcome, ...]:
    """Return the outcomes of a report that was read."""
    return tuple(map(outcome_from, data["scenarios"]))


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "title": fault.title,
        "cause": fault.cause,
        "setting": fault.setting,
        "sure": fault.is_sure,
        "first_error": fault.first_error,
        "scenarios": [outcome.scenario for outcome in fault.outcomes],
    }


def _scenario(outcome: Outcome, *, report: Report) -> dict[str, Any]:
    labels = {
        name: {
            **asdict(outcome.label_on(name)),
            "never_run": not report.was_tried(name),
        }
        for name in outcome.labels
    }
    return {**outcome.as_json(), "labels": labels}


def _plain(value: Any) -> Any:
    """Make JSON of it; secrets are blanked before quotes in them are escaped."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return redact(value) if isinstance(value, str) else value
