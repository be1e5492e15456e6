"""``report.json``: everything that the other formats show, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.redact import redact

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
        "events": list(report.events),
        "targets": list(report.targets),
    }
    return redact(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"
