"""The loop in which a container's start waits, read from its processes and its script."""

from __future__ import annotations

import pytest

from harness.diagnosis import task_causes
from harness.diagnosis.waiting_start import waiting_start

ENTRYPOINT = "/usr/local/bin/entrypoint"
SCRIPT = """#!/bin/sh
# until the database is there: while we wait
until nc -z "$DB_HOST" 3307; do
    sleep 2
done
until [ -S /tmp/php-fpm.sock ]; do
    sleep 0.02
done
while true; do php artisan schedule:run; sleep 60; done
until php -r 'exit(@fsockopen("redis", 6379) ? 0 : 1);'; do sleep 3; done
exec "$@"
"""
PHP_LOOP = "until php -r 'exit(@fsockopen(\"redis\", 6379) ? 0 : 1);'"
SHELL = f"/bin/sh {ENTRYPOINT} php artisan queue:work"


def found(*children: str, shell: str = SHELL, script: str = SCRIPT) -> tuple[str, str] | None:
    rows = [(7, 1, shell), *((8 + n, 7, words) for n, words in enumerate(children))]
    answer = waiting_start(rows, group="web", read={ENTRYPOINT: script}.get)  # type: ignore[arg-type]
    return (answer.loop, answer.place) if answer else None


@pytest.mark.parametrize(
    ("child", "loop", "line"),
    [
        ("sleep 2", 'until nc -z "$DB_HOST" 3307', 3),
        ("nc -z old-db.example 3307", 'until nc -z "$DB_HOST" 3307', 3),
        ("sleep 0.02", "until [ -S /tmp/php-fpm.sock ]", 6),
        ('php -r exit(@fsockopen("redis", 6379) ? 0 : 1);', PHP_LOOP, 10),
        ("sleep 3", PHP_LOOP, 10),
    ],
)
def test_the_loop_that_runs_a_command_now(child: str, loop: str, line: int) -> None:
    assert found(child) == (loop, f"{ENTRYPOINT}, line {line}")


@pytest.mark.parametrize(
    "children",
    [
        (),
        ("php artisan optimize",),
        ("sleep 60",),
        ("nginx: master process nginx -g daemon off;", "php-fpm: master process"),
        ("sleep 2", "nginx: master process nginx -g daemon off;"),
    ],
)
def test_a_shell_that_does_something_else(children: tuple[str, ...]) -> None:
    assert found(*children) is None


def test_a_loop_waits_for_the_socket_of_a_daemon_beside_it() -> None:
    rows = [(7, 1, SHELL), (8, 7, SHELL), (9, 8, "php-fpm: master process"), (10, 7, "sleep 0.02")]
    answer = waiting_start(rows, group="web", read=lambda _: SCRIPT)
    assert answer is not None
    assert "`until [ -S /tmp/php-fpm.sock ]`" in task_causes.waiting_start(answer)
    assert "socket that nothing in the task makes" in task_causes.waiting_start(answer)


def test_a_subshell_is_the_loop_that_reaches_out() -> None:
    shell = f"/bin/bash {ENTRYPOINT}"
    script = "until (exec 3<>/dev/tcp/old/3306) 2>/dev/null; do sleep 1; done\nexec php -v\n"
    assert found(shell, shell=shell, script=script) == (
        "until (exec 3<>/dev/tcp/old/3306) 2>/dev/null",
        f"{ENTRYPOINT}, line 1",
    )


def test_the_command_may_be_the_script() -> None:
    shell = (
        "sh -c while ! curl -s http://search:9200; do sleep 1; done; exec php artisan queue:work"
    )
    assert found("sleep 1", shell=shell) == (
        "while ! curl -s http://search:9200",
        "its command, line 1",
    )
    assert found("sleep 1", shell="sh /app/gone.sh", script="") is None
    assert found("sleep 1", shell="php artisan queue:work") is None


def test_the_sentence_names_the_loop_and_the_remedy() -> None:
    rows = [(7, 1, SHELL), (8, 7, "sleep 2")]
    answer = waiting_start(rows, group="web", read=lambda _: SCRIPT)
    assert answer is not None
    sentence = task_causes.waiting_start(answer)
    assert "the web task's start waits in a loop, `until nc -z" in sentence
    assert "Name the host" in sentence
    assert "line 3" in str(answer)
