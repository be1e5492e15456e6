"""Turns a rule's ticks into tasks, as EventBridge does with an ECS target.

Here the rule's target is a queue; each message in it is one tick, and becomes one RunTask with the
parameters and overrides of the target on AWS. A tick leaves the queue when RunTask was accepted. A
refused one is tried again until it is too old or was tried too often: then it is dropped, as there.
What becomes of the task is the task's own affair, as there. The emulator ticks on when a rule is
disabled; such ticks are dropped here.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from harness.aws.eventbridge import run_task_input, started_by
from harness.standins.contract import RuleTarget, TickEvent
from harness.standins.control.wire import event_log
from harness.standins.control.wire.protocol import ApiError

log = logging.getLogger(__name__)

LONG_POLL_S = 10
_AGAIN_S = 1.0
_MOST = 10
_DAY_S = 86400
_RETRIES = 185


class Runner(Protocol):
    """RunTask."""

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start tasks, as RunTask does."""

    def refusal(self, request: dict[str, Any]) -> str:
        """Return why RunTask would not start a task, in AWS's words; nothing if it would."""


class Ticks:
    """Reads one rule's ticks and runs its task for each."""

    def __init__(
        self,
        settings: RuleTarget,
        *,
        sqs: Callable[[], Any],
        state: Callable[[], str],
        runner: Runner,
        denial: Callable[[Mapping[str, Any]], str] = lambda _target: "",
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sqs = sqs
        self._state = state
        """Returns the State of the rule or schedule."""
        self._runner = runner
        self._denial = denial
        """Returns the right that the rule's role lacks for a target, in AWS's words."""
        self._now = now
        self._url = ""

    def run(self) -> None:
        """Read ticks for ever; the queue may come, and the emulator may be away for a while."""
        pause, silent = threading.Event(), True
        while True:
            try:
                self.read()
                silent = False
            except (BotoCoreError, ClientError) as error:
                # Until the harness has made the queue, this is what is expected.
                if not silent:
                    log.warning("ticks of rule %s: %s; trying again", self._settings.rule, error)
                pause.wait(_AGAIN_S)

    def refusal(self) -> str:
        """Return why a tick would start no task, in AWS's words; nothing if it would."""
        return self._denial(self._settings.target) or self._runner.refusal(request(self._settings))

    def read(self) -> None:
        """Wait for ticks, and run the task for each that came."""
        sqs = self._sqs()
        if not self._url:
            self._url = sqs.get_queue_url(QueueName=self._settings.queue)["QueueUrl"]
        answer = sqs.receive_message(
            QueueUrl=self._url,
            WaitTimeSeconds=LONG_POLL_S,
            MaxNumberOfMessages=_MOST,
            AttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            if self._done(message):
                sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _done(self, message: Mapping[str, Any]) -> bool:
        """Handle one tick; returns whether it may leave the queue."""
        rule, body = self._settings.rule, message["Body"]
        try:
            event = json.loads(body)
            at = datetime.fromisoformat(event["time"]).timestamp()
        except (ValueError, KeyError, TypeError):
            log.warning("rule %s: dropped what is no event: %.200s", rule, body)
            return True
        tick = partial(
            TickEvent, at=self._now(), rule=rule, id=str(event.get("id", "")), due=event["time"]
        )
        tries = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
        if reason := self._drop_reason(age_s=self._now() - at, tries=tries):
            event_log.write(tick(outcome="dropped", reason=reason))
            return True
        if reason := self._denial(self._settings.target):
            event_log.write(tick(outcome="refused", reason=reason))
            return False
        try:
            tasks = self._runner.run(request(self._settings))["tasks"]
        except ApiError as error:
            event_log.write(tick(outcome="refused", reason=f"{error.code}: {error.message}"))
            return False
        except Exception as error:
            log.exception("rule %s: internal error", rule)
            event_log.write(tick(outcome="refused", reason=f"internal error: {error}"))
            return False
        event_log.write(
            tick(outcome="started", tasks=tuple(str(task["taskArn"]) for task in tasks))
        )
        return True

    def _drop_reason(self, *, age_s: float, tries: int) -> str:
        """Return why EventBridge would not, or no longer, run the task for a tick."""
        policy = self._settings.target.get("RetryPolicy", {})
        if age_s > policy.get("MaximumEventAgeInSeconds", _DAY_S):
            return f"it is {age_s:.0f} s old"
        if tries > policy.get("MaximumRetryAttempts", _RETRIES) + 1:
            return f"RunTask was refused {tries - 1} times"
        noun = "schedule" if self._settings.group else "rule"
        return f"the {noun} is disabled" if self._state() == "DISABLED" else ""


def request(settings: RuleTarget) -> dict[str, Any]:
    """Return the RunTask input of one tick."""
    name = started_by(settings.rule, of_scheduler=bool(settings.group))
    return {**run_task_input(settings.target), "startedBy": name}
