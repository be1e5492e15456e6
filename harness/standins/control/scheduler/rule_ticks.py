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
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.aws.eventbridge import run_task_input
from harness.standins.control.state.settings import Ticks as Settings
from harness.standins.control.wire.protocol import ApiError

log = logging.getLogger(__name__)

LONG_POLL_S = 10
_AGAIN_S = 1.0
_MOST = 10
STARTED_BY_LENGTH = 36
_DAY_S = 86400
_RETRIES = 185


class Ticks:
    """Reads one rule's ticks and runs its task for each."""

    def __init__(
        self,
        settings: Settings,
        *,
        sqs: Callable[[], Any],
        events: Callable[[], Any],
        run_task: Callable[[dict[str, Any]], dict[str, Any]],
        why_not: Callable[[Mapping[str, Any]], str] = lambda _target: "",
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sqs = sqs
        self._events = events
        self._run_task = run_task
        self._lacks_right = why_not
        """Says what the rule's role lacks for a target, in AWS's words."""
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
        tick = f"tick {event.get('id', '')} of {event['time']}"
        tries = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
        why_not = self._why_not(age_s=self._now() - at, tries=tries)
        if why_not:
            log.warning("rule %s: dropped %s: %s", rule, tick, why_not)
            return True
        refused = self._lacks_right(self._settings.target)
        if refused:
            log.warning("rule %s: %s: RunTask: %s", rule, tick, refused)
            return False
        try:
            tasks = self._run_task(request(self._settings))["tasks"]
        except ApiError as error:
            log.warning("rule %s: %s: RunTask: %s: %s", rule, tick, error.code, error.message)
            return False
        except Exception:
            log.exception("rule %s: %s", rule, tick)
            return False
        arns = ", ".join(task["taskArn"] for task in tasks)
        log.info("rule %s: %s started %s", rule, tick, arns)
        return True

    def _why_not(self, *, age_s: float, tries: int) -> str:
        """Say why EventBridge would not, or no longer, run the task for a tick."""
        policy = self._settings.target.get("RetryPolicy", {})
        if age_s > policy.get("MaximumEventAgeInSeconds", _DAY_S):
            return f"it is {age_s:.0f} s old"
        if tries > policy.get("MaximumRetryAttempts", _RETRIES) + 1:
            return f"RunTask was refused {tries - 1} times"
        state = self._events().describe_rule(Name=self._settings.rule)["State"]
        return "the rule is disabled" if state == "DISABLED" else ""


def request(settings: Settings) -> dict[str, Any]:
    """Return the RunTask input of one tick."""
    started_by = f"events-rule/{settings.rule}"[:STARTED_BY_LENGTH]
    return {**run_task_input(settings.target), "startedBy": started_by}
