r"""The flags of a worker's command, and those that keep jobs waiting.

Source: Laravel 12, `Illuminate\Queue\Console\WorkCommand` and `Illuminate\Queue\Worker`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULTS = {"tries": 1, "timeout": 60, "sleep": 3, "rest": 0, "memory": 128}
"""queue:work's defaults for these flags: attempts, seconds, and MB."""
MARGIN_S = 5
"""Between the end of a job and the time at which --timeout would end it."""
LONGEST_SLEEP_S = 10
"""A worker that sleeps for longer after an empty poll keeps a visitor waiting for a mail."""
LONGEST_HIDING_S = 43_200
"""For 12 hours at the most SQS hides a message that is given back:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""
_FLAG = re.compile(r"--(?P<name>[\w-]+)[=\s](?P<quote>[\"']?)(?P<value>\d+)(?P=quote)(?=[\s;]|$)")
_BACKOFF = re.compile(r"--backoff[=\s][\"']?(?P<seconds>\d+(?:,\d+)*)")
_STARTED = re.compile(r"\bartisan\s+queue:(?P<how>work|listen)\b(?P<said>[^;&|]*)")
_CONNECTION = re.compile(r"(?:^|\s)(?!-)(?P<name>[\w.-]+)")
_QUEUE = re.compile(r"\s--queue[=\s][\"']?(?P<names>[\w,./:-]+)")
_TAKES_A_VALUE = re.compile(r"(--[\w-]+)\s+(?=[^-\s])")


def flags(command: Sequence[str]) -> dict[str, int]:
    """Return the numbers that queue:work is told, with its own defaults for the others.

    A shell's command is one word, in which queue:work has its own.
    """
    matches = _FLAG.finditer(" ".join(command))
    return {**DEFAULTS, **{match["name"]: int(match["value"]) for match in matches}}


def longest_backoff_s(command: Sequence[str]) -> int:
    """Return the longest time that --backoff, a number or several, lets a failed job wait."""
    match = _BACKOFF.search(" ".join(command))
    return max(map(int, match["seconds"].split(","))) if match else 0


def longest_job_s(command: Sequence[str], *, wanted: float) -> float:
    """Return how long a job may take: the wanted time, or less where --timeout would end it."""
    timeout_s = flags(command)["timeout"]
    return min(wanted, max(1.0, timeout_s - MARGIN_S)) if timeout_s else wanted


def connection(command: Sequence[str]) -> str:
    """Return the connection that queue:work is told; empty when it takes the default one."""
    started = _STARTED.search(" ".join(command))
    if started is None:
        return ""
    arguments = _TAKES_A_VALUE.sub(r"\1=", started["said"].replace('"', "").replace("'", ""))
    match = _CONNECTION.search(arguments)
    return match["name"] if match else ""


def queue_names(command: Sequence[str], *, default: str) -> tuple[str, ...]:
    """Return the queues that queue:work reads: those of --queue, or the connection's own."""
    match = _QUEUE.search(" ".join(command))
    return tuple(filter(None, match["names"].split(","))) if match else (default,)


@dataclass(frozen=True)
class QueueCommand:
    """A worker's command, as far as it starts Laravel's queue worker."""

    listens: bool
    connection: str
    tries: int
    sleep_s: int
    rest_s: int
    jobs_on: str = "sqs"
    """The connection on which jobs are dispatched."""

    @property
    def foreign_connection(self) -> str:
        """The connection that the command names, unless it is that of the jobs."""
        return "" if self.connection in ("", self.jobs_on) else self.connection

    @property
    def sleeps_long(self) -> bool:
        """It keeps a job waiting that comes after an empty poll."""
        return self.sleep_s > LONGEST_SLEEP_S

    def __str__(self) -> str:
        lines = []
        if self.listens:
            lines.append("the worker runs queue:listen")
        if self.foreign_connection:
            lines.append(f"the worker's command names the connection {self.connection}")
        if self.sleeps_long:
            lines.append(f"the worker sleeps for {self.sleep_s} s when it finds no job")
        if self.rest_s:
            lines.append(f"the worker rests for {self.rest_s} s after each job")
        if not self.tries:
            lines.append("the worker tries a job without end")
        return "\n".join(lines)


def queue_command(command: Sequence[str]) -> QueueCommand | None:
    """Read a worker's command; nothing when it does not start queue:work or queue:listen."""
    started = _STARTED.search(" ".join(command))
    if started is None:
        return None
    values = flags(command)
    return QueueCommand(
        listens=started["how"] == "listen",
        connection=connection(command),
        tries=values["tries"],
        sleep_s=values["sleep"],
        rest_s=values["rest"],
    )
