"""PHP-FPM's configuration: how many workers a pool has, and when it ends a request.

Source of names and defaults: php-src, sapi/fpm/www.conf.in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = "find -L /etc /usr/local/etc -type f -path '*fpm*' -name '*.conf' 2>/dev/null | sort"
"""Lists the files of Debian's packages and of the official images, the main one first."""
PRINT_FILES = f"for file in $({FILES}); do cat $file; echo; done"
UPLOADS = ("upload_max_filesize", "post_max_size")
"""PHP's limits of an upload."""
EXECUTION = "max_execution_time"
_SETTINGS = "|".join((*UPLOADS, EXECUTION))
PHP_SETTINGS = (
    "php=$(ls /usr/sbin/php-fpm* /usr/local/sbin/php-fpm 2>/dev/null | head -n 1);"
    f' [ -z "$php" ] || "$php" -i 2>/dev/null | grep -E "^({_SETTINGS}) =>"; true'
)
"""Prints these as PHP-FPM has them; its pools may set others."""
_SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]$")
_SETTING = re.compile(r"^(?P<name>[\w.]+(?:\[[\w.]+\])?)\s*=\s*(?P<value>[^;]*)")
_TIME = re.compile(r"(?P<number>\d+)(?P<unit>[smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_GLOBAL = "global"


@dataclass(frozen=True)
class Pool:
    """One pool of PHP-FPM."""

    name: str
    children: int
    """pm.max_children."""
    terminate_s: int
    """request_terminate_timeout; 0 when no request is ended."""
    passes_on: bool = False
    """Whether the master logs its workers' lines (catch_workers_output): they get none out."""


def pools(text: str) -> list[Pool]:
    """Read the pools of PHP-FPM's files, in the order in which it reads them."""
    sections = _sections(text)
    return [_pool(name, settings) for name, settings in sections.items() if name != _GLOBAL]


def error_log(text: str) -> str:
    """Return the file of PHP-FPM's own log; empty where its files name none."""
    return _sections(text).get(_GLOBAL, {}).get("error_log", "")


def _sections(text: str) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    current = ""
    for line in map(str.strip, text.splitlines()):
        if section := _SECTION.match(line):
            current = section["name"]
            sections.setdefault(current, {})
        elif (setting := _SETTING.match(line)) and current:
            sections[current][setting["name"]] = setting["value"].strip().strip("\"'")
    return sections


def php_settings(text: str, printed: str) -> dict[str, str]:
    """Return PHP's limits of a request, a pool's own before those that PHP-FPM prints.

    Args:
        text: PHP-FPM's files.
        printed: What `PHP_SETTINGS` prints.
    """
    values = dict(re.findall(rf"^({_SETTINGS}) => \S+ => (\S+)", printed, flags=re.MULTILINE))
    own = re.findall(
        rf"^\s*php(?:_admin)?_value\[({_SETTINGS})\]\s*=\s*[\"']?(\w+)", text, flags=re.MULTILINE
    )
    return values | dict(own)


def _pool(name: str, settings: Mapping[str, str]) -> Pool:
    children = settings.get("pm.max_children", "0")
    return Pool(
        name=name,
        children=int(children) if children.isdigit() else 0,
        terminate_s=_seconds(settings.get("request_terminate_timeout", "0")),
        passes_on=settings.get("catch_workers_output", "no").lower() in ("yes", "on", "true", "1"),
    )


def _seconds(text: str) -> int:
    match = _TIME.fullmatch(text)
    return int(match["number"]) * _UNITS[match["unit"]] if match else 0
