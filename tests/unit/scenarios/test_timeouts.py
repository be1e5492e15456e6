"""The links of a chain of time-outs that give up too early, and the memory of PHP's workers."""

from __future__ import annotations

import pytest

from scenarios.test_capacity import most_tasks
from scenarios.timeouts import MemoryNeed, RequestChain, memory_need

LISTING = """nginx: master process
RssAnon:	    2048 kB
RssShmem:	      64 kB
php-fpm: master process (/etc/php)
RssAnon:	    4096 kB
RssShmem:	   20480 kB
php-fpm: pool www
RssAnon:	    8192 kB
RssShmem:	   10240 kB
php-fpm: pool www
RssAnon:	   12288 kB
RssShmem:	   12288 kB

"""


def causes(
    *, balancer: float = 60, nginx: float | None = 60, terminate: float = 0, execution: float = 30
) -> str:
    return "\n".join(RequestChain(balancer, nginx, terminate, execution).causes())


def test_the_defaults_fit() -> None:
    assert causes() == ""
    assert causes(nginx=None) == ""
    assert causes(terminate=55, execution=0) == ""
    assert causes(nginx=125, terminate=60) == ""


def test_each_link_that_gives_up_too_early_is_named() -> None:
    assert "nothing ends a request" in causes(execution=0)
    assert "request_terminate_timeout (20 s) is shorter than max_exec" in causes(terminate=20)
    assert "idle time-out (60 s) is shorter than max_execution_time (300 s)" in causes(
        execution=300, nginx=300
    )
    assert "idle time-out (60 s) is shorter than request_terminate_timeout (90 s)" in causes(
        terminate=90, nginx=125
    )
    assert causes(nginx=10) == (
        "fastcgi_read_timeout (10 s) is shorter than max_execution_time (30 s): nginx answers 504,"
        " and PHP works on"
    )


def test_the_largest_worker_counts_and_shared_memory_counts_once() -> None:
    need = memory_need(LISTING, children=10)
    assert need == MemoryNeed(children=10, each_mib=12, others_mib=26)
    assert need.total_mib == 146
    assert str(need) == "pm.max_children = 10 times 12 MiB and 26 MiB besides are 146 MiB"


def test_a_task_without_php_fpm_has_no_need() -> None:
    assert memory_need("php artisan octane:start\nRssAnon:	 100 kB\n", children=5) is None


@pytest.mark.parametrize(
    ("settings", "most"),
    [({}, 6), ({"maximumPercent": 150}, 4), ({"maximumPercent": 100}, 3)],
)
def test_a_deployment_runs_more_tasks_for_a_while(settings: dict[str, int], most: int) -> None:
    assert most_tasks({"desiredCount": 3, "deploymentConfiguration": settings}) == most
