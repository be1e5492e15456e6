r"""What a worker's command tells `php artisan queue:work`, and what of it keeps jobs waiting.

Source: Laravel 12, `Illuminate\Queue\Console\WorkCommand` and `Illuminate\Queue\Worker`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULTS = {"tries": 1, "timeout": 60, "sleep": 3, "rest": 0}
"""What queue:work does without these flags: attempts, and seconds."""
LONGEST_SLEEP_S = 10
"""A worker that sleeps for longer after an empty poll keeps a buyer waiting for a mail."""
_FLAG = re.compile(r"--(?P<name>[\w-]+)[=\s](?P<quote>[\"']?)(?P<value>\d+)(?P=quote)(?=[\s;]|$)")
_STARTED = re.compile(r"\bartisan\s+queue:(?P<how>work|listen)\b(?P<said>[^;&|]*)")
_CONNECTION = re.compile(r"(?:^|\s)(?!-)(?P<name>[\w.-]+)")
_TAKES_A_VALUE = re.compile(r"(--[\w-]+)\s+(?=[^-\s])")


def flags(command: Sequence[str]) -> dict[str, int]:
    """Return the numbers that queue:work is told, with its own defaults for the others.

    A shell's command is one word, in which queue:work has its own.
    """
    found = _FLAG.finditer(" ".join(command))
    return {**DEFAULTS, **{one["name"]: int(one["value"]) for one in found}}


def connection(command: Sequence[str]) -> str:
    """Return the connection that queue:work is told; empty when it takes the default one."""
    started = _STARTED.search(" ".join(command))
    if started is None:
        return ""
    said = _TAKES_A_VALUE.sub(r"\1=", started["said"].replace('"', "").replace("'", ""))
    named = _CONNECTION.search(said)
    return named["name"] if named else ""


def remarks(command: Sequence[str]) -> Iterator[str]:
    """Say what of a worker's command makes jobs late, or lets them never end."""
    started = _STARTED.search(" ".join(command))
    if started is None:
        return
    told = flags(command)
    if started["how"] == "listen":
        yield "the worker runs queue:listen"
    if (named := connection(command)) not in ("", "sqs"):
        yield f"the worker's command names the connection {named}"
    if told["sleep"] > LONGEST_SLEEP_S:
        yield f"the worker sleeps for {told['sleep']} s when it finds no job"
    if told["rest"]:
        yield f"the worker rests for {told['rest']} s after each job"
    if not told["tries"]:
        yield "the worker tries a job without end"
