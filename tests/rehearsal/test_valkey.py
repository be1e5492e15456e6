"""An app with sessions, cache and jobs in Valkey, and EventBridge Scheduler: green, and mistakes.

It has no SQS, no bucket and no mail; a worker called horizon, and a scenario of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project import Project, copy_of, lend
from tests.rehearsal.red import Check, Red

if TYPE_CHECKING:
    import docker

pytestmark = [pytest.mark.docker]

NOT_COVERED = (
    "no queue is configured; set resources.queues",
    "no bucket is configured; set resources.bucket",
    "no mail identity is configured; set resources.identity",
)
LONGEST_S = 900
"""On a machine that has no time; five minutes where others use it, too."""
PASSED = {
    "visits at once are all counted",
    "dispatched job runs once in the worker",
    "session values are read by another task",
    "clearing the cache keeps sessions",
    "worker timeouts fit retry after",
    "rule starts one task each minute",
}


@pytest.fixture
def valkey(tmp_path: Path, client: docker.DockerClient) -> Iterator[Project]:
    """The app in a folder of this test's own; nothing of it is left."""
    yield from lend(copy_of("valkey", tmp_path), client)


@pytest.mark.long
def test_an_app_whose_state_is_in_valkey_is_green(valkey: Project, nothing_left: Check) -> None:
    code, output = valkey.run("rehearse", within_s=LONGEST_S)
    assert code == 0, output
    assert "Traceback" not in output
    for words in NOT_COVERED:
        assert words in " ".join(output.split())
    passed = {entry["title"] for entry in valkey.scenarios() if entry["result"] == "passed"}
    assert passed >= PASSED, passed
    nothing_left(valkey)


def variable(name: str, old: str, new: str, *, file: str = "ecs/web.json") -> tuple[str, str, str]:
    """Return the edit of a variable in a task definition."""
    entry = '"name": "{}",\n          "value": "{}"'
    return file, entry.format(name, old), entry.format(name, new)


SECRET = "arn:aws:secretsmanager:eu-west-3:345678901234:secret:atelier"
SESSION = "session_values_are_read"
MISTAKES = (
    Red(
        "the tasks speak to the cache in plain text",
        (variable("REDIS_SCHEME", "tls", "tcp"),),
        words="it asks for TLS, and REDIS_SCHEME is not tls",
        code=1,
        scenarios=SESSION,
    ),
    Red(
        "a task has no AUTH token",
        (("ecs/web.json", '"name": "REDIS_PASSWORD"', '"name": "REDIS_TOKEN"'),),
        words="sends none: REDIS_PASSWORD is not set in its task definition",
        code=1,
        scenarios=SESSION,
    ),
    Red(
        "a task has another secret's password for the AUTH token",
        (
            ("cutover.toml", "[cache]\n", '[cache]\nsecret = "atelier/cache"\nkey = "token"\n'),
            ("ecs/web.json", f"{SECRET}/cache-Mn8bVc:token::", f"{SECRET}/db-Zx9cVb:password::"),
        ),
        words="REDIS_PASSWORD is not the AUTH token",
        code=1,
        scenarios=SESSION,
    ),
    Red(
        "the AUTH token is missing in its secret",
        (("cutover.toml", 'token = { generate = "hex" }', 'old = { generate = "hex" }'),),
        words='secret key "token" is missing in atelier/cache',
    ),
    Red(
        "the cache's group does not admit the tasks",
        (
            ("network/security-groups.json", '"FromPort": 6379', '"FromPort": 6380'),
            ("network/security-groups.json", '"ToPort": 6379', '"ToPort": 6380'),
            ("cutover.toml", "\n[cache]", 'cache_group = "atelier-cache"\n\n[cache]'),
        ),
        words="the tasks of web, horizon, the schedule could not reach the cache",
        code=2,
    ),
    Red(
        "a task names the endpoint without encryption",
        (
            variable(
                *("REDIS_HOST", "master.atelier.k3y9ab.euw3.cache.amazonaws.com"),
                "atelier.k3y9ab.ng.0001.euw3.cache.amazonaws.com",
            ),
        ),
        words="which cannot resolve it: it is not the endpoint of the cache",
    ),
    Red(
        "the image lacks phpredis",
        (("app/Dockerfile", " php8.4-redis", ""),),
        words="the image lacks the PHP extension redis",
    ),
    Red(
        "the client is a package that the image lacks",
        (variable("REDIS_CLIENT", "phpredis", "predis"),),
        words="REDIS_CLIENT is predis in the web task",
        code=1,
        scenarios=SESSION,
    ),
    Red(
        "a cluster is asked for a second database",
        (("cache.json", '"ClusterEnabled": false', '"ClusterEnabled": true'),),
        words="the cache is a cluster, which has database 0 alone",
        code=1,
        scenarios="clearing_the_cache",
    ),
    Red(
        "sessions are in the database that cache:clear empties",
        (variable("SESSION_CONNECTION", "default", "cache"),),
        words="cache:clear empties the Redis database in which the sessions are",
        code=1,
        scenarios="clearing_the_cache",
    ),
    Red(
        "a job is handed out again while it runs",
        (variable("REDIS_QUEUE_RETRY_AFTER", "60", "45"),),
        words="queue:work's --timeout (45 s) is not shorter than retry_after",
        code=1,
        scenarios="fit_retry_after",
    ),
    Red(
        "the cache is each task's own",
        (variable("CACHE_STORE", "redis", "file"),),
        words="the tasks do not share the lock or the value: CACHE_STORE is one task's own",
        code=1,
        scenarios="visits_at_once",
    ),
    Red(
        "the role of the schedule trusts the other EventBridge",
        (("app/iam/schedule.json", "scheduler.amazonaws.com", "events.amazonaws.com"),),
        words="its trust policy does not let scheduler.amazonaws.com assume it",
    ),
    Red(
        "the schedule has a flexible window",
        (
            (
                *("schedule.json", '"Mode": "OFF"'),
                '"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5',
            ),
        ),
        words="the schedule's FlexibleTimeWindow is 5 minutes",
        code=1,
        scenarios="starts_one_task_each_minute",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_red_and_named(valkey: Project, mistake: Red, nothing_left: Check) -> None:
    mistake.rehearse(valkey, nothing_left)
