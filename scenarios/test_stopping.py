"""The app's container runs on a root that cannot be written to, and stops without losing anyone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import emulated, not_covered, proved
from harness.target.clients.probe import PREFIX
from harness.target.resources.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import ExecResult
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Differences

SLOW_S = 2
LOCAL_PORT = 8080
TMPFS_MIB = 64
HEALTH = ["curl", "-fs", "-o", "/dev/null", f"http://localhost:{LOCAL_PORT}/healthz"]

NO_SHELL = not_covered("no command can be run in a task there")

read_only_root = pytest.mark.truth(
    local=emulated("control gives tmpfs as Fargate has it since January 2026"),
    aws=not_covered("ECS Exec does not work with a read-only root"),
    url=NO_SHELL,
)


@pytest.fixture(scope="module")
def spare_task(access: Access, ecs: Any, web_tier: WebTier) -> Iterator[str]:
    """Run one web task with a read-only root beside the service, where no visitor gets to it."""
    deployment = Deployment(web_tier)
    tmpfs = [
        {"containerPath": path, "size": TMPFS_MIB, "mountOptions": ["rw", "nosuid", "nodev"]}
        for path in access.writable_paths
    ]

    def shut(definition: dict[str, Any]) -> None:
        for container in definition["containerDefinitions"]:
            container["readonlyRootFilesystem"] = True
            container["linuxParameters"] = {"tmpfs": tmpfs}

    service = web_tier.describe()
    started = ecs.run_task(
        cluster=access.cluster,
        taskDefinition=deployment.revise(shut),
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
    )["tasks"][0]["taskArn"]
    yield str(started)
    ecs.stop_task(cluster=access.cluster, task=started, reason="the scenario is over")
    deployment.restore()


@pytest.fixture
def stop(access: Access, ecs: Any) -> Callable[[str], None]:
    """Give a task the stop signal."""
    return lambda arn: ecs.stop_task(cluster=access.cluster, task=arn, reason="rehearsal")


@pytest.fixture
def state_of(access: Access, ecs: Any) -> Callable[[str], dict[str, Any]]:
    """Return how a task is, in few words."""

    def read(arn: str) -> dict[str, Any]:
        (task,) = ecs.describe_tasks(cluster=access.cluster, tasks=[arn])["tasks"]
        return {
            "status": task["lastStatus"],
            "reason": task.get("stoppedReason", ""),
            "exit_code": task["containers"][0].get("exitCode"),
        }

    return read


@read_only_root
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.mutates
def test_the_image_runs_with_a_read_only_root_and_drains_when_it_is_told_to_stop(
    spare_task: str,
    probe: ProbeClient,
    run_in_task: Callable[..., ExecResult],
    state_of: Callable[[str], dict[str, Any]],
    eventually: Callable[..., Any],
    stop: Callable[[str], None],
    differences: Differences,
) -> None:
    name = spare_task.rpartition("/")[2]

    def answers() -> bool:
        seen = state_of(spare_task)
        assert seen["status"] != "STOPPED", f"a task with a read-only root stopped: {seen}"
        return seen["status"] == "RUNNING" and not run_in_task(HEALTH, task=name).exit_code

    eventually(
        answers,
        until=bool,
        what="A task with a read-only root does not answer",
        within_s=differences.replacement_s,
    )
    blocked = run_in_task(["sh", "-c", "touch artisan"], task=name)
    assert "Read-only" in blocked.stderr, "the root file system is not read-only"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(run_in_task, asking(probe, f"slow?seconds={SLOW_S}"), task=name)
        eventually(
            lambda: run_in_task(["cat", "/proc/net/tcp", "/proc/net/tcp6"], task=name).stdout,
            until=lambda table: f":{LOCAL_PORT:04X} " in table and is_connected(table),
            what="No request is in flight",
        )
        stop(spare_task)
        status = answer.result().stdout
    assert status == "200", (
        f"a request in flight when its task got the stop signal ended with {status or 'nothing'}"
    )
    ended = eventually(
        lambda: state_of(spare_task),
        until=lambda found: found["status"] == "STOPPED",
        what="The task did not stop",
        within_s=differences.replacement_s,
    )
    assert ended["exit_code"] == 0, f"the task's container ended with {ended['exit_code']}, not 0"


@pytest.mark.truth(
    local=emulated("nginx and control stand in for the load balancer and ECS"),
    aws=proved,
    url=not_covered("it would stop one of production's tasks"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(alone=2)
def test_a_visitors_request_in_flight_when_its_task_is_stopped_is_answered(
    new_visitor: Callable[[], Browser],
    stop: Callable[[str], None],
    probe: ProbeClient,
    web_tier: WebTier,
) -> None:
    drains_s = web_tier.group.drains_for_s()
    # The stand-in never cuts a request of a target that leaves; the load balancer does.
    assert drains_s >= SLOW_S, (
        f"the load balancer waits {drains_s} s for the requests of a task that leaves, and one of"
        f" {SLOW_S} s is cut"
    )
    doomed = probe.whoami()
    visitors = [new_visitor() for _ in range(4)]
    for one in visitors:
        one.probe.whoami()  # so that the slow request goes out at once, on an open connection
    with ThreadPoolExecutor(len(visitors)) as pool:
        asked = [pool.submit(one.probe.slow, SLOW_S, timeout_s=30) for one in visitors]
        for _ in visitors:
            probe.whoami()
        stop(doomed["task_arn"])
        answers = [one.result() for one in asked]
    statuses = sorted({one.status_code for one in answers})
    assert statuses == [200], f"visitors whose task was stopped saw {statuses}"
    by = {one.json()["task"] for one in answers}
    assert doomed["task"] in by, "no request was in flight in the task that was stopped"


def asking(probe: ProbeClient, path: str) -> list[str]:
    """Return the command that asks the probe from within a task, and prints the status."""
    request = probe.signed("GET", path)
    headers = [word for name, text in request.headers.items() for word in ("-H", f"{name}: {text}")]
    url = f"http://localhost:{LOCAL_PORT}{PREFIX}/{path}"
    return ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *headers, url]


def is_connected(table: str) -> bool:
    """Say whether /proc/net/tcp has an established connection to the app's port."""
    rows = (line.split() for line in table.splitlines())
    port = f":{LOCAL_PORT:04X}"
    return any(len(row) > 3 and row[1].endswith(port) and row[3] == "01" for row in rows)
