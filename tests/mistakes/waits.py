"""Mistakes that keep a task waiting, without a word."""

from __future__ import annotations

from scenarios import test_edge as edge
from scenarios import test_queue as queue
from tests.mistakes.edits import ENTRYPOINT, Edit, replace
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

_WARM = "php artisan optimize --quiet"
_COMMAND = '    exec "$@"'


def _wait(before: str, *, host: str, port: int) -> Edit:
    """Have the entrypoint wait for a port of a host before one of its lines."""
    asks = f"exit(@fsockopen({host}, {port}, $number, $words, 2) ? 0 : 1);"
    loop = f"until php -r '{asks}'; do\n    sleep 1\ndone"
    return replace(ENTRYPOINT, before, f"{loop}\n{before}")


MISTAKES = (
    Mistake(
        "each task waits for the database's old host before it starts",
        _wait(_WARM, host='"mysql"', port=3306),
        cause="the web task's start waits in a loop, `until php -r",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "each task waits for the database's host before it starts",
            _wait(_WARM, host='getenv("DB_HOST")', port=3306),
        ),
    ),
    Mistake(
        "the worker waits for a Redis that there is not",
        _wait(_COMMAND, host='"redis"', port=6379),
        cause="the worker task's start waits in a loop, `until php -r",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker waits for the database's host",
            _wait(_COMMAND, host='getenv("DB_HOST")', port=3306),
        ),
    ),
)
