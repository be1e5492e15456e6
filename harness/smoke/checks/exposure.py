"""Checks of files and tools that no visitor may reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.smoke.result import Action, Result, green, red

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

_ROOT = "nginx serves the project's folder: its root must be the folder public"


def environment_file(exam: Examination) -> Result:
    """Ask for .env."""
    return _require_hidden(
        exam,
        {"/.env": r"^(APP|DB|AWS|MAIL)_[A-Z_]+="},
        Action.ROLL_BACK,
        f"passwords and APP_KEY are public: replace every secret in it; {_ROOT}",
    )


def git_repository(exam: Examination) -> Result:
    """Ask for .git/HEAD."""
    return _require_hidden(
        exam,
        {"/.git/HEAD": r"^(ref: refs/|[0-9a-f]{40}\s*$)"},
        Action.MEND,
        f"the code and its history can be downloaded: leave .git out of the image; {_ROOT}",
    )


def log_file(exam: Examination) -> Result:
    """Ask for Laravel's log."""
    return _require_hidden(
        exam,
        {"/storage/logs/laravel.log": r"^\[\d{4}-\d\d-\d\d"},
        Action.MEND,
        f"visitors' data in the log is public; {_ROOT}, and LOG_CHANNEL stderr",
    )


def composer_files(exam: Examination) -> Result:
    """Ask for Composer's list of packages."""
    return _require_hidden(
        exam, {"/vendor/composer/installed.json": r'"packages"\s*:'}, Action.MEND, _ROOT
    )


def debug_tools(exam: Examination) -> Result:
    """Ask for Ignition, Debugbar and phpinfo."""
    return _require_hidden(
        exam,
        {
            "/_ignition/health-check": r"can_execute_commands",
            "/_debugbar/open": r'^\[?\{"|Debugbar',
            "/phpinfo.php": r"phpinfo\(\)|PHP Version",
        },
        Action.ROLL_BACK,
        "strangers read variables or run code: install with composer install --no-dev, set"
        " APP_DEBUG=false",
    )


def dashboards(exam: Examination) -> Result:
    """Ask for Telescope and Horizon without signing in."""
    return _require_hidden(
        exam,
        {
            "/telescope": r'id="telescope"|window\.Telescope\s*=',
            "/horizon": r'id="horizon"|window\.Horizon\s*=',
        },
        Action.MEND,
        "strangers read requests, jobs and mails: close the gate viewTelescope or viewHorizon;"
        " both are open in every environment called local",
    )


def probe_without_key(exam: Examination) -> Result:
    """Ask the probe without a signature."""
    return _require_hidden(
        exam,
        {"/_probe/v1/whoami": r'"task"\s*:'},
        Action.ROLL_BACK,
        "strangers use the probe: take CUTOVER_PROBE_KEY out of the tasks",
    )


def _require_hidden(
    exam: Examination, contents: Mapping[str, str], action: Action, meaning: str
) -> Result:
    """Require that no path answers 200 with its content; a page for every path does not count."""
    visitor = exam.visitor()
    statuses = {}
    for path, pattern in contents.items():
        answer = visitor.get(exam.address(path))
        statuses[path] = str(answer.status_code)
        if answer.status_code == 200 and re.search(pattern, answer.text, flags=re.MULTILINE):
            return red(action, f"{path} is public", f"GET {path}", meaning)
    return green(", ".join(statuses.values()), f"GET {', '.join(statuses)}")


CHECKS = (
    environment_file,
    git_repository,
    log_file,
    composer_files,
    debug_tools,
    dashboards,
    probe_without_key,
)
