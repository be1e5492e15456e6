"""A task stops without cutting a request; the app's user needs its declared paths only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.resources.deployment import Deployment
from harness.target.resources.ecs import php_container
from scenarios.checks import SHORT_FASTCGI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Set

    from harness.replay.toolbox import Toolbox
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Differences

SLOW_S = 2
KILLED = 137
IGNORES_THE_STOP = (
    "the container ignores its stop signal and was killed after stopTimeout: its first process is a"
    " shell that does not pass it on"
)
ENDS_AT_ONCE = (
    "the stop signal ends nginx or PHP-FPM at once: the entrypoint does not pass it on, or the"
    " image's STOPSIGNAL is not the graceful one"
)
STOPS_TOO_EARLY = (
    "a task is stopped before its requests have ended: the deregistration delay is too short, or"
    " the stop signal ends nginx or PHP-FPM at once"
)
CUT = frozenset({"200", "502", ""})
"""Statuses of requests to a task that ended, and of quicker ones; empty is no answer."""
TMPFS_MIB = 64
FIRST_USER = ["stat", "-c", "%u", "/proc/1"]
OPEN = 0o002
"""The bit of a mode that lets every user write."""
ROOT = "0"
REQUEST = """
[, $url, $lines] = $argv;
$options = ["header" => $lines, "ignore_errors" => true, "protocol_version" => 1.1];
@file_get_contents($url, false, stream_context_create(["http" => $options]));
echo explode(" ", $http_response_header[0] ?? " ")[1];
"""

NO_SHELL = not_covered("no command can be run in a task there")

outside_the_service = pytest.mark.truth(
    local=emulated("control gives tmpfs as Fargate has it since January 2026"),
    aws=not_covered("ECS Exec does not work with a read-only root"),
    url=NO_SHELL,
)


@pytest.fixture(scope="module")
def has_read_only_root(toolbox: Toolbox, web_tier: WebTier, access: Access) -> bool:
    """Whether the spare task's root is read-only: app.writable has all that its user may write to.

    A first process of root's, as in the images of nginx and Apache, writes elsewhere, too; and a
    tmpfs on a path takes over its mode and not its owner, so that only paths open to everyone are
    made for one. Elsewhere the task definition decides.
    """
    definition = web_tier.definition()
    if php_container(definition, access=access).get("readonlyRootFilesystem"):
        return True
    if not access.declares_writable:
        return False
    task = min(web_tier.running())
    modes = toolbox.commands.run(task, ["stat", "-c", "%a", *access.writable_paths]).stdout.split()
    is_open = all(int(mode, 8) & OPEN for mode in modes) and len(modes) == len(
        access.writable_paths
    )
    return is_open and toolbox.commands.run(task, FIRST_USER).stdout.strip() != ROOT


@pytest.fixture(scope="module")
def spare_task(
    access: Access, ecs: Any, web_tier: WebTier, *, has_read_only_root: bool
) -> Iterator[str]:
    """A web task outside the service, and so without visitors."""
    deployment = Deployment(web_tier)
    tmpfs = [
        {"containerPath": path, "size": TMPFS_MIB, "mountOptions": ["rw", "nosuid", "nodev"]}
        for path in access.writable_paths
    ]

    def shut(definition: dict[str, Any]) -> None:
        php = php_container(definition, access=access)["name"]
        for container in definition["containerDefinitions"]:
            if container["name"] == php and has_read_only_root:
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
    """Read a task's status, stoppedReason and exit code."""

    def read(arn: str) -> dict[str, Any]:
        (task,) = ecs.describe_tasks(cluster=access.cluster, tasks=[arn])["tasks"]
        return {
            "status": task["lastStatus"],
            "reason": task.get("stoppedReason", ""),
            "exit_code": php_container(task, access=access).get("exitCode"),
        }

    return read


@pytest.fixture
def ask_inside(
    spare_task: str, probe: ProbeClient, run_in_task: Callable[..., ExecResult], access: Access
) -> Callable[[str], str]:
    """Send a probe request inside the spare task, and return the status."""
    name = spare_task.rpartition("/")[2]
    return lambda path: run_in_task(asking(probe, path, port=access.web_port), task=name).stdout


@outside_the_service
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.mutates
def test_task_drains_on_the_stop_signal(
    spare_task: str,
    run_in_task: Callable[..., ExecResult],
    state_of: Callable[[str], dict[str, Any]],
    eventually: Callable[..., Any],
    stop: Callable[[str], None],
    differences: Differences,
    ask_inside: Callable[[str], str],
    access: Access,
    *,
    has_read_only_root: bool,
) -> None:
    name = spare_task.rpartition("/")[2]

    def answers() -> bool:
        state = state_of(spare_task)
        assert state["status"] != "STOPPED", f"a task outside the service stopped: {state}"
        return state["status"] == "RUNNING" and ask_inside("whoami") == "200"

    eventually(
        answers,
        until=bool,
        what="A task outside the service does not answer",
        within_s=differences.task_replacement_timeout_s,
    )
    if has_read_only_root:
        blocked = run_in_task(["sh", "-c", "touch artisan"], task=name)
        assert "Read-only" in blocked.stderr, "the root file system is not read-only"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask_inside, f"slow?seconds={SLOW_S}")
        eventually(
            lambda: run_in_task(["cat", "/proc/net/tcp", "/proc/net/tcp6"], task=name).stdout,
            until=lambda table: is_connected(table, port=access.web_port),
            what="No request is in flight",
        )
        stop(spare_task)
        status = answer.result()
    expect(
        status == "200",
        f"a request in flight when its task got the stop signal ended with {status or 'nothing'}",
        cause=cut_cause({status}, or_else=ENDS_AT_ONCE),
        certain=True,
    )
    ended = eventually(
        lambda: state_of(spare_task),
        until=lambda state: state["status"] == "STOPPED",
        what="The task did not stop",
        within_s=differences.task_replacement_timeout_s,
    )
    code = ended["exit_code"]
    expect(
        code == 0,
        f"the task's container ended with {code}, not 0",
        cause=IGNORES_THE_STOP if code == KILLED else "",
        certain=True,
    )


@pytest.mark.truth(
    local=emulated("nginx and control stand in for the load balancer and ECS"),
    aws=proved,
    url=not_covered("it would stop one of production's tasks"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(exclusive=True, order=2)
def test_request_in_flight_survives_the_stop_of_its_task(
    new_visitor: Callable[[], Browser],
    stop: Callable[[str], None],
    probe: ProbeClient,
    web_tier: WebTier,
) -> None:
    drains_s = web_tier.group.drains_for_s()
    # The stand-in never cuts a request of a draining target; the load balancer does.
    expect(
        drains_s >= SLOW_S,
        f"the load balancer waits {drains_s} s for the requests of a draining task",
        cause=f"deregistration_delay.timeout_seconds is {drains_s}: the load balancer cuts the"
        " requests of each task that a deployment replaces",
        certain=True,
    )
    stopped = probe.whoami()
    visitors = [new_visitor() for _ in range(4)]
    for visitor in visitors:
        visitor.probe.whoami()  # opens the connection on which the slow request goes out at once
    with ThreadPoolExecutor(len(visitors)) as pool:
        pending = [pool.submit(visitor.probe.slow, SLOW_S, timeout_s=30) for visitor in visitors]
        for _ in visitors:
            probe.whoami()
        stop(stopped["task_arn"])
        answers = [future.result() for future in pending]
    statuses = {str(answer.status_code) for answer in answers}
    expect(
        statuses == {"200"},
        f"visitors whose task was stopped got {', '.join(sorted(statuses))}",
        cause=cut_cause(statuses, or_else=STOPS_TOO_EARLY),
        certain=True,
    )
    tasks = {answer.json()["task"] for answer in answers}
    assert stopped["task"] in tasks, "no request was in flight in the task that was stopped"


def cut_cause(statuses: Set[str], *, or_else: str) -> str:
    """Return why requests were cut; empty where the app itself answered with an error."""
    if "504" in statuses:
        return SHORT_FASTCGI
    return or_else if statuses <= CUT else ""


def asking(probe: ProbeClient, path: str, *, port: int) -> list[str]:
    """Return a command that sends a probe request inside a task and prints the status."""
    request = probe.signed("GET", path)
    lines = [f"{name}: {text}" for name, text in request.headers.items()]
    url = f"http://localhost:{port}{request.path}"
    return ["php", "-r", REQUEST, url, "\r\n".join([*lines, "Connection: close"])]


def is_connected(table: str, *, port: int) -> bool:
    """Check /proc/net/tcp for an established connection to the app's port."""
    rows = (line.split() for line in table.splitlines())
    end = f":{port:04X}"
    return any(len(row) > 3 and row[1].endswith(end) and row[3] == "01" for row in rows)
