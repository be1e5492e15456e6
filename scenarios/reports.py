"""The probe's reports on an app, and the Artisan command that prints one."""

from __future__ import annotations

CODE = "code"
CONFIGURATION = "configuration"
SCHEDULE = "schedule"
OLDER_PROBE = "not covered: the probe is older: update the package cutover-probe in the app"
"""The reason to skip a scenario for want of an answer that newer probes give."""


def printing(report: str) -> list[str]:
    """Return the command that prints a report as JSON."""
    return ["php", "artisan", f"cutover-probe:{report}"]
