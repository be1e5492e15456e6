"""Mistakes of the way that a task stops."""

from __future__ import annotations

from scenarios import test_steadiness as steadiness
from scenarios import test_stopping as stopping
from tests.mistakes.edits import (
    DOCKERFILE,
    ENTRYPOINT,
    TARGET_GROUP,
    combine,
    replace,
    replace_pattern,
    run_in_build,
)
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "the stop signal ends nginx at once, and nothing drains",
        combine(
            replace(ENTRYPOINT, 'kill -QUIT "$nginx"', 'kill -TERM "$nginx"'),
            replace(TARGET_GROUP, '"Value": "5"', '"Value": "0"'),
        ),
        breaks=[
            stopping.test_task_drains_on_the_stop_signal,
            stopping.test_request_in_flight_survives_the_stop_of_its_task,
        ],
        cause="the stop signal ends nginx or PHP-FPM at once",
        follows=["deregistration_delay.timeout_seconds is 0"],
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "the entrypoint names nginx's signal by its number",
            replace(ENTRYPOINT, 'kill -QUIT "$nginx"', 'kill -3 "$nginx"'),
        ),
    ),
    Mistake(
        "the app writes to a path that is not declared writable",
        combine(
            run_in_build("chmod a+w /srv/app/public"),
            replace(
                ENTRYPOINT, "php artisan optimize", "date > public/started\nphp artisan optimize"
            ),
        ),
        breaks=[stopping.test_task_drains_on_the_stop_signal],
        cause="writes to a path of its read-only root",
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "the entrypoint writes to a declared path",
            replace(
                ENTRYPOINT, "php artisan optimize", "date > storage/started\nphp artisan optimize"
            ),
        ),
    ),
    Mistake(
        "the load balancer cuts the requests of a task that leaves",
        replace_pattern(
            TARGET_GROUP,
            r'("deregistration_delay.timeout_seconds",\s*"Value": )"\d+"',
            r'\1"0"',
        ),
        breaks=[stopping.test_request_in_flight_survives_the_stop_of_its_task],
        cause="deregistration_delay.timeout_seconds is 0",
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "the load balancer waits longer for the requests of a task that leaves",
            replace_pattern(
                TARGET_GROUP,
                r'("deregistration_delay.timeout_seconds",\s*"Value": )"\d+"',
                r'\1"10"',
            ),
        ),
    ),
    Mistake(
        "the stop signal of the image is the one that kills",
        replace(DOCKERFILE, "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
        breaks=[stopping.test_task_drains_on_the_stop_signal],
        cause="the stop signal ends nginx or PHP-FPM at once",
        also_green=[steadiness.test_nginx_keep_alive_outlasts_the_load_balancers],
        twin=Twin(
            "the stop signal of the image is SIGQUIT",
            replace(DOCKERFILE, "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGQUIT"),
        ),
    ),
)
