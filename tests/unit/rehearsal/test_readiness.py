"""The services that must be at work, and the errors when one is not, or nobody is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.core.errors import ProvisionError
from harness.inputs import production
from harness.inputs.production import Production
from harness.rehearsal import readiness
from harness.target.access import Access

ROOT = Path(__file__).resolve().parents[3]
WORK = ["php", "artisan", "queue:work"]


@pytest.fixture(scope="module")
def reference() -> Production:
    return production.load({}, cwd=ROOT)


def changed(given: Production, **container: Any) -> Production:
    """Change the container of the worker's task definition; None drops a field."""
    worker = given.services["worker"]
    raw = dict(worker.definition.raw)
    (first,) = raw["containerDefinitions"]
    fields = {key: value for key, value in {**first, **container}.items() if value is not None}
    definition = TaskDefinition({**raw, "containerDefinitions": [fields]})
    services = {**given.services, "worker": replace(worker, definition=definition)}
    return replace(given, services=services)


def connection(name: str | None) -> list[dict[str, str]]:
    return [{"name": "QUEUE_CONNECTION", "value": name}] if name else []


@pytest.mark.parametrize(
    ("command", "queue", "must"),
    [
        ([*WORK, "sqs", "--tries=3"], None, True),
        (["sh", "-c", "exec php artisan queue:work sqs"], None, True),
        (WORK, "sqs", True),
        (WORK, "redis", False),
        ([*WORK, "redis"], "sqs", False),
        (["php", "artisan", "horizon"], "redis", False),
        (["/usr/local/bin/start-worker"], "sqs", False),
        (None, "sqs", True),
        (None, "redis", False),
    ],
)
def test_a_worker_on_sqs_must_ask_for_jobs(
    reference: Production, command: list[str] | None, queue: str | None, *, must: bool
) -> None:
    app = changed(reference, command=command, environment=connection(queue))
    assert readiness.must_ask_for_jobs(app, "worker") is must
    assert not readiness.must_ask_for_jobs(app, "web")


def test_without_a_queue_nobody_must_ask_it(reference: Production) -> None:
    assert not readiness.must_ask_for_jobs(replace(reference, resources={}), "worker")


def test_a_lost_command_is_named(reference: Production) -> None:
    lost = changed(reference, command=None)
    assert "tickets-worker has no command" in readiness.lost_command(lost, "worker")
    assert not readiness.lost_command(reference, "worker")
    assert not readiness.lost_command(changed(lost, entryPoint=["work"]), "worker")


def test_a_refusal_to_start_the_scheduled_task_is_explained(
    reference: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/tickets-schedule-rule/0 is not"
        " authorized to perform: ecs:RunTask on resource: arn:aws:ecs:y because no policy allows it"
    )
    target = "harness.stack.components.control.scheduled_run_refusal"
    monkeypatch.setattr(target, lambda _url, **_: words)
    monkeypatch.setattr("harness.target.resources.secret_references.read", lambda *_, **__: ())
    assert reference.schedule is not None
    access = Access(public_url="https://a.example", emulator="http://127.0.0.1:1")
    with pytest.raises(ProvisionError, match="its role tickets-schedule-rule lacks ecs:RunTask"):
        readiness.require_scheduled_run(access, reference.schedule)
    monkeypatch.setattr(target, lambda _url, **_: "")
    readiness.require_scheduled_run(access, reference.schedule)


class _Balancer:
    """A session to a load balancer that has only its own answers."""

    def __enter__(self) -> _Balancer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(
            status_code=504,
            headers={"Server": "awselb/2.0"},
            text="<center><h1>504 Gateway Time-out</h1></center>",
            is_redirect=False,
            request=SimpleNamespace(url="https://a.example/"),
        )


def test_the_load_balancers_own_answer_is_the_symptom_of_the_web_services_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.target.clients.http.web", lambda _access: _Balancer())
    monkeypatch.setattr(readiness, "_ANSWERED_WITHIN_S", 0.0)

    def failure(what: str, *, state: str, symptom: str) -> ProvisionError:
        return ProvisionError(f"{what}: {symptom}", last_answer=state)

    access = Access(public_url="https://a.example", emulator="")
    with pytest.raises(ProvisionError, match="answers no visitor: the app takes longer") as raised:
        readiness.await_answer(access, check=lambda: None, failure=failure)
    assert "the load balancer itself answers 504" in str(raised.value)


class _Visitor:
    """A session to a page that gives a form token; it may be another visitor's."""

    def __init__(self, tokens: Iterator[str]) -> None:
        self._tokens = tokens

    def __enter__(self) -> _Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(
            status_code=200,
            headers={},
            text="",
            is_redirect=False,
            cookies={"XSRF-TOKEN": next(self._tokens), "locale": "en"},
        )


@pytest.mark.parametrize("is_shared", [True, False])
def test_new_visitors_have_sessions_of_their_own(
    monkeypatch: pytest.MonkeyPatch, is_shared: bool
) -> None:
    tokens = map(str, repeat(1) if is_shared else count())
    monkeypatch.setattr("harness.target.clients.http.web", lambda _access: _Visitor(tokens))
    access = Access(public_url="https://a.example", emulator="")
    wait = partial(readiness.await_answer, access, check=lambda: None, failure=ProvisionError)
    if not is_shared:
        wait()
        return
    with pytest.raises(ProvisionError, match="a shared cache answers a visitor with another's"):
        wait()
