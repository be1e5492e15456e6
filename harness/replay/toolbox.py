"""Clients of one target, made when a fixture first needs them."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from harness.core.errors import CapabilityMissing
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.diagnosis import history_reader
from harness.diagnosis.collectors import COLLECTORS
from harness.diagnosis.evidence import Evidence, EvidenceSources, collect
from harness.diagnosis.history import History
from harness.diagnosis.scope import Scope
from harness.stack.containers import Containers
from harness.target.clients import aws, http
from harness.target.clients.browser import Browser
from harness.target.resources.ecs_exec import Commands, EcsExec
from harness.target.resources.mail_bucket import MailBucket
from harness.target.resources.mail_events import MailEvents
from harness.target.resources.mailbox import EmulatorMailbox, Mailbox
from harness.target.resources.task_logs import LogReader, TaskLogs
from harness.target.resources.web_tier import WebTier
from harness.target.target import (
    CHANGE,
    CONTAINERS,
    ECS,
    ELB,
    EXEC,
    HTTP,
    LOGS,
    MAIL,
    PROBE,
    QUEUE,
    SCHEDULE,
    SECRETS,
    Target,
)

_VISIT_TIMEOUT_S = 10
_CLOUDWATCH = frozenset({LOGS, ECS})


class Toolbox:
    """One target and its clients; each is made once, at its first use."""

    def __init__(self, target: Target) -> None:
        self.target = target

    @cached_property
    def probe_key(self) -> str:
        """The key that signs requests to the probe."""
        return aws.probe_key(self.target)

    @cached_property
    def ecs(self) -> Any:
        """A boto3 client of ECS."""
        self.need(ECS)
        return aws.aws(self.target.access, "ecs")

    @cached_property
    def elbv2(self) -> Any:
        """A boto3 client of the load balancer's API."""
        self.need(ELB)
        return aws.aws(self.target.access, "elbv2")

    @cached_property
    def containers(self) -> Containers:
        """The containers of the run."""
        self.need(CONTAINERS)
        return Containers(self.target.access)

    @cached_property
    def commands(self) -> Commands:
        """Commands in tasks: the engine's where it is ours, else through ECS Exec."""
        self.need(EXEC)
        if CONTAINERS in self.target.capabilities:
            return self.containers
        target = self.target
        return EcsExec(self.ecs, access=target.access, differences=target.differences)

    @cached_property
    def task_logs(self) -> LogReader:
        """The logs of the tasks: the engine's where it is ours, else those in CloudWatch Logs."""
        self.need(LOGS)
        if CONTAINERS in self.target.capabilities:
            return self.containers
        return self._cloudwatch

    @cached_property
    def mailbox(self) -> Mailbox:
        """The mails that were sent: whole in the emulator that is ours, else as events of SES.

        On AWS a receipt rule keeps their texts, where there is one.
        """
        self.need(MAIL)
        access = self.target.access
        if CONTAINERS in self.target.capabilities:
            return EmulatorMailbox(access)
        bucket = None
        if access.mail_receipt:
            s3 = aws.aws(access, "s3")
            bucket = MailBucket(access.mail_receipt, region=access.region, s3=s3)
        return MailEvents(access, sqs=aws.aws(access, "sqs"), bucket=bucket)

    @cached_property
    def _cloudwatch(self) -> TaskLogs:
        access = self.target.access
        return TaskLogs(access, ecs=self.ecs, logs=aws.aws(access, "logs"))

    @cached_property
    def looked_into(self) -> dict[str, Any]:
        """Boto3 clients for evidence, by service, where the target has them."""
        services = {"secretsmanager": SECRETS, "sqs": QUEUE}
        return {
            name: aws.aws(self.target.access, name)
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

    def wait_until_steady(self, *, at_once: bool = False) -> None:
        """Wait until every wanted web task is healthy, and the edge passes visitors to them.

        In an account that is only observed, no scenario has replaced a task before: the wait is
        short.

        Args:
            at_once: Look once, instead of waiting.

        Raises:
            DeadlinePassed: It did not come about; the reason is the last state seen.
        """
        import requests

        if self.web is None:
            return
        short_s = 0.0 if at_once else self.target.differences.eventual_timeout_s
        is_changed = CHANGE in self.target.capabilities
        self.web.wait_until_steady(within_s=None if is_changed and not at_once else short_s)
        session = http.web(self.target.access)

        def probe() -> Ready | NotYet:
            # Health is known a moment before the load balancer acts on it. Its own 503 carries its
            # name; an app in maintenance answers 503, too, and is a scenario's business.
            try:
                answer = session.get(self.target.access.public_url, timeout=_VISIT_TIMEOUT_S)
            except requests.RequestException as error:
                return NotYet(f"a visitor gets no answer: {error}")
            no_target = answer.status_code == 503 and http.is_load_balancers_own(answer)
            return NotYet("the load balancer still answers 503") if no_target else Ready()

        with session:
            wait_until(probe, deadline=Deadline(short_s))

    def evidence(self, scope: Scope) -> Evidence:
        """Collect the evidence of a failure, as far as this target shows it."""
        able = CONTAINERS in self.target.capabilities
        try:
            containers = self.containers if able else None
        except Exception as error:  # noqa: BLE001 - the failure itself must still be reported
            return Evidence((("containers", f"could not be read: {error}"),))
        sources = EvidenceSources(
            self.target.access,
            scope=scope,
            web=self.web,
            containers=containers,
            task_logs=None if able or self.target.lacks(_CLOUDWATCH) else self._cloudwatch,
            visitor=None if self.target.lacks(frozenset({HTTP, PROBE})) else self.new_visitor(),
            clients=self.looked_into,
        )
        return collect(COLLECTORS, sources=sources)

    def new_visitor(self) -> Browser:
        """Make a visitor with an empty cookie jar."""
        access = self.target.access
        return Browser(http.web(access), access=access, probe_key=lambda: self.probe_key)

    def history(self, *, since: datetime) -> History:
        """Read the stack's history since then, as far as this target shows it."""
        able = self.target.capabilities
        try:
            sources = history_reader.Sources(
                self.target.access,
                web=self.web,
                containers=self.containers if CONTAINERS in able else None,
                app_ticks=self._app_ticks if {PROBE, SCHEDULE} <= able else None,
            )
        except Exception as error:  # noqa: BLE001 - a report is written in any case
            return History(unread=(str(error),))
        return history_reader.read(sources, since=since)

    def _app_ticks(self, since: datetime) -> list[dict[str, Any]]:
        ticks: list[dict[str, Any]] = []

        def probe() -> Ready | NotYet:
            # The last scenario may have left the web tasks in the middle of a replacement.
            try:
                ticks[:] = self.new_visitor().probe.ticks(since=since)
            except (AssertionError, OSError) as error:
                return NotYet(str(error))
            return Ready()

        wait_until(
            probe, deadline=Deadline(self.target.differences.eventual_timeout_s), interval_s=0.5
        )
        return ticks

    def need(self, capability: str) -> None:
        """Require a capability of the target.

        Raises:
            CapabilityMissing: It cannot, and the scenario did not say that it needs it.
        """
        if capability not in self.target.capabilities:
            raise CapabilityMissing(
                f"The target {self.target.name} lacks the capability {capability}.",
                hint=f'Mark the scenario with @pytest.mark.requires("{capability}").',
            )
