"""Turns a rule's ticks into tasks, as EventBridge does with an ECS target.

Here the rule's target is a queue; each message in it is one tick, and becomes one RunTask with the
parameters and overrides of the target on AWS. A tick leaves the queue when RunTask was accepted. A
refused one is tried again until it is too old or was tried too often: then it is dropped, as there.
What becomes of the task is the task's own affair, as there.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.awsfiles import run_task_input
from harness.ecs.protocol import ApiError
from harness.ecs.settings import Ticks as Settings

log = logging.getLogger(__name__)

LONG_POLL_S = 10
_AGAIN_S = 1.0
_MOST = 10
_STARTED_BY_LENGTH = 36
_DAY_S = 86400
_RETRIES = 185


class Ticks:
    """Reads one rule's ticks and runs its task for each."""

    def __init__(
        self,
        settings: Settings,
        *,
        sqs: Callable[[], Any],
        run_task: Callable[[dict[str, Any]], dict[str, Any]],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sqs = sqs
        self._run_task = run_task
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
        rule, policy = self._settings.rule, self._settings.target.get("RetryPolicy", {})
        try:
            event = json.loads(message["Body"])
            at = datetime.fromisoformat(event["time"]).timestamp()
        except (ValueError, KeyError, TypeError):
            log.warning("rule %s: dropped what is no event: %.200s", rule, message["Body"])
            return True
        tick, age_s = event.get("id", ""), self._now() - at
        tries = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
        if age_s > policy.get("MaximumEventAgeInSeconds", _DAY_S):
            log.warning("rule %s: dropped tick %s: it is %.0f s old", rule, tick, age_s)
            return True
        if tries > policy.get("MaximumRetryAttempts", _RETRIES) + 1:
            log.warning("rule %s: dropped tick %s: refused %d times", rule, tick, tries - 1)
            return True
        try:
            tasks = self._run_task(request(self._settings))["tasks"]
        except ApiError as error:
            log.warning("rule %s: tick %s: RunTask: %s: %s", rule, tick, error.code, error.message)
            return False
        except Exception:
            log.exception("rule %s: tick %s", rule, tick)
            return False
        arns = ", ".join(task["taskArn"] for task in tasks)
        log.info("rule %s: tick %s of %s started %s", rule, tick, event["time"], arns)
        return True


def request(settings: Settings) -> dict[str, Any]:
    """Return the RunTask input of one tick."""
    started_by = f"events-rule/{settings.rule}"[:_STARTED_BY_LENGTH]
    return {**run_task_input(settings.target), "startedBy": started_by}
