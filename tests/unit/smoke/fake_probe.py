"""The app's probe on two tasks: signed requests, and a test's faults behind them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from harness.target.clients.probe import PREFIX, sign
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Request

__all__ = ["KEY", "PREFIX", "FakeProbe"]

KEY = "probe-key-of-at-least-32-characters"


def ago(seconds: float) -> str:
    """Return a time as the probe writes it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def run_of(task: str | None, *, seconds: float = 20) -> dict[str, Any]:
    """Return a run of the scheduler or of a job."""
    return {
        "name": "schedule:run",
        "task": task,
        "started_at": ago(seconds),
        "outcome": "succeeded",
    }


@dataclass
class FakeProbe:
    """The probe's answers, by the first word of their path."""

    tasks: Iterator[str | None] = field(default_factory=lambda: itertools.cycle(("aaaa", "bbbb")))
    whoami: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    ticks: list[dict[str, Any]] = field(default_factory=lambda: [run_of("cccc")])
    runs: list[dict[str, Any]] = field(default_factory=lambda: [run_of("dddd")])
    sessions_are_kept: bool = True
    files_are_shared: bool = True
    mail_error: str = ""
    mails: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    value: str = ""
    works: bool = True
    jobs: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Answer:
        path = request.path
        headers = {name.lower(): value for name, value in request.headers.items()}
        # As Laravel takes the method.
        request = replace(request, method=headers.get("x-http-method-override", request.method))
        proof = sign(
            KEY,
            request=(request.method, path, request.body),
            timestamp=headers.get("x-probe-timestamp", ""),
            nonce=headers.get("x-probe-nonce", ""),
        )
        if proof["X-Probe-Signature"] != headers.get("x-probe-signature"):
            return self.answer({"error": "refused", "reason": "signature"}, status=401)
        word, _, name = urlsplit(path).path.removeprefix(f"{PREFIX}/").partition("/")
        task = next(self.tasks)
        if word == "files":
            return self.file(request, name, task)
        return getattr(self, f"_{word}")(request, task)  # type: ignore[no-any-return]

    def answer(self, content: dict[str, Any], *, status: int = 200) -> Answer:
        return status, [("Content-Type", "application/json")], json.dumps(content).encode()

    def _whoami(self, _request: Request, task: str | None) -> Answer:
        identity = {"task": task, "secure": True, "scheme": "https", "host": HOST}
        return self.answer({**identity, **self.whoami})

    def _facts(self, _request: Request, task: str | None) -> Answer:
        facts = {"task": task, "environment": "production", "debug": False}
        return self.answer({**facts, **self.facts})

    def _session(self, request: Request, task: str | None) -> Answer:
        if request.method == "PUT":
            self.value = json.loads(request.body)["value"]
            return self.answer({"task": task})
        is_known = self.sessions_are_kept or task == "aaaa"
        values = {"smoke": self.value} if is_known else {}
        return self.answer({"task": task, "driver": "database", "values": values})

    def _ticks(self, _request: Request, task: str | None) -> Answer:
        return self.answer({"task": task, "ticks": self.ticks})

    def _runs(self, _request: Request, task: str | None) -> Answer:
        return self.answer({"task": task, "runs": self.runs})

    def _jobs(self, request: Request, task: str | None) -> Answer:
        if request.method == "POST":
            self.jobs.add("j1")
            return self.answer({"task": task, "id": "j1"}, status=202)
        if request.method == "DELETE":
            self.jobs.remove("j1")
            return self.answer({"task": task, "deleted": True})
        runs = [{"task": "dddd", "started_at": ago(0.5)}] if self.works else []
        return self.answer({"task": task, "dispatched_at": ago(2), "runs": runs})

    def _mail(self, request: Request, task: str | None) -> Answer:
        if self.mail_error:
            return self.answer({"task": task, "error": self.mail_error}, status=502)
        self.mails.append(json.loads(request.body))
        return self.answer({"task": task, "id": "m1", "queued": False, "error": None})

    def file(self, request: Request, name: str, task: str | None) -> Answer:
        if request.method == "PUT":
            self.files[name] = request.body
            return self.answer({"task": task, "disk": "s3"})
        if request.method == "DELETE":
            del self.files[name]
            return self.answer({"task": task, "deleted": True})
        if not self.files_are_shared and task == "bbbb":
            return self.answer({"message": "There is no such file"}, status=404)
        return 200, [("X-Probe-Task", str(task))], self.files[name]
