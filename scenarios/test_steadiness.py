"""What runs goes on running: no task ends by itself, no connection is closed under the balancer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import emulated, not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.clients import ExecResult
    from harness.targets import Access
    from harness.webtier import WebTier

KILLED = 137
KEEP_ALIVE = re.compile(r"^\s*keepalive_timeout\s+(?P<seconds>\d+)s?[\s;]", re.MULTILINE)
NGINX_DEFAULT_S = 75

NOT_THERE = not_covered("its tasks cannot be seen from outside")


@pytest.mark.truth(
    local=emulated("control stands in for ECS; tasks that scenarios kill on purpose do not count"),
    aws=proved,
    url=NOT_THERE,
)
@pytest.mark.requires("ecs")
@pytest.mark.read_only(looks_back=True)
def test_no_task_of_a_service_ends_by_itself(access: Access, ecs: Any) -> None:
    for kind, name in access.services.items():
        listed = ecs.list_tasks(cluster=access.cluster, serviceName=name, desiredStatus="STOPPED")[
            "taskArns"
        ]
        tasks = ecs.describe_tasks(cluster=access.cluster, tasks=listed)["tasks"] if listed else []
        ended = [one for one in tasks if one.get("stopCode") == "EssentialContainerExited"]
        for one in (item for task in ended for item in task["containers"]):
            # Whoever is killed without having met a limit was killed by a scenario.
            meant = one.get("exitCode") in (KILLED, None) and not one.get("reason")
            assert meant, (
                f"a {kind} task ended by itself with exit code {one['exitCode']}"
                f" {one.get('reason', '')}; ECS starts another, which takes a minute on Fargate"
            )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("no command can be run in a task there yet"),
    url=NOT_THERE,
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_nginx_keeps_a_connection_for_longer_than_the_load_balancer(
    run_in_task: Callable[..., ExecResult], web_tier: WebTier
) -> None:
    # Read, and not asked of nginx -T: run as root, that takes its directories from the app's user.
    told = run_in_task(["sh", "-c", "find /etc/nginx -name '*.conf' -exec cat {} +"])
    if told.exit_code != 0:
        pytest.skip("not covered: the web task has no configuration of nginx in /etc/nginx")
    found = [int(one["seconds"]) for one in KEEP_ALIVE.finditer(told.stdout)]
    keep_s, idle_s = min(found, default=NGINX_DEFAULT_S), web_tier.idle_timeout_s()
    assert keep_s > idle_s, (
        f"nginx's keepalive_timeout is {keep_s} s and the load balancer's idle time-out {idle_s} s:"
        " the balancer meets connections that nginx has just closed, and answers 502"
    )
