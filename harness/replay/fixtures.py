"""The fixtures that scenarios ask for: clients of one target, made when they are first needed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.diagnosis.expect import ExpectationTimeout
from harness.parity.observation import observed
from harness.replay import acceptance
from harness.replay.replay_state import PROVOKED, SAW, TRACE, toolbox_of
from harness.replay.toolbox import Toolbox
from harness.stack.containers import Containers
from harness.target.access import Access
from harness.target.clients import aws as aws_clients
from harness.target.clients import http
from harness.target.clients import mysql as mysql_client
from harness.target.clients.browser import Account, Browser
from harness.target.resources.mailbox import visitor_tag
from harness.target.resources.task_logs import LogReader
from harness.target.resources.web_tier import WebTier
from harness.target.target import (
    ECS,
    ELB,
    PROBE,
    Differences,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import requests

    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult


_MOST_QUESTIONS = 3
"""In one turn, of a scenario that looks for another task."""


@pytest.fixture(scope="session")
def toolbox(request: pytest.FixtureRequest) -> Toolbox:
    """Everything that scenarios reach the target with."""
    return toolbox_of(request.config)


@pytest.fixture(scope="session")
def target(toolbox: Toolbox) -> Target:
    """Where the scenarios run."""
    return toolbox.target


@pytest.fixture(scope="session")
def access(target: Target) -> Access:
    """The target's addresses and names."""
    return target.access


@pytest.fixture(scope="session")
def differences(target: Target) -> Differences:
    """The answers and times in which this target differs from another."""
    return target.differences


@pytest.fixture(scope="session")
def session_cookie(target: Target) -> None:
    """Skip where nobody names the app's session cookie: neither the web task nor the probe."""
    if not target.access.session_cookie and PROBE not in target.capabilities:
        pytest.skip("not covered: no session cookie is named; set SESSION_COOKIE of the web task")


@pytest.fixture
def accept_findings(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[Iterable[str]], frozenset[str]]:
    """Return those of a scenario's findings that are accepted today; the report has them."""

    def accept(findings: Iterable[str]) -> frozenset[str]:
        accepted = acceptance.of_findings(
            acceptance.from_lines(request.config.getini(acceptance.OPTION)),
            node_id=request.node.nodeid,
            today=datetime.now(UTC).date(),
        )
        met = frozenset(findings) & accepted.keys()
        for name in sorted(met):
            entry = accepted[name]
            record_property(
                acceptance.ACCEPTED_FINDING, f"{name}: until {entry.until}: {entry.why}"
            )
        return met

    return accept


@pytest.fixture(scope="session")
def ecs(toolbox: Toolbox) -> Any:
    """A boto3 client of ECS."""
    return toolbox.ecs


@pytest.fixture(scope="session")
def elbv2(toolbox: Toolbox) -> Any:
    """A boto3 client of the load balancer's API."""
    return toolbox.elbv2


@pytest.fixture(scope="session")
def aws(access: Access) -> Callable[[str], Any]:
    """Make a boto3 client of an AWS service."""
    return lambda service: aws_clients.aws(access, service)


@pytest.fixture(scope="session")
def web_tier(toolbox: Toolbox) -> WebTier:
    """The web service, its targets and its load balancer."""
    if toolbox.web is None:
        toolbox.need(ECS)
        toolbox.need(ELB)
        raise AssertionError("a target with both capabilities has a web tier")
    return toolbox.web


@pytest.fixture(scope="session")
def containers(toolbox: Toolbox) -> Containers:
    """The containers of the run."""
    return toolbox.containers


@pytest.fixture(scope="session")
def task_logs(toolbox: Toolbox) -> LogReader:
    """The logs of the tasks."""
    return toolbox.task_logs


@pytest.fixture(scope="session")
def secret(access: Access) -> Callable[[str], dict[str, str]]:
    """Return the keys of one of the app's secrets, by its name, or db or probe."""
    return lambda name: aws_clients.secret(access, access.secrets.get(name, name))


@pytest.fixture
def mysql(access: Access) -> Callable[..., Any]:
    """Connect to a hop, ``proxy`` or ``server``, with the app's own account."""

    def connect(hop: str, *, tls: bool = True) -> Any:
        user, password = aws_clients.database_account(access)
        return mysql_client.session(access, hop=hop, user=user, password=password, tls=tls)

    return connect


@pytest.fixture
def web(access: Access, request: pytest.FixtureRequest) -> Callable[[], requests.Session]:
    """Make sessions to the public host, each with a cookie jar of its own."""

    def make() -> requests.Session:
        session = http.web(access, trace=request.node.stash[TRACE])
        request.addfinalizer(session.close)
        return session

    return make


@pytest.fixture
def new_visitor(
    access: Access, web: Callable[[], requests.Session], toolbox: Toolbox
) -> Callable[[], Browser]:
    """Make visitors, each with a browser and the probe through its cookies."""
    return lambda: Browser(web(), access=access, probe_key=lambda: toolbox.probe_key)


@pytest.fixture
def provoke(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Name texts of errors that the scenario asks for: they do not explain its failure."""

    def note(*texts: str) -> None:
        request.node.stash[PROVOKED] = (*request.node.stash.get(PROVOKED, ()), *texts)

    return note


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Note an observation, which a record of another target is compared with.

    ``observe("refusal", text=error)``; the types are those of `harness.parity.observation`.
    """
    saw: dict[str, Mapping[str, Any]] = {}
    request.node.stash[SAW] = saw

    def note(name: str, **typed: Any) -> None:
        saw[name] = observed(**typed)

    return note


@pytest.fixture
def visitor(new_visitor: Callable[[], Browser]) -> Browser:
    """Make one visitor with an empty cookie jar."""
    return new_visitor()


@pytest.fixture
def probe(visitor: Browser) -> ProbeClient:
    """Return the probe through the visitor's cookies."""
    return visitor.probe


@pytest.fixture
def new_account(access: Access, differences: Differences) -> Callable[[], Account]:
    """Make accounts that can be registered, each with its own name and password."""

    def make() -> Account:
        tag = visitor_tag(access.run)
        return Account(
            name="Rehearsal Visitor",
            email=differences.visitor_address.format(tag=tag),
            password=f"Rehearsal-{secrets.token_urlsafe(12)}-9a",
        )

    return make


@pytest.fixture
def run_in_task(toolbox: Toolbox) -> Callable[..., ExecResult]:
    """Run a command as root in a running web task, or in the named one: where Laravel runs."""

    def run(command: Sequence[str], *, task: str = "", container: str = "") -> ExecResult:
        commands = toolbox.commands
        chosen = task
        if not chosen and toolbox.web is not None:
            chosen = min(toolbox.web.running())
        return commands.run(chosen, command, container=container)

    return run


@pytest.fixture
def eventually(differences: Differences) -> Callable[..., Any]:
    """Ask until the answer is as wanted, and return it; fail with the last answer otherwise.

    ``cause`` and ``certain`` are those of ``expect``, or functions of the last answer.
    """

    def ask(
        question: Callable[[], Any],
        *,
        until: Callable[[Any], bool],
        what: str,
        within_s: float = differences.eventual_timeout_s,
        cause: str | Callable[[Any], str] = "",
        certain: bool | Callable[[Any], bool] = False,
    ) -> Any:
        answers: list[Any] = []

        def probe() -> Ready | NotYet:
            answers[:] = [question()]
            return Ready() if until(answers[0]) else NotYet(repr(answers[0]))

        try:
            wait_until(probe, deadline=Deadline(within_s), interval_s=differences.poll_interval_s)
        except DeadlinePassed as passed:
            raise ExpectationTimeout(
                f"{what}, within {within_s:.0f} s. The last answer: {passed.reason}",
                cause=cause if isinstance(cause, str) else cause(answers[0]),
                certain=certain if isinstance(certain, bool) else certain(answers[0]),
            ) from None
        return answers[0]

    return ask


@pytest.fixture
def need_several_web_tasks(toolbox: Toolbox) -> Callable[[], None]:
    """Skip the scenario where the web service has one task, which shares nothing with another."""

    def need() -> None:
        if _is_one_task(toolbox):
            pytest.skip("not covered: desiredCount of the web service is 1")

    return need


def _is_one_task(toolbox: Toolbox) -> bool:
    return toolbox.web is not None and toolbox.web.describe()["desiredCount"] == 1


@pytest.fixture
def ask_tasks(
    toolbox: Toolbox, ask_another_task: Callable[..., dict[str, Any]]
) -> Callable[[Callable[[], dict[str, Any]]], list[dict[str, Any]]]:
    """Ask two web tasks, or the only one that there is."""

    def ask(question: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
        first = question()
        if _is_one_task(toolbox):
            return [first]
        return [first, ask_another_task(question, than=first["task"])]

    return ask


def ask_until_another(
    question: Callable[[], dict[str, Any]], *, than: str, times: int
) -> dict[str, Any]:
    """Ask so many times, or until another task answers; return the last answer.

    Two scenarios that ask by turns, once each, get the same two tasks for ever: the load balancer
    takes its targets by turns, too. A number of questions that changes takes them out of step.
    """
    answer = question()
    for _ in range(times - 1):
        if answer["task"] != than:
            break
        answer = question()
    return answer


@pytest.fixture
def ask_another_task(
    eventually: Callable[..., Any],
    need_several_web_tasks: Callable[[], None],
) -> Callable[..., dict[str, Any]]:
    """Ask the app until another task answers than the named one."""

    def ask(question: Callable[[], dict[str, Any]], *, than: str) -> dict[str, Any]:
        need_several_web_tasks()
        answer: dict[str, Any] = eventually(
            lambda: ask_until_another(
                question, than=than, times=1 + secrets.randbelow(_MOST_QUESTIONS)
            ),
            until=lambda reply: reply["task"] != than,
            what=f"Only one task answered, {than}, where another should",
        )
        return answer

    return ask
