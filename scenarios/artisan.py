"""The probe's reports on an app, and the Artisan command that prints one."""

from __future__ import annotations

CODE = "code"
CONFIGURATION = "configuration"
SCHEDULE = "schedule"


def printing(report: str) -> list[str]:
    """Return the command that prints a report as JSON."""
    return ["php", "artisan", f"cutover-probe:{report}"]
