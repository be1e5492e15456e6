"""Programs that supervisord runs in a container: those that end again and again, or never start.

Their container runs on, so that ECS, health checks and visitors may notice nothing.
Source: https://supervisord.org/subprocess.html#process-states.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_GIVES_UP = re.compile(r"gave up: (?P<name>\S+) entered FATAL state")
_EXIT = re.compile(r"exited: (?P<name>\S+) \((?P<how>[^)]*); not expected\)")
_NO_START = re.compile(r"spawnerr: (?P<reason>.+)")
_OF_SUPERVISOR = re.compile(
    r"\b(?:INFO|WARN|CRIT|DEBG) (?:spawned|exited|success|gave up|spawnerr|Set)"
)
_LOST_CONNECTION = re.compile(r'"status":"stopped","reason":"lost_connection"')
"""As queue:work --json says that it ends; Laravel goes by the words of a job's error."""
_ERROR = re.compile(
    r'^\{"message":"(?P<message>(?:[^"\\\n]|\\.)+)"[^\n]*"level_name":"(?:ERROR|CRITICAL)"', re.M
)
_WIDTH = 160
"""Characters of a program's last words."""
_EXITS = 3
"""A program that ended so often by itself has not ended by chance."""


@dataclass(frozen=True)
class FailedProgram:
    """A program that its supervisor cannot keep running."""

    name: str
    ending: str
    """How it ended: its exit status, or why it did not start."""
    last_line: str
    """The last line that was not the supervisor's own; empty where there is none."""

    def __str__(self) -> str:
        words = f"; its last words: {self.last_line}" if self.last_line else ""
        return f"{self.name} ({self.ending}){words}"


def failed_program(log: str) -> FailedProgram | None:
    """Return the first program in a container's log that ends again and again, or never starts."""
    exits, endings, last_line = Counter[str](), dict[str, str](), ""
    reason = ""
    for line in log.splitlines():
        if match := _EXIT.search(line):
            name = match["name"]
            exits[name] += 1
            endings[name] = match["how"]
            if exits[name] >= _EXITS:
                return FailedProgram(name, match["how"], last_line)
        elif match := _NO_START.search(line):
            reason = match["reason"].strip()
        elif match := _GIVES_UP.search(line):
            name = match["name"]
            return FailedProgram(name, endings.get(name, reason), last_line)
        elif line.strip() and not _OF_SUPERVISOR.search(line):
            last_line = line.strip()[:_WIDTH]
    return None


def error_like_a_lost_connection(log: str) -> str:
    """Return the error after which a worker ended, as after a lost connection; empty for none."""
    if not _LOST_CONNECTION.search(log):
        return ""
    return next((match["message"] for match in reversed([*_ERROR.finditer(log)])), "its log has it")
