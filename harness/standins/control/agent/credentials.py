"""Task role credentials, as a Fargate task fetches them from 169.254.170.2."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from harness.standins.control.state.model import Task
from harness.standins.control.state.state import State

log = logging.getLogger(__name__)

PATH = "/v2/credentials/"
LIFETIME_S = 3600
REFRESH_BEFORE = timedelta(minutes=15)
"""SDKs ask again from 15 minutes before the end on, so new ones must last longer."""


class Sts(Protocol):
    """The one call that is used of STS's client."""

    def assume_role(self, **kwargs: Any) -> Mapping[str, Any]:
        """Return Credentials and more."""


@dataclass(frozen=True)
class _Held:
    body: dict[str, str]
    expires: datetime


class Credentials:
    """Keeps one set of credentials per task, in memory only, and renews it before it ends."""

    def __init__(
        self,
        state: State,
        *,
        sts: Callable[[], Sts],
        role_of: Callable[[Task], str],
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self._state = state
        self._sts = sts
        self._role_of = role_of
        self._now = now
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def answer(self, task_id: str, *, path: str) -> tuple[int, str, bytes]:
        """Answer GET /v2/credentials/<id> of one task; another task's id is unknown to it."""
        with self._state.lock():
            task = self._state.tasks.get(task_id)
            credentials_id = task.credentials_id if task else ""
        if task is None or not credentials_id or path.removeprefix(PATH) != credentials_id:
            return _error(400, code="InvalidIdInRequest", message="Credentials not found")
        try:
            body = self._current(task)
        except (BotoCoreError, ClientError) as error:
            log.warning("task %s: credentials: %s", task_id, error)
            return _error(500, code="InternalServerError", message="Unable to assume the task role")
        return 200, "application/json", json.dumps(body).encode()

    def forget(self, task_id: str) -> None:
        """Drop a stopped task's credentials."""
        with self._lock:
            self._held.pop(task_id, None)

    def _current(self, task: Task) -> dict[str, str]:
        with self._lock:
            held = self._held.get(task.id)
        if held is not None and held.expires - self._now() > REFRESH_BEFORE:
            return held.body
        role = self._role_of(task)
        answer = self._sts().assume_role(
            RoleArn=role, RoleSessionName=task.id, DurationSeconds=LIFETIME_S
        )["Credentials"]
        body = {
            "RoleArn": role,
            "AccessKeyId": answer["AccessKeyId"],
            "SecretAccessKey": answer["SecretAccessKey"],
            "Token": answer["SessionToken"],
            "Expiration": answer["Expiration"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        with self._lock:
            self._held[task.id] = _Held(body=body, expires=answer["Expiration"])
        return body


def _error(status: int, *, code: str, message: str) -> tuple[int, str, bytes]:
    body = {"code": code, "message": f"CredentialsV2Request: {message}", "HTTPErrorCode": status}
    return status, "application/json", json.dumps(body).encode()
