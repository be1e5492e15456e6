"""``report.json``: everything that the other formats show, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.core.redact import redact

if TYPE_CHECKING:
    from harness.report.model import Report

FILE_NAME = "report.json"


def text(report: Report) -> str:
    """Return the report as JSON text."""
    data: dict[str, Any] = {
        "verdict": report.verdict,
        "green": report.is_green,
        "counts": report.counts,
        "target": report.target,
        "public_url": report.public_url,
        "run": report.run,
        "started_at": report.started_at,
        "seconds": round(report.seconds, 3),
        "vendor": report.vendor,
        "vendor_text": report.vendor_text,
        "overlay": list(report.overlay_lines),
        "scenarios": [one.as_json() for one in report.outcomes],
        **asdict(report.history),
    }
    return json.dumps(_plain(data), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Make JSON of it; secrets are blanked before quotes in them are escaped."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return redact(value) if isinstance(value, str) else value
