"""Causes that follow from facts about tasks: their secrets, commands, starts, checks and ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.diagnosis.evidence import Cause
from harness.diagnosis.facts import (
    ContainerCheck,
    DeafPort,
    DroppedCommand,
    StoppedTask,
    WaitingStart,
)
from harness.diagnosis.first_error import first_error
from harness.diagnosis.patterns.ecs import REFUSED_CHECK
from harness.diagnosis.patterns.pattern import Source
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    from harness.diagnosis.evidence import Evidence

_MEMORY_LIMIT_EXIT = 12
r"""Illuminate\Queue\Worker::EXIT_MEMORY_LIMIT."""
_ANSWER = re.compile(r'(?:"status": ?|HTTP/\d\.\d" )(?P<status>40[13]|500)\b')
_FAILED_CHECK = (
    "the app answers its health check with 500: its log says why, or, where it has no error,"
    " LOG_CHANNEL or PHP-FPM's error_log leads elsewhere than to stderr"
)
_KILLED = 137
"""Exit code after a SIGKILL, which no process sends itself: a scenario may have."""
_LOST = re.compile(
    r"No such file or directory|[Ss]erver has gone away|went away|Lost connection|Broken pipe"
    r"|reset by peer|failed: Connection refused|Temporary failure in name resolution"
    r"|Communication link failure|SQLSTATE\[HY000\] \[(?:2002|1045)\]|Error while sending"
    r"|Packets out of order|unexpected eof|SSL: (?:Connection|Operation|Handshake) timed out"
    r"|running with the --read-only option|server is shutting down|Connection lost"
    r"|failed to connect to|connection is no longer usable"
)
r"""Illuminate\Database\LostConnectionDetector, which judges the errors of jobs, too."""
_SHORT = 8
_UNHEALTHY = "failed container health checks"
NOT_HEALTHY_YET = "has not passed its container health checks"
"""Words for a task that runs, where those of ECS for a stopped one would stand."""
_DEPENDENCY = re.compile(
    r"dependency container '(?P<name>[^']+)' did not reach (?P<condition>HEALTHY|SUCCESS)"
)


def faulty_secret(secret: NamedSecret) -> str:
    """Return the fault of a secret that a new task needs."""
    if not secret.fault:
        return ""
    return f"no new {secret.group} task can start: {reference(secret)} {secret.fault}"


def reference(secret: NamedSecret) -> str:
    """Name a secret with the key that the task definition takes from it."""
    takes = f', from which it takes the key "{secret.key}",' if secret.key else ""
    return f"the secret {secret.secret or secret.value_from}{takes}"


def lost_command(dropped: DroppedCommand) -> str:
    """Return that a task does not run the command of its definition."""
    return (
        f"the {dropped.group} task does not run its command, {' '.join(dropped.command)}: the"
        " image's ENTRYPOINT is in shell form, or the definition's entryPoint is sh -c, and either"
        f" runs one word ({dropped.script}): write ENTRYPOINT as a JSON list"
    )


def waiting_start(start: WaitingStart) -> str:
    """Return the loop that a task's start does not leave."""
    waits = f"the {start.group} task's start waits in a loop, `{start.loop}` ({start.place})"
    if start.is_file:
        return (
            f"{waits}, for a file or socket that nothing in the task makes: a program does not"
            " start, or listens or writes elsewhere (PHP-FPM's listen, nginx's pid)"
        )
    return (
        f"{waits}, and logs nothing: the task never reaches what it waits for. Name the host that"
        " AWS has, or take the loop out: ECS starts a task anew when it fails"
    )


def deaf_port(deaf: DeafPort) -> str:
    """Return that a task listens where no load balancer reaches it."""
    alone = f"the {deaf.group} task listens on {', '.join(deaf.places)} alone"
    if not deaf.is_own:
        return f"{alone}: nothing listens on the target's port, {deaf.port}, of the target group"
    if any(place.startswith("[::]") for place in deaf.places):
        return (
            f"{alone}: nothing listens on the target's port by IPv4, by which the load balancer"
            f" asks: let nginx listen on {deaf.port} beside [::]:{deaf.port}"
        )
    return (
        f"{alone}: nothing listens on the target's port but for the task itself: let nginx listen"
        f" on {deaf.port}, without an address"
    )


def worker_that_ends(task: StoppedTask) -> str:
    """Return why a worker ended that did not fail."""
    if task.group != "worker" or _UNHEALTHY in task.reason:
        return ""
    if _MEMORY_LIMIT_EXIT in task.exit_codes:
        return (
            "the worker ends again and again at its --memory limit (exit code 12), and ECS starts"
            " another: raise --memory, or look for what holds on to memory"
        )
    if _ends_well(task):
        return (
            "the worker's command ends at once, without an error (exit code 0), and ECS starts"
            " another: queue:work must not have --stop-when-empty, --once, or a small --max-jobs or"
            " --max-time, an entryPoint of sh -c takes only one word of its command, and nothing"
            " that starts or is scheduled may run queue:restart"
        )
    return ""


def worker_that_errs(evidence: Evidence) -> Cause | None:
    """Return the error of a job after which a worker ended, as after a lost connection."""
    workers = [fact for fact in evidence.facts if isinstance(fact, StoppedTask)]
    ended = [worker.task[:_SHORT] for worker in workers if _ends_well(worker)]
    error = first_error(
        line
        for line in evidence.lines
        if _LOST.search(line.text) and any(task in line.task for task in ended)
    )
    if error is None:
        return None
    return Cause(
        "a job's error ends the worker, since Laravel takes its words for those of a lost"
        f" connection, and ECS starts another worker: {error.text}"
    )


def _ends_well(task: StoppedTask) -> bool:
    return task.group == "worker" and set(task.exit_codes) == {0}


def task_that_ends(task: StoppedTask) -> str:
    """Return that a task ended by itself, where nothing says why."""
    waits = _DEPENDENCY.search(task.reason)
    if waits and waits["condition"] == "SUCCESS":
        return (
            f"the container {waits['name']} of {task.name} ended without success, and another waits"
            " for it (dependsOn SUCCESS): its log says why"
        )
    code = next((exit_code for exit_code in task.exit_codes if exit_code not in (0, _KILLED)), None)
    if code is None or "Essential container in task exited" not in task.reason:
        return ""
    return f"{task.name} ended by itself with exit code {code}: its log says why"


def _container_check(evidence: Evidence, *, has_tool: bool) -> tuple[ContainerCheck, str] | None:
    """Return the health check that a task fails, and ECS's words for a task stopped for it."""
    texts = [line.text for line in evidence.lines]
    failed = [text for words in (_UNHEALTHY, NOT_HEALTHY_YET) for text in texts if words in text]
    checks = [fact for fact in evidence.facts if isinstance(fact, ContainerCheck)]
    waits = [] if failed else [*filter(None, map(_DEPENDENCY.search, texts))]
    for wait in waits[:1]:
        failed = [wait.string] if wait["condition"] == "HEALTHY" else []
        checks = [check for check in checks if check.container == wait["name"]]
    if not failed or not checks or (checks[0].has_tool is not False) is not has_tool:
        return None
    return checks[0], failed[0]


def _failed_check(check: ContainerCheck, words: str) -> str:
    if _DEPENDENCY.search(words):
        return f"another container waits for {check.container}, which fails its health check"
    stopped = "was stopped for" if _UNHEALTHY in words else "does not pass"
    return f"the {check.group} task {stopped} its container health check"


def missing_check_tool(evidence: Evidence) -> Cause | None:
    """Return that a container health check runs a program that the image lacks."""
    failure = _container_check(evidence, has_tool=False)
    return failure and Cause(
        f"{_failed_check(*failure)}: its command runs {failure[0].tool}, which is not in the image",
        (failure[1],),
    )


def unanswered_check(evidence: Evidence) -> Cause | None:
    """Return that a container health check has its tool, and is not answered in time."""
    failure = _container_check(evidence, has_tool=True)
    if failure is None:
        return None
    check, words = failure
    if check.path and (answer := _bad_answer(check.path, evidence)):
        return Cause(
            f"{_failed_check(*failure)}: {check.tool} is answered with {answer['status']} at"
            f" {check.path}, by nginx in the image (a rule about hosts, addresses or user agents,"
            " or no way to index.php) or by the app: its log says why",
            (words, answer.string),
        )
    return Cause(
        f"{_failed_check(*failure)}: nothing answers where {check.tool} asks, or the start takes"
        f" longer than the {check.patience_s} s that startPeriod, interval and retries allow",
        (words,),
    )


def _bad_answer(path: str, evidence: Evidence) -> re.Match[str] | None:
    """Search the logs of web servers, as JSON and as they are by default, for an answer."""
    escaped = re.escape(path)
    answer = re.compile(
        rf'(?:"{escaped}",\s*"status": ?"?| {escaped} HTTP/[\d.]+" )(?P<status>[45]\d\d)\b'
    )
    log = (line.text for line in evidence.lines if line.source is Source.APP)
    return next(filter(None, map(answer.search, log)), None)


def answered_check(evidence: Evidence) -> Cause | None:
    """Return that a health check failed by the app's answer, 401, 403 or 500, as its log shows."""
    failed = [line.text for line in evidence.lines if "failed ELB health checks" in line.text]
    log = (line.text for line in evidence.lines if line.source is Source.APP)
    answer = next(filter(None, map(_ANSWER.search, log)), None)
    if not failed or answer is None:
        return None
    cause = _FAILED_CHECK if answer["status"] == "500" else REFUSED_CHECK
    return Cause(cause, (failed[0], answer.string))
