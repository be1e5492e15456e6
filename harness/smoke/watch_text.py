"""Samples and summary of a watch, as lines and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.core.redact import redact
from harness.smoke.checks.dns import NEW

if TYPE_CHECKING:
    from datetime import datetime

    from harness.smoke.watch import Sample, Summary

_TASK_SHOWN = 8


def sample_text(sample: Sample) -> str:
    """Return a sample's line."""
    new = sum(host == NEW for host in sample.resolvers.values())
    answer = f"{sample.status} {sample.seconds * 1000:.0f} ms" if sample.status else ""
    parts = [
        f"{sample.at:%H:%M:%S}",
        f"dns {new}/{len(sample.resolvers)} new",
        f"{sample.host or 'nobody'} answers" if not sample.error else f"ERROR {sample.error}",
        answer,
        f"task {sample.task[:_TASK_SHOWN]}" if sample.task else "",
        f"session {sample.session}" if sample.session else "",
    ]
    return redact("  ".join(part for part in parts if part))


def summary_text(summary: Summary) -> str:
    """Return the lines at the end."""
    errors = ", ".join(f"{count} x {error}" for error, count in summary.errors.items())
    rows = {
        "first answer of the new host": _time(summary.first_new),
        "last answer of the old host": _time(summary.last_old),
        "longest gap": f"{summary.gap_s:.0f} s",
        "errors": errors or "none",
        "sessions lost": str(summary.sessions_lost),
        "longest TTL": f"{summary.longest_ttl_s} s" if summary.longest_ttl_s is not None else "-",
    }
    head = "GREEN" if summary.is_green else "RED"
    if not summary.is_complete:
        head += ", the switch is not complete"
    lines = [f"{head} · {summary.samples} samples"]
    return redact("\n".join([*lines, *(f"  {name:<30}{value}" for name, value in rows.items())]))


def sample_json(sample: Sample) -> dict[str, Any]:
    """Return a sample for programs."""
    return {**asdict(sample), "at": _iso(sample.at), "error": redact(sample.error)}


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return the summary for programs."""
    times = {name: _iso(getattr(summary, name)) for name in ("first_new", "last_old")}
    return {"summary": {**asdict(summary), **times, "green": summary.is_green}}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def _time(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S} UTC" if moment else "none"
