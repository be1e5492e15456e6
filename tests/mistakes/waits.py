"""Mistakes that keep a task waiting, without a word."""

from __future__ import annotations

from scenarios import test_definitions as definitions
from scenarios import test_edge as edge
from scenarios import test_pages as pages
from scenarios import test_queue as queue
from tests.mistakes.edits import ENTRYPOINT, Edit, replace
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

EVENTS = "app/app/Http/Controllers/EventController.php"
_WARM = "php artisan optimize --quiet"
_COMMAND = '    exec "$@"'


def _wait(before: str, *, host: str, port: int) -> Edit:
    """Have the entrypoint wait for a port of a host before one of its lines."""
    asks = f"exit(@fsockopen({host}, {port}, $number, $words, 2) ? 0 : 1);"
    loop = f"until php -r '{asks}'; do\n    sleep 1\ndone"
    return replace(ENTRYPOINT, before, f"{loop}\n{before}")


def _on_the_front_page(call: str) -> Edit:
    return replace(
        EVENTS, "return view('events.index'", f"{call}\n\n        return view('events.index'"
    )


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
    Mistake(
        "the front page asks the app's own public URL",
        _on_the_front_page(
            "\\Illuminate\\Support\\Facades\\Http::timeout(3)->get(url('/robots.txt'));"
        ),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="the app makes a request to tickets.876events.example, and the web task has no way",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the front page reads a file of the app",
            _on_the_front_page("file_get_contents(public_path('robots.txt'));"),
        ),
    ),
    Mistake(
        "the front page asks for the metadata of an EC2 instance",
        _on_the_front_page(
            "\\Illuminate\\Support\\Facades\\Http::timeout(2)"
            "->get('http://169.254.169.254/latest/meta-data/instance-id');"
        ),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="the app asks 169.254.169.254, the metadata of an EC2 instance",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
    ),
)
