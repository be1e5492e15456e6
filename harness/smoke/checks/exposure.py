"""Checks of files and tools that no visitor may reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.smoke.result import Action, Result, green, red

if TYPE_CHECKING:
    from harness.smoke.examination import Examination

_ROOT = "nginx serves the project's folder: its root must be the folder public"

_VARIABLE = r"^(export )?[A-Z][A-Z0-9_]*_(KEY|PASSWORD|SECRET|TOKEN|HOST|ENV|URL|NAME)="


def environment_file(exam: Examination) -> Result:
    """Ask for .env and its copies."""
    return _require_hidden(
        exam,
        dict.fromkeys(("/.env", "/.env.backup", "/.env.production"), _VARIABLE),
        Action.ROLL_BACK,
        f"passwords and APP_KEY are public: replace every secret in it; {_ROOT}",
    )


def git_repository(exam: Examination) -> Result:
    """Ask for .git/HEAD and .git/config."""
    return _require_hidden(
        exam,
        {"/.git/HEAD": r"^(ref: refs/|[0-9a-f]{40}\s*$)", "/.git/config": r"^\[core\]"},
        Action.MEND,
        f"the code and its history can be downloaded: leave .git out of the image; {_ROOT}",
    )


def log_file(exam: Examination) -> Result:
    """Ask for Laravel's log, as one file and by the day, and for that of a hosting's PHP."""
    entry = r"^\[\d{4}-\d\d-\d\d"
    return _require_hidden(
        exam,
        {
            "/storage/logs/laravel.log": entry,
            f"/storage/logs/laravel-{exam.began:%Y-%m-%d}.log": entry,
            "/error_log": r"^\[\d\d-\w{3}-\d{4} .*\] PHP ",
        },
        Action.MEND,
        f"visitors' data in the log is public; {_ROOT}, and LOG_CHANNEL stderr",
    )


def composer_files(exam: Examination) -> Result:
    """Ask for Composer's lists of packages."""
    paths = ("/vendor/composer/installed.json", "/composer.lock")
    return _require_hidden(exam, dict.fromkeys(paths, r'"packages"\s*:'), Action.MEND, _ROOT)


def debug_tools(exam: Examination) -> Result:
    """Ask for Ignition, Debugbar, phpinfo and Adminer."""
    return _require_hidden(
        exam,
        {
            "/_ignition/health-check": r"can_execute_commands",
            "/_debugbar/open": r'^\[?\{"|Debugbar',
            **dict.fromkeys(("/phpinfo.php", "/info.php"), r"phpinfo\(\)|PHP Version"),
            "/adminer.php": r"<title>[^<]*Adminer",
        },
        Action.ROLL_BACK,
        "strangers read variables or run code: install with composer install --no-dev, set"
        " APP_DEBUG=false, and leave such files out of public/",
    )


def dashboards(exam: Examination) -> Result:
    """Ask for Telescope, Horizon, Pulse and a log viewer without signing in."""
    return _require_hidden(
        exam,
        {
            "/telescope": r'id="telescope"|window\.Telescope\s*=',
            "/horizon": r'id="horizon"|window\.Horizon\s*=',
            "/pulse": r"<title>[^<]*Pulse\b|\bpulse\.servers\b",
            "/log-viewer": r"<title>[^<]*Log Viewer|window\.LogViewer\s*=",
        },
        Action.MEND,
        "strangers read requests, jobs and mails: close the gate viewTelescope, viewHorizon,"
        " viewPulse or viewLogViewer; they are open in every environment called local",
    )


def database_dumps(exam: Examination) -> Result:
    """Ask for a dump of the database and an archive, as a move leaves them."""
    dumps = ("/backup.sql", "/dump.sql", "/database.sql", "/db.sql")
    return _require_hidden(
        exam,
        {
            **dict.fromkeys(dumps, r"^(--|/\*!\d+|CREATE TABLE|INSERT INTO|DROP TABLE)"),
            "/backup.zip": r"\APK\x03\x04",
        },
        Action.ROLL_BACK,
        "visitors' data can be downloaded: leave such files out of public/, and treat the data and"
        " every password in it as known",
    )


def server_status(exam: Examination) -> Result:
    """Ask for the status pages of PHP-FPM, nginx and Apache."""
    return _require_hidden(
        exam,
        {
            **dict.fromkeys(("/status", "/fpm-status"), r"^pool:\s+\S|\"accepted conn\":"),
            "/nginx_status": r"^Active connections: \d",
            "/server-status": r"<title>Apache Status",
        },
        Action.MEND,
        "strangers read addresses and paths of visitors: let the location allow 127.0.0.1 alone",
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
    database_dumps,
    server_status,
    probe_without_key,
)
