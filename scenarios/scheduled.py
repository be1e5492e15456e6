"""Records of the scheduler: its own run in each task, and each command that it ran."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.diagnosis.expect import expect
from scenarios.named_resources import AWS_DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.target.access import Access
    from harness.target.resources.schedule import Run

ARTISAN = "php artisan "
COMMAND = "schedule:run"
WINDOW = timedelta(minutes=2)
"""The time in which scenarios count ticks."""
ERROR = 400
"""Monolog's level."""
_REFUSES = re.compile(r"\s+ERROR\s+(\S.*\S)")
"""Artisan's words for a command that it does not run."""
_BLOCK = re.compile(r"^ *\n((?: {2}\S.* {2}\n)+) *$", re.M)
"""Symfony's paragraph of an exception, or of a command that there is not."""
FAILED = "cutover: failed entry "
"""A task's own line for a scheduled command that failed, with its place."""
WITHOUT_PROCESSES = 99
NEEDS_PROCESSES = (
    f'[ "$(php -r \'echo (int) function_exists("proc_open");\')" != 0 ] || exit {WITHOUT_PROCESSES}'
)
"""A shell command that ends where PHP cannot start programs."""
NOT_FOUND = re.compile(
    r"^(?:\S*/)?(?:ba|da)?sh: (?:line )?\d+: (\S+): (?:command )?not found$", re.M
)
"""Words of a shell for a program that it does not find."""
_EXIT_127 = re.compile(r"exit code \[?127\b\]?\.?$")
"""As the probe writes a command's exit code, and Laravel from 12.9 on."""
DUE_WITHIN_S = 210.0
"""For the window, and the minute that schedule:run may take in its last tick."""
STARTS_WITHIN = timedelta(seconds=30)
"""From RunTask until the app's first command has read its secrets and reached the database."""


def by_task(ran: list[dict[str, Any]], *, name: str) -> dict[str, list[dict[str, Any]]]:
    """Group the records of one command by the task that ran it."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for record in ran:
        if record["name"] == name:
            grouped.setdefault(record["task"], []).append(record)
    return grouped


def is_disturbed(
    began: datetime, ended: datetime, *, times: Sequence[tuple[datetime, datetime]]
) -> bool:
    """Return whether an exclusive scenario, which takes something away, was at work meanwhile."""
    return any(began <= last and first <= ended for first, last in times)


def undisturbed(ticks: list[Run], *, times: Sequence[tuple[datetime, datetime]]) -> list[Run]:
    """Return the ticks but for those that failed while an exclusive scenario was at work."""
    return [
        tick
        for tick in ticks
        if tick.exit_code == 0
        or not (tick.stopped and is_disturbed(tick.at, tick.at + STARTS_WITHIN, times=times))
    ]


class Window(NamedTuple):
    """Some minutes, and the ticks in them."""

    began: datetime
    ended: datetime
    ticks: list[Run]
    exclusive_times: Sequence[tuple[datetime, datetime]]

    @property
    def undisturbed(self) -> list[Run]:
        """The ticks but for those that an exclusive scenario made fail."""
        return undisturbed(self.ticks, times=self.exclusive_times)

    @property
    def is_over(self) -> bool:
        """Whether each task has stopped, and one at least tells how ticks end."""
        has_end = bool(self.undisturbed) or not self.ticks
        return has_end and all(tick.stopped for tick in self.ticks)


def endless_tick_cause(command: list[str]) -> str:
    """Return that a tick's command never ends; empty where it is Laravel's, which does."""
    words = " ".join(command)
    if "schedule:work" in words:
        return (
            "a tick's task goes on running: its command must be schedule:run, which ends, and not"
            " schedule:work"
        )
    if not words:
        return (
            "a tick's task goes on running: neither the rule nor its task definition names a"
            " command, so that the image's own runs: set schedule:run as the command of the"
            " container in containerOverrides of the rule's Input"
        )
    return ""


_UNKNOWN = re.compile(
    r"[Cc]ould not resolve host: (?P<asked>[\w.-]+)"
    r"|Resolving timed out .* for https?://(?P<url>[\w.-]+)"
)
"""As curl says that a name has no address."""


def host_outside(error: str, access: Access) -> str:
    """Return the host of the internet that a command asked in vain; empty for every other error.

    A rehearsal reaches none, the public host neither, and an account's tasks do.
    """
    is_rehearsed = bool(access.emulator) or access.has_local_endpoints
    match = _UNKNOWN.search(error) if is_rehearsed else None
    host = (match["asked"] or match["url"]).rstrip(".") if match else ""
    return host if "." in host and not host.endswith(AWS_DOMAINS) else ""


def by_hand(scheduled: dict[str, Any]) -> str:
    """Return a shell command that runs a scheduled command now."""
    # schedule:test exits with 0 even if the command fails, so a named command is run directly;
    # what follows the command, as mail of its output, is schedule:test's alone.
    command = scheduled["command"]
    name = scheduled["name"].removeprefix(ARTISAN)
    test_command = f"php artisan schedule:test --no-ansi --name={shlex.quote(name)}"
    if command and scheduled.get("output_is_mailed"):
        return f"{{ {command} && {test_command}; }}"
    return command or test_command


def all_by_hand(scheduled: Sequence[dict[str, Any]]) -> str:
    """Return a shell script that runs each scheduled command now, and marks those that fail."""
    lines = [
        f"{by_hand(entry)} || {{ echo '{FAILED}{place}' >&2; failed=1; }}"
        for place, entry in enumerate(scheduled)
    ]
    needs = [NEEDS_PROCESSES] if any(entry["command"] for entry in scheduled) else []
    return "\n".join([*needs, *lines, "exit ${failed:-0}"])


def missing_programs(log: str) -> list[str]:
    """Return the programs that a shell did not find, as a task's log shows."""
    return list(dict.fromkeys(NOT_FOUND.findall(log)))


def failed_entries(log: str) -> Iterator[tuple[int, str]]:
    """Yield the place and the last error of each scheduled command that a task's log marks."""
    part: list[str] = []
    for line in log.splitlines():
        if line.startswith(FAILED):
            yield int(line.removeprefix(FAILED)), last_error("\n".join(part))
            part = []
        else:
            part.append(line)


def last_error(log: str) -> str:
    """Return the last error in a task's log: the app's, or else a program's; empty if none."""
    records, texts = [], []
    for line in log.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            texts.append(line)
    errors = [record["message"] for record in records if _is_error(record)]
    # Artisan indents its own lines.
    programs = [line for line in texts if line.strip() and not line.startswith((" ", "In "))]
    refusals = [match[1] for line in texts if (match := _REFUSES.match(line))]
    blocks = [" ".join(block[1].split()) for block in _BLOCK.finditer("\n".join(texts))]
    return str(next(reversed([*refusals, *programs, *blocks, *errors]), ""))


def _is_error(record: Any) -> bool:
    level = record.get("level") if isinstance(record, dict) and "message" in record else None
    return isinstance(level, int) and level >= ERROR


def expect_scheduled_once(
    ticks: list[Run],
    records: list[dict[str, Any]],
    *,
    access: Access,
    times: Sequence[tuple[datetime, datetime]] = (),
) -> dict[str, dict[str, Any]]:
    """Check that each tick ran the scheduler once, and the scheduler each command once.

    Args:
        ticks: Those that no exclusive scenario made fail.
        records: The runs of the scheduler and of each command, as the probe kept them.
        access: Where the harness reaches the target.
        times: When exclusive scenarios ran: a command that failed, or left no record, meanwhile
            says nothing.

    Returns:
        The record of the scheduler's run of each tick's task.
    """
    commands = by_task(records, name=COMMAND)
    for tick in ticks:
        count = len(commands.get(tick.task, []))
        if not count and is_disturbed(tick.at, tick.at + STARTS_WITHIN, times=times):
            continue
        expect(
            count == 1,
            f"the task of the tick {tick} ran {COMMAND} {count} times",
            # A task that failed has a cause of its own.
            cause=""
            if count or tick.exit_code
            else "the rule's task does not run schedule:run: its Input names another command, or"
            " the task has no PROBE_KEY",
        )
    for record in records:
        began = datetime.fromisoformat(record["started_at"])
        ended = datetime.fromisoformat(record["ended_at"] or record["started_at"])
        if is_disturbed(began, ended, times=times):
            continue
        # With a failed command schedule:run itself exits with 0 all the same.
        is_own = record["name"] == COMMAND
        error = record["error"] or "its exit code is not 0"
        if _EXIT_127.search(error):
            error += ", a shell's for a program that is not in the image"
        expect(
            record["outcome"] != "failed" or bool(host_outside(error, access)),
            f"the scheduled {record['name']} failed in {record['minute']}: {error}",
            cause=""
            if is_own
            else f"the scheduled {record['name']} fails each time, though schedule:run ends with 0:"
            f" {error}",
            certain=not is_own,
        )
    return {task: runs[0] for task, runs in commands.items()}
