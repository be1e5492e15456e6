"""The client of the app's probe: signed requests, and answers as values.

The endpoints are described in ``app/packages/cutover-probe``; nothing here knows a target.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from harness.core.expectation import SettingCause, StatusError
from harness.target.changes.ledger import DISPATCH_JOB, REMOVE_FILE, STORE_FILE, Entry
from harness.target.clients.http import STATUS_CAUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import requests

    from harness.target.changes.ledger import Ledger

PREFIX = "/_probe/v1"
_SHOWN = 400
_APP_FAILED = 502
"""The status with which the probe reports an error of the app."""
_UNAVAILABLE = 503
_MISSING = 404
_GOOD = (200, 202)
_AWAY = (503, 504)
"""The load balancer's answers without a target, and for one that is too slow for it."""


_PLAIN_METHODS = ("GET", "POST")
_OVERRIDE = "X-HTTP-Method-Override"
"""Laravel takes another method from it. Forms of a browser have GET and POST only, and so do some
load balancers and web servers."""
_DISKS_OF_ONE_TASK = ("local", "public")
_KEY = "CUTOVER_PROBE_KEY"
_CAUSES = {
    **STATUS_CAUSES,
    401: SettingCause(
        _KEY,
        "the probe refuses the harness: CUTOVER_PROBE_KEY in the task is not the secret's current"
        " value, or the clocks differ by more than a minute",
    ),
    404: SettingCause(
        _KEY,
        "the probe is off: the task has no CUTOVER_PROBE_KEY, or the app has not installed"
        " cutover-probe",
    ),
}


class ProbeRefused(StatusError):
    """The app did not answer a request of the probe with 200 and JSON."""

    def __init__(self, request: str, *, status: int, body: str) -> None:
        excerpt = " ".join(body.split())[:_SHOWN]
        report = _error_report(body) if status == _APP_FAILED else {}
        disk = disk_cause(report.get("disk", ""))
        super().__init__(
            f"{request} answered {status}, and should answer 200 and JSON: {excerpt}",
            status=status,
            cause=disk or _cause(status, body=body, reported=bool(report)),
            certain=bool(disk),
        )
        self.body = body
        self.is_gateways = status in _AWAY or (status == _APP_FAILED and not report)
        """Whether the load balancer answered, and not the app."""


def _error_report(body: str) -> dict[str, Any]:
    """Return the probe's own report of an error; empty if the body is none."""
    try:
        report = json.loads(body)
    except ValueError:
        return {}
    return report if isinstance(report, dict) and "error" in report else {}


def _cause(status: int, *, body: str, reported: bool) -> str:
    """Return the usual cause of a status; none where the probe reports the app's own error."""
    if reported:
        return ""
    if status == _UNAVAILABLE and "maintenance" in body.lower():
        return "the app is in maintenance: php artisan down was run"
    if status == _MISSING and body.strip() and _is_foreign(body):
        return (
            "the load balancer or the web server answers 404 before the app does: a listener's"
            " default action, or a rule or location that this path and method do not fit"
        )
    return _CAUSES.get(status, "")


def _is_foreign(body: str) -> bool:
    """Return whether an answer is a fixed text or nginx's own page: Laravel's are JSON or HTML."""
    return "<center>nginx" in body or not re.search(r"[<{]", body)


def disk_cause(disk: str) -> str:
    """Return why a default disk cannot serve several tasks; empty if it can."""
    if disk not in _DISKS_OF_ONE_TASK:
        return ""
    return SettingCause(
        "FILESYSTEM_DISK",
        f'FILESYSTEM_DISK is "{disk}", and must be s3: a file that one task stores there is missing'
        " for the others, and ends with the task",
    )


def answer_or_unavailable(
    question: Callable[[], Any], *, also_bad_gateway: bool = False
) -> list[Any] | str:
    """Return the answer in a list, or the refusal while the load balancer has no target for it.

    Args:
        question: Asks the app.
        also_bad_gateway: Whether a 502 of the load balancer, for a task that begins or ends, is
            such a refusal.

    Raises:
        ProbeRefused: The app itself refused the question.
    """
    try:
        return [question()]
    except ProbeRefused as refused:
        if refused.status not in _AWAY and not (also_bad_gateway and refused.is_gateways):
            raise
        return str(refused)


def sign(
    key: str, *, request: tuple[str, str, bytes], timestamp: str, nonce: str
) -> dict[str, str]:
    """Return the headers that prove a request (method, path, body) ours, and not sent before."""
    method, path, body = request
    parts = [method.upper(), path, hashlib.sha256(body).hexdigest(), timestamp, nonce]
    text = "\n".join(parts).encode()
    return {
        "X-Probe-Timestamp": timestamp,
        "X-Probe-Nonce": nonce,
        "X-Probe-Signature": hmac.new(key.encode(), text, hashlib.sha256).hexdigest(),
    }


@dataclass(frozen=True)
class SignedRequest:
    """A request with its proof, ready to be sent."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class ProbeClient:
    """Ask one app through one visitor's session; cookies are the session's."""

    def __init__(
        self,
        session: requests.Session,
        *,
        base_url: str,
        key: Callable[[], str],
        timeout_s: float = 30.0,
        ledger: Ledger | None = None,
        folder: str = "",
    ) -> None:
        """Take a visitor's session; a ledger, if there is one, gets each change first.

        ``base_url`` may have the path below which the app answers. ``folder`` is where the app may
        store files; it may everywhere without one.
        """
        self._session = session
        parts = urlsplit(base_url)
        self._base_url = f"{parts.scheme}://{parts.netloc}"
        self._prefix = f"{parts.path.rstrip('/')}{PREFIX}"
        self._key = key
        self._timeout_s = timeout_s
        self._ledger = ledger
        self._folder = folder

    def signed(
        self, method: str, path: str, *, payload: Any = None, headers: dict[str, str] | None = None
    ) -> SignedRequest:
        """Sign a request without sending it; one signature is good for one request.

        A payload of bytes is sent as it is, and anything else as JSON.
        """
        full = f"{self._prefix}/{path}"
        if payload is None:
            body = b""
        else:
            body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        proof = sign(
            self._key(),
            request=(method, full, body),
            timestamp=str(int(time.time())),
            nonce=secrets.token_hex(16),
        )
        kind = {"Content-Type": "application/json"} if payload is not None else {}
        if isinstance(payload, bytes):
            kind = {"Content-Type": "application/octet-stream"}
        every = {"Accept": "application/json", **kind, **proof, **(headers or {})}
        if method not in _PLAIN_METHODS:
            every[_OVERRIDE], method = method, "POST"
        return SignedRequest(method, full, body, every)

    def send_signed(
        self, request: SignedRequest, *, timeout_s: float | None = None
    ) -> requests.Response:
        """Send a signed request and return any answer; follow no redirect."""
        return self._session.request(
            request.method,
            self._base_url + request.path,
            data=request.body or None,
            headers=dict(request.headers),
            timeout=timeout_s or self._timeout_s,
            allow_redirects=False,
        )

    def ask(
        self, method: str, path: str, *, payload: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a signed request and return its JSON.

        Raises:
            ProbeRefused: The answer is not 200 or 202, or not a JSON object.
        """
        answer = self.send_signed(self.signed(method, path, payload=payload, headers=headers))
        request = f"{method} {self._prefix}/{path}"
        if answer.status_code not in _GOOD:
            raise ProbeRefused(request, status=answer.status_code, body=answer.text)
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ProbeRefused(request, status=answer.status_code, body=answer.text)
        return document

    def ticks(self, *, since: datetime) -> list[dict[str, Any]]:
        """Return the scheduler's runs since then: the command, and each of its entries."""
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        runs: list[dict[str, Any]] = self.ask("GET", f"ticks?since={stamp}")["ticks"]
        return runs

    def whoami(self, *, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Return which task answered, and how the app sees this request, beside its own host."""
        host = str(urlsplit(self._base_url).netloc)
        return {**self.ask("GET", "whoami", headers=headers), "asked_host": host}

    def put(self, name: str, value: str) -> dict[str, Any]:
        """Put a value into this visitor's session."""
        return self.ask("PUT", "session", payload={"key": name, "value": value})

    def session(self) -> dict[str, Any]:
        """Return this visitor's session as the answering task reads it."""
        return self.ask("GET", "session")

    def database(self) -> dict[str, Any]:
        """Return the facts of the answering task's database connection."""
        return self.ask("GET", "database")

    def facts(self) -> dict[str, Any]:
        """Return how the answering task is set up."""
        return self.ask("GET", "facts")

    def limiters(self) -> list[dict[str, Any]]:
        """Return the app's named rate limits, and whether each counts the load balancer."""
        limits: list[dict[str, Any]] = self.ask("GET", "limiters")["limiters"]
        return limits

    def report(self, name: str) -> Any:
        """Return a report that a command of the probe prints, too: code, configuration, schedule.

        Raises:
            ProbeRefused: With the status 404, the probe of the app is older than its reports.
        """
        return self.ask("GET", f"reports/{name}")["report"]

    def store(self, name: str, content: bytes) -> dict[str, Any]:
        """Store a file on the app's default disk."""
        self._note(STORE_FILE, name)
        return self.ask("PUT", self._file(name), payload=content)

    def read(self, name: str) -> requests.Response:
        """Ask for a file from the app's default disk; the task is in X-Probe-Task."""
        return self.send_signed(self.signed("GET", self._file(name)))

    def remove(self, name: str) -> dict[str, Any]:
        """Remove a file from the app's default disk."""
        answer = self.ask("DELETE", self._file(name))
        self._note(REMOVE_FILE, name)
        return answer

    def dispatch(self, options: Mapping[str, Any]) -> str:
        """Dispatch a job with this behaviour; return its id."""
        job = str(self.ask("POST", "jobs", payload=dict(options))["id"])
        self._note(DISPATCH_JOB, job)
        return job

    def _file(self, path: str, **query: Any) -> str:
        """Return the probe's path of a file, below the folder where there is one."""
        below = {"below": self._folder} if self._folder else {}
        words = urlencode(query | below)
        return f"files/{path}?{words}" if words else f"files/{path}"

    def _note(self, operation: str, resource: str) -> None:
        if self._ledger is not None:
            self._ledger.append(Entry(operation, resource))

    def temporary_url(self, name: str, *, seconds: int) -> str:
        """Ask for an address at which everyone can read a file for a while."""
        return str(self.ask("GET", self._file(f"{name}/temporary-url", seconds=seconds))["url"])

    def temporary_upload_url(self, name: str, *, seconds: int) -> tuple[str, dict[str, str]]:
        """Ask for an address at which everyone can store a file, and the headers that go along."""
        self._note(STORE_FILE, name)
        answer = self.ask("GET", self._file(f"{name}/temporary-upload-url", seconds=seconds))
        headers = answer["headers"] or {}
        # PSR-7 has a list for each; a browser sets Host by itself.
        joined = {k: v if isinstance(v, str) else ", ".join(v) for k, v in headers.items()}
        return str(answer["url"]), {k: v for k, v in joined.items() if k.lower() != "host"}

    def slow(self, seconds: int, *, timeout_s: float) -> requests.Response:
        """Ask for an answer that takes this long."""
        return self.send_signed(self.signed("GET", f"slow?seconds={seconds}"), timeout_s=timeout_s)

    def set_health(self, healthy: bool) -> dict[str, Any]:
        """Make the health route of the task that answers fail, or work again."""
        return self.ask("PUT", "health", payload={"healthy": healthy})

    def log(self, sign: str, *, size: int = 0) -> dict[str, Any]:
        """Let the task that answers log an error that holds a sign, and is so long."""
        return self.ask("POST", "log", payload={"sign": sign, "size": size})

    def redirect(self) -> requests.Response:
        """Ask for a redirect to a named route of the app."""
        return self.send_signed(self.signed("GET", "redirect"))
