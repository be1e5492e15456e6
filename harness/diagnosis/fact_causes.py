"""Causes that follow from facts: one function for a type of fact, the earlier ones go first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from harness.core.expectation import REQUEST, SESSION
from harness.diagnosis.evidence import Cause
from harness.diagnosis.facts import (
    SHARED_DRIVERS,
    ContainerCheck,
    DroppedCommand,
    JobPath,
    MissingRight,
    QueueDelay,
    StoppedTask,
    VisitorRequest,
    VisitorSession,
    WaitingStart,
)
from harness.diagnosis.patterns.aws_api import (
    ALLOW_IT,
    DENIED,
    LACKS_RIGHT,
    SETS_ACL,
    UNMET,
    without_key,
)
from harness.diagnosis.patterns.pattern import Source
from harness.target.resources.queue_worker import QueueCommand
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.diagnosis.evidence import Evidence

    Asked = TypeVar("Asked")
    FactCause = Callable[[Evidence], Cause | None]

_MEMORY_LIMIT_EXIT = 12
r"""Illuminate\Queue\Worker::EXIT_MEMORY_LIMIT."""
_REFUSED = re.compile(r'"status": ?40[13]\b|HTTP/\d\.\d" 40[13]\b')
_KILLED = 137
"""Exit code after a SIGKILL, which no process sends itself: a scenario may have."""
_UNVERIFIED = "unverified.example"
_UNHEALTHY = "failed container health checks"
NOT_HEALTHY_YET = "has not passed its container health checks"
"""Words for a task that runs, where those of ECS for a stopped one would stand."""
_DEPENDENCY = re.compile(
    r"dependency container '(?P<name>[^']+)' did not reach (?P<condition>HEALTHY|SUCCESS)"
)
_LOCAL_LINK = re.compile(r"https?://(?:[\w-]+|[\d.]+)(?:[:/]\S*)?")


def _of(kind: type[Asked], cause: Callable[[Asked], str]) -> FactCause:
    """Ask for a cause of each fact of one type until there is one."""

    def first(evidence: Evidence) -> Cause | None:
        for one in evidence.facts:
            if isinstance(one, kind) and (sentence := cause(one)):
                return Cause(sentence, tuple(str(one).splitlines()))
        return None

    return first


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
    return (
        f"the {start.group} task's start waits in a loop, `{start.loop}` ({start.place}), and logs"
        " nothing: the task never reaches what it waits for. Name the host that AWS has, or take"
        " the loop out: ECS starts a task anew when it fails"
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
    if set(task.exit_codes) == {0}:
        return (
            "the worker's command ends at once, without an error (exit code 0), and ECS starts"
            " another: queue:work must not have --stop-when-empty, --once, or a small --max-jobs or"
            " --max-time, an entryPoint of sh -c takes only one word of its command, and nothing"
            " that starts or is scheduled may run queue:restart"
        )
    return ""


def task_that_ends(task: StoppedTask) -> str:
    """Return that a task ended by itself, where nothing says why."""
    waits = _DEPENDENCY.search(task.reason)
    if waits and waits["condition"] == "SUCCESS":
        return (
            f"the container {waits['name']} of {task.name} ended without success, and another waits"
            " for it (dependsOn SUCCESS): its log says why"
        )
    code = next((one for one in task.exit_codes if one not in (0, _KILLED)), None)
    if code is None or "Essential container in task exited" not in task.reason:
        return ""
    return f"{task.name} ended by itself with exit code {code}: its log says why"


def session_cookie(session: VisitorSession) -> str:
    """Return the setting that hides the session from browsers or tasks."""
    if session.domain:
        return (
            f"SESSION_DOMAIN is {session.domain}, so that browsers do not send the cookie to the"
            " public host"
        )
    if session.path != "/":
        return (
            f"SESSION_PATH is {session.path}, so that browsers do not send the cookie with other"
            " pages"
        )
    if session.max_age is not None:
        return (
            "SESSION_LIFETIME lets the session cookie end at once (Max-Age="
            f"{session.max_age}): browsers drop it"
        )
    if session.driver not in SHARED_DRIVERS:
        return (
            f'SESSION_DRIVER is "{session.driver}", and must be {" or ".join(SHARED_DRIVERS)}: what'
            " one task stores there is not where every task reads"
        )
    return ""


def local_link(link: str) -> str:
    """Return that a link of the app leads to the developer's machine; empty if it does not."""
    if not _LOCAL_LINK.fullmatch(link):
        return ""
    return (
        f"the app's links go to {link}: ASSET_URL or APP_URL of the web task is the one of local"
        " development"
    )


def forwarded_request(request: VisitorRequest) -> str:
    """Return why the app does not see the visitor's request as it was made."""
    if not request.secure and request.sender_is_public:
        return (
            "nginx's real_ip_header hides the load balancer from the app, which trusts none of its"
            " X-Forwarded headers then: leave the client's address to TRUSTED_PROXIES"
        )
    if local := local_link(request.link):
        return local
    if not request.secure and request.trusted_proxy:
        return _hidden_proto(request)
    if not request.secure:
        return (
            "the app does not trust the load balancer: TRUSTED_PROXIES does not hold its subnets,"
            " so that X-Forwarded-* is ignored"
        )
    return _other_link(request)


def _other_link(request: VisitorRequest) -> str:
    """Return why a link has another scheme or host than the request, as the app sees it."""
    if request.link.startswith("http://"):
        return (
            f"the app sees that the visitor uses https, and links to {request.link}: the link is"
            " written out, or made from APP_URL, ASSET_URL or a forced scheme"
        )
    linked = urlsplit(request.link).netloc
    if linked and request.host and linked != request.host:
        return (
            f"the app sees that the request is for {request.host}, and links to {linked}: the link"
            " is written out, or made by URL::forceRootUrl() or from another APP_URL"
        )
    return ""


def _hidden_proto(request: VisitorRequest) -> str:
    """Return why the app does not see the scheme that a load balancer which it trusts has sent."""
    if request.forwarded_proto == "https":
        return (
            "the app trusts the load balancer, and not its X-Forwarded-Proto:"
            " trustProxies(headers: ...) leaves it out: trust HEADER_X_FORWARDED_AWS_ELB"
        )
    found = f'"{request.forwarded_proto}"' if request.forwarded_proto else "nothing"
    return (
        f"PHP has {found} for X-Forwarded-Proto, and the load balancer sends https: the web server"
        " in the task overwrites it (fastcgi_param HTTP_X_FORWARDED_PROTO, proxy_set_header):"
        " leave that out"
    )


def hidden_scheme(request: VisitorRequest) -> str:
    """Return why the app does not see that its visitor uses https, and loses forms on the way."""
    return "" if request.secure else forwarded_request(request)


def session_key(session: VisitorSession) -> str:
    """Return why tasks do not know each other's sessions, though their cookies come back."""
    if session.expected_cookie and session.cookie != session.expected_cookie:
        return (
            f"the session cookie has another name than {session.expected_cookie}: SESSION_COOKIE is"
            " not set in the task, so that the app's name decides"
        )
    if not session.shared:
        return "APP_KEY is not the same in every task, so that one cannot decrypt another's cookies"
    return ""


def endless_tries(command: QueueCommand) -> str:
    """Return that a failing job never ends."""
    if command.tries:
        return ""
    return (
        "queue:work's --tries is 0: a job that fails is tried until SQS takes it away, and never"
        " comes to failed_jobs"
    )


def lost_jobs(path: JobPath) -> str:
    """Return why no worker takes the jobs that the web task dispatches."""
    if not path.workers:
        return "no worker runs: its tasks have stopped, or its service wants none"
    if path.is_known and path.written not in path.read:
        return (
            f"the worker reads jobs from {', '.join(path.read)}, and the web task writes them to"
            f" {path.written}: QUEUE_CONNECTION, {path.variables} must be the same in both, and"
            " the flags of queue:work must agree"
        )
    return ""


def queue_delay(delay: QueueDelay) -> str:
    """Return that the queue itself makes every job late."""
    return f"the queue delays each message by {delay.seconds} s (DelaySeconds), and so each job"


def foreign_connection(command: QueueCommand) -> str:
    """Return that a worker's command names another connection than that of the jobs."""
    if not command.foreign_connection:
        return ""
    return (
        f'the worker\'s command takes jobs of the connection "{command.connection}", and the web'
        f" task dispatches them on {command.jobs_on}"
    )


def slow_worker(command: QueueCommand) -> str:
    """Return the flags of a worker's command that keep jobs waiting."""
    if command.sleeps_long:
        return (
            f"queue:work's --sleep is {command.sleep_s}: a job that comes after an empty poll waits"
            " for as long"
        )
    if command.rest_s:
        return (
            f"queue:work's --rest is {command.rest_s}: each worker does nothing for that long after"
            " every job"
        )
    if command.listens:
        return (
            "the worker runs queue:listen, which starts PHP anew for each job and does not stop"
            " gracefully: use queue:work"
        )
    return ""


def _container_check(evidence: Evidence, *, has_tool: bool) -> tuple[ContainerCheck, str] | None:
    """Return the health check that a task fails, and ECS's words for a task stopped for it."""
    texts = [one.text for one in evidence.lines]
    failed = [text for words in (_UNHEALTHY, NOT_HEALTHY_YET) for text in texts if words in text]
    checks = [one for one in evidence.facts if isinstance(one, ContainerCheck)]
    waits = [] if failed else [*filter(None, map(_DEPENDENCY.search, texts))]
    for one in waits[:1]:
        failed = [one.string] if one["condition"] == "HEALTHY" else []
        checks = [check for check in checks if check.container == one["name"]]
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
    found = _container_check(evidence, has_tool=False)
    return found and Cause(
        f"{_failed_check(*found)}: its command runs {found[0].tool}, which is not in the image",
        (found[1],),
    )


def unanswered_check(evidence: Evidence) -> Cause | None:
    """Return that a container health check has its tool, and is not answered in time."""
    found = _container_check(evidence, has_tool=True)
    return found and Cause(
        f"{_failed_check(*found)}: nothing answers where {found[0].tool} asks, or the start takes"
        f" longer than the {found[0].patience_s} s that startPeriod, interval and retries allow",
        (found[1],),
    )


def refused_health_check(evidence: Evidence) -> Cause | None:
    """Return that a health check failed and the app answered 401 or 403, as its log shows."""
    failed = [one.text for one in evidence.lines if "failed ELB health checks" in one.text]
    log = (one.text for one in evidence.lines if one.source is Source.APP)
    refused = next(filter(_REFUSED.search, log), "")
    if not failed or not refused:
        return None
    return Cause(
        "the health check is refused (401 or 403): its path asks for a password or a sign-in, or"
        " the web server refuses the user agent of the load balancer, ELB-HealthChecker/2.0",
        (failed[0], refused),
    )


def missing_right(lack: MissingRight) -> str:
    """Return the right that a role lacked; the app may have swallowed AWS's answer.

    A scenario sends from a name that has no right on purpose.
    """
    if _UNVERIFIED in lack.resource:
        return ""
    named = {"role": lack.role, "action": lack.action, "arn": without_key(lack.resource)}
    if lack.denied_by:
        return DENIED.format(**named, statement=lack.denied_by)
    if lack.action == "s3:PutObjectAcl":
        return SETS_ACL
    return LACKS_RIGHT.format(**named, remedy=remedy(lack))


def remedy(lack: MissingRight | None) -> str:
    """Return how a role gets a right that it lacked."""
    return UNMET.format(statement=lack.unmet) if lack and lack.unmet else ALLOW_IT


CAUSES: tuple[FactCause, ...] = (
    _of(NamedSecret, faulty_secret),
    _of(DroppedCommand, lost_command),
    _of(WaitingStart, waiting_start),
    missing_check_tool,
    _of(StoppedTask, worker_that_ends),
)
ABOUT: Mapping[str, tuple[FactCause, ...]] = {
    SESSION: (
        _of(VisitorSession, session_cookie),
        _of(VisitorRequest, hidden_scheme),
        _of(VisitorSession, session_key),
    ),
    REQUEST: (_of(VisitorRequest, forwarded_request),),
}
"""Only for a check about a visitor's session, or about a request as the app takes it."""
LATE: tuple[FactCause, ...] = (
    _of(QueueCommand, foreign_connection),
    _of(JobPath, lost_jobs),
    _of(QueueDelay, queue_delay),
    _of(QueueCommand, slow_worker),
    _of(QueueCommand, endless_tries),
)
"""Only for a check that waited in vain: other checks do not fail for a slow worker."""
CHECKS: tuple[FactCause, ...] = (unanswered_check, _of(MissingRight, missing_right))
"""Before the patterns of a symptom, which know less."""
SYMPTOMS: tuple[FactCause, ...] = (refused_health_check, _of(StoppedTask, task_that_ends))
"""Only where nothing names a reason."""
