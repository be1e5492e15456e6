"""The fixtures that scenarios ask for: clients of one target, made when they are first needed."""

from __future__ import annotations

import secrets as random
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import CapabilityMissing
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.diagnosis import evidence as findings
from harness.diagnosis import history_reader as history
from harness.diagnosis.causes import find_cause
from harness.diagnosis.history import History
from harness.stack.containers import Containers
from harness.target.clients import aws as clients
from harness.target.clients.browser import Account, Browser
from harness.target.resources.web_tier import WebTier
from harness.target.target import (
    CONTAINERS,
    ECS,
    ELB,
    EXEC,
    HTTP,
    PROBE,
    QUEUE,
    SCHEDULE,
    SECRETS,
    Access,
    Differences,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from harness.diagnosis.evidence import Evidence
    from harness.stack.containers import ExecResult
    from harness.target.clients.probe import ProbeClient

__all__ = [
    "access",
    "ask_another_task",
    "aws",
    "containers",
    "differences",
    "ecs",
    "elbv2",
    "eventually",
    "explain",
    "mysql",
    "new_account",
    "new_visitor",
    "probe",
    "run_in_task",
    "secret",
    "target",
    "visitor",
    "web",
    "web_tier",
]


class Toolbox:
    """One target and its clients; each is made once, by whoever needs it first."""

    def __init__(self, target: Target) -> None:
        self.target = target

    @cached_property
    def probe_key(self) -> str:
        """The key that signs requests to the probe."""
        return clients.probe_key(self.target)

    @cached_property
    def ecs(self) -> Any:
        """A boto3 client of ECS."""
        self.need(ECS)
        return clients.aws(self.target.access, "ecs")

    @cached_property
    def elbv2(self) -> Any:
        """A boto3 client of the load balancer's API."""
        self.need(ELB)
        return clients.aws(self.target.access, "elbv2")

    @cached_property
    def containers(self) -> Containers:
        """The containers of the run."""
        self.need(CONTAINERS)
        return Containers(self.target.access)

    @cached_property
    def looked_into(self) -> dict[str, Any]:
        """Boto3 clients of what evidence is taken from, by service, where the target has them."""
        services = {"secretsmanager": SECRETS, "sqs": QUEUE}
        return {
            name: clients.aws(self.target.access, name)
            for name, capability in services.items()
            if capability in self.target.capabilities
        }

    @cached_property
    def web(self) -> WebTier | None:
        """The web tier, where the target lets us see it."""
        if self.target.lacks(frozenset({ECS, ELB})):
            return None
        target = self.target
        return WebTier(
            target.access, ecs=self.ecs, elbv2=self.elbv2, differences=target.differences
        )

    def wait_until_steady(self) -> None:
        """Wait until every wanted web task is healthy, and the edge passes visitors to them.

        Raises:
            DeadlinePassed: It did not come about; the reason is the last state seen.
        """
        if self.web is None:
            return
        self.web.wait_until_steady()
        session = clients.web(self.target.access)

        def probe() -> Ready | NotYet:
            # Health is known a moment before the edge acts on it.
            status = session.get(self.target.access.public_url, timeout=10).status_code
            return NotYet("the edge still answers 503") if status == 503 else Ready()

        with session:
            wait_until(probe, deadline=Deadline(self.target.differences.patience_s))

    def evidence(self, *, since: datetime) -> Evidence:
        """Collect what explains a failure, as far as this target can be looked into."""
        able = CONTAINERS in self.target.capabilities
        try:
            containers = self.containers if able else None
        except Exception as error:  # noqa: BLE001 - the failure itself must still be reported
            return findings.Evidence((("containers", f"could not be read: {error}"),), ())
        return findings.collect(
            self.target.access,
            web=self.web,
            containers=containers,
            visitor=None if self.target.lacks(frozenset({HTTP, PROBE})) else self.new_visitor(),
            aws=self.looked_into,
            since=since,
        )

    def new_visitor(self) -> Browser:
        """Make a visitor with an empty cookie jar."""
        access = self.target.access
        return Browser(clients.web(access), access=access, probe_key=lambda: self.probe_key)

    def history(self, *, since: datetime) -> History:
        """Read what happened in the stack since then, as far as this target shows it."""
        able = self.target.capabilities
        try:
            sources = history.Sources(
                self.target.access,
                web=self.web,
                containers=self.containers if CONTAINERS in able else None,
                app_ticks=self._app_ticks if {PROBE, SCHEDULE} <= able else None,
            )
        except Exception as error:  # noqa: BLE001 - a report is written in any case
            return History(unread=(str(error),))
        return history.read(sources, since=since)

    def _app_ticks(self, since: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def probe() -> Ready | NotYet:
            # The last scenario may have left the web tasks in the middle of a replacement.
            try:
                found[:] = self.new_visitor().probe.ticks(since=since)
            except (AssertionError, OSError) as error:
                return NotYet(str(error))
            return Ready()

        wait_until(probe, deadline=Deadline(self.target.differences.patience_s), interval_s=0.5)
        return found

    def need(self, capability: str) -> None:
        """Refuse what the target cannot do.

        Raises:
            CapabilityMissing: It cannot, and the scenario did not say that it needs it.
        """
        if capability not in self.target.capabilities:
            raise CapabilityMissing(
                f"The target {self.target.name} lacks the capability {capability}.",
                hint=f'Mark the scenario with @pytest.mark.requires("{capability}").',
            )


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
    """How this target's right answers differ from another's."""
    return target.differences


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
    return lambda service: clients.aws(access, service)


@pytest.fixture
def explain(toolbox: Toolbox) -> Callable[[], str]:
    """Return the likely cause that a report would give for what happened since the start."""
    since = datetime.now(UTC)

    def read() -> str:
        cause = find_cause(toolbox.evidence(since=since).telling)
        return cause.sentence if cause else ""

    return read


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
def secret(access: Access) -> Callable[[str], dict[str, str]]:
    """Return the keys of one of the app's secrets, by its short name: db or app."""
    return lambda name: clients.secret(access, access.secrets[name])


@pytest.fixture
def mysql(access: Access, secret: Callable[[str], dict[str, str]]) -> Callable[..., Any]:
    """Connect to a hop, ``proxy`` or ``server``, with the app's own account."""

    def connect(hop: str, *, tls: bool = True) -> Any:
        keys = secret("db")
        return clients.mysql(
            access, hop=hop, user=keys["username"], password=keys["password"], tls=tls
        )

    return connect


@pytest.fixture
def web(access: Access, request: pytest.FixtureRequest) -> Callable[[], requests.Session]:
    """Make sessions to the public host, each with a cookie jar of its own."""

    def make() -> requests.Session:
        session = clients.web(access)
        request.addfinalizer(session.close)
        return session

    return make


@pytest.fixture
def new_visitor(
    access: Access, web: Callable[[], requests.Session], toolbox: Toolbox
) -> Callable[[], Browser]:
    """Make visitors: each a browser of its own, and the probe through its cookies."""
    return lambda: Browser(web(), access=access, probe_key=lambda: toolbox.probe_key)


@pytest.fixture
def visitor(new_visitor: Callable[[], Browser]) -> Browser:
    """Make one visitor with an empty cookie jar."""
    return new_visitor()


@pytest.fixture
def probe(visitor: Browser) -> ProbeClient:
    """Return the probe through the visitor's cookies."""
    return visitor.probe


@pytest.fixture
def new_account() -> Callable[[], Account]:
    """Make up people who can register; no two are the same."""

    def make() -> Account:
        tag = random.token_hex(6)
        return Account(
            name="Rehearsal Visitor",
            email=f"rehearsal-{tag}@876events.example",
            password=f"Rehearsal-{random.token_urlsafe(12)}-9a",
        )

    return make


@pytest.fixture
def run_in_task(toolbox: Toolbox) -> Callable[..., ExecResult]:
    """Run a command, as root, in a running web task: any, or the one that is named."""

    def run(command: Sequence[str], *, task: str = "") -> ExecResult:
        toolbox.need(EXEC)
        chosen = task
        if not chosen and toolbox.web is not None:
            chosen = min(toolbox.web.running())
        return toolbox.containers.run(chosen, command)

    return run


@pytest.fixture
def eventually(differences: Differences) -> Callable[..., Any]:
    """Ask until the answer is as wanted, and return it; fail with the last answer otherwise."""

    def ask(
        question: Callable[[], Any],
        *,
        until: Callable[[Any], bool],
        what: str,
        within_s: float = differences.patience_s,
    ) -> Any:
        answers: list[Any] = []

        def probe() -> Ready | NotYet:
            answers[:] = [question()]
            return Ready() if until(answers[0]) else NotYet(repr(answers[0]))

        try:
            wait_until(probe, deadline=Deadline(within_s), interval_s=0.1)
        except DeadlinePassed as passed:
            raise AssertionError(
                f"{what}, within {within_s:.0f} s. The last answer: {passed.reason}"
            ) from None
        return answers[0]

    return ask


@pytest.fixture
def ask_another_task(eventually: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Put a question to the app until a task answers that is not the one named."""

    def ask(question: Callable[[], dict[str, Any]], *, than: str) -> dict[str, Any]:
        answer: dict[str, Any] = eventually(
            question,
            until=lambda found: found["task"] != than,
            what=f"Only one task answered, {than}, where another should",
        )
        return answer

    return ask
