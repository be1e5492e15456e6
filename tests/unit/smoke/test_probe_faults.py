"""Faults that the probe sees, each named by one check; nothing is left behind."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from harness.core.redact import Secret
from harness.smoke.checks import probe as checks
from harness.smoke.result import Action, State
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_probe import run_of
from tests.unit.smoke.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.smoke.fake_probe import FakeProbe


def probe(edit: Callable[[FakeProbe], object]) -> Callable[[World], object]:
    return lambda world: edit(world.give_key())


def wrong_key(world: World) -> None:
    world.give_key()
    world.given(key=Secret("another-key-of-at-least-32-characters"))


FAULTS = [
    Fault(
        "another key",
        wrong_key,
        "probe",
        "whoami answered 401",
        "is not the secret's current value",
    ),
    Fault(
        "no ECS task answers",
        probe(lambda fake: setattr(fake, "tasks", itertools.repeat(None))),
        "probe",
        "task None, https://shop.example",
        "the address leads to the old host",
    ),
    Fault(
        "proxies are not trusted",
        probe(lambda fake: fake.whoami.update(secure=False, scheme="http")),
        "probe",
        "http://shop.example",
        "trust the load balancer's headers",
    ),
    Fault(
        "debug mode in one setting",
        probe(lambda fake: fake.facts.update(debug=True)),
        "settings",
        "APP_ENV production, APP_DEBUG true",
        "set APP_ENV=production and APP_DEBUG=false",
        Action.ROLL_BACK,
    ),
    Fault(
        "sessions of one task",
        probe(lambda fake: setattr(fake, "sessions_are_kept", False)),
        "session over tasks",
        "3 of 6 answers of 2 tasks have the value",
        "visitors are signed out between two pages",
        Action.ROLL_BACK,
    ),
    Fault(
        "files of one task",
        probe(lambda fake: setattr(fake, "files_are_shared", False)),
        "file over tasks",
        "3 of 6 answers of 2 tasks have the file, on disk s3",
        "FILESYSTEM_DISK must be s3",
        Action.ROLL_BACK,
    ),
    Fault(
        "a stale scheduled run",
        probe(lambda fake: setattr(fake, "ticks", [run_of("cccc", seconds=900)])),
        "last scheduled run",
        " s ago",
        "enable the EventBridge rule",
    ),
    Fault(
        "no scheduled run",
        probe(lambda fake: setattr(fake, "ticks", [])),
        "last scheduled run",
        "none",
        "enable the EventBridge rule",
    ),
    Fault(
        "no worker",
        probe(lambda fake: setattr(fake, "works", False)),
        "queue age",
        "waits for more than 0 s",
        "look at the worker service's tasks and logs",
    ),
    Fault(
        "the old host's cron",
        probe(lambda fake: fake.ticks.append(run_of(None))),
        "work outside ecs",
        "outside of ECS: cron ran 1 times",
        "stop its cron and its queue workers",
    ),
    Fault(
        "the old host's queue worker",
        probe(lambda fake: fake.runs.append(run_of(None))),
        "work outside ecs",
        "outside of ECS: queue worker ran 1 times",
        "mails and jobs run twice",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_that_the_probe_sees_is_named(
    world: World, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LONGEST_WAIT_S", 0.0)
    fault.require(world, "old host", "probe")
    assert world.app.probe is not None
    assert world.app.probe.files == {}
    assert world.app.probe.jobs == set()


def test_with_a_key_every_check_runs(world: World) -> None:
    fake = world.give_key()
    world.given(mail_to="operator@shop.example")
    report = world.report()
    assert states(report, State.RED, State.WARNING, State.NOT_RUN) == {}
    assert result(report, "session over tasks").value == "6 of 6 answers of 2 tasks have the value"
    assert result(report, "queue age").value.startswith("a job waited 1.")
    assert (fake.files, fake.jobs) == ({}, set())
    assert [mail["to"] for mail in fake.mails] == ["operator@shop.example"]


def test_a_mail_that_is_refused_is_named(world: World) -> None:
    world.give_key().mail_error = "Email address is not verified"
    world.given(mail_to="operator@shop.example")
    report = world.report()
    assert "Email address is not verified" in result(report, "mail").value
    assert "look at SES (identity, sandbox, sending limits)" in result(report, "mail").meaning


def test_no_signed_request_goes_to_an_untrusted_host(world: World) -> None:
    world.give_key()
    world.web.tls = world.issuer.context("other.example")
    report = world.report()
    assert "a certificate that browsers accept" in result(report, "probe").value
    signed = [r for r in world.web.requests if "X-Probe-Signature" in r.headers]
    assert signed == []


def test_without_a_key_nothing_is_written(world: World) -> None:
    world.report()
    written = [r for r in world.web.requests if r.method != "GET"]
    assert [(r.method, r.path) for r in written] == 2 * [("POST", "/login")]
    assert [parse_qs(r.body.decode()).keys() for r in written] == [set(), {"_token"}]
