"""A site with two addresses, one of which has a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.smoke.result import Action, State
from harness.smoke.site import Route
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_app import FakeApp, redirect
from tests.unit.smoke.fake_dns import HOST, NEW
from tests.unit.smoke.fake_host import Host, Request, serve

SECOND = "127.0.0.3"


@pytest.fixture
def second(world: World) -> Iterator[Host]:
    """The second address, with the same app: both are in order."""
    other = Host(world.app, tls=world.web.tls)
    with serve(other, address=SECOND, port=world.web.port):
        origin = f"https://{HOST}:{world.web.port}"
        world.given(
            url=origin,
            routes=(Route(HOST, 80, NEW, world.plain.port),),
            expected=(NEW, SECOND),
        )
        for fake in (*world.resolvers, world.authority):
            fake.records[HOST, "A"] = (60, [NEW, SECOND])
        world.app.front = world.app.front.replace(f"https://{HOST}", origin)
        genuine = world.app.sign_in

        def sign_in(request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
            status, headers, body = genuine(request)
            return status, headers, body.replace(f"https://{HOST}".encode(), origin.encode())

        world.app.sign_in = sign_in  # type: ignore[method-assign]
        world.plain.answer = lambda request: redirect(origin + request.path)
        yield other


def without_target(_world: World, second: Host) -> None:
    second.answer = lambda _: (503, [], b"")


def another_page(_world: World, second: Host) -> None:
    second.answer = lambda _: (200, [("Content-Type", "text/html")], b"<title>Parked</title>")


def past_its_end(world: World, second: Host) -> None:
    second.tls = world.issuer.context(not_after=datetime.now(UTC) - timedelta(days=1))


def another_certificate(world: World, second: Host) -> None:
    second.tls = world.issuer.context("other.example")


def test_two_addresses_in_order_are_green(world: World, second: Host) -> None:
    report = world.report()
    assert states(report, State.RED, State.WARNING) == {}
    assert result(report, "every address").value == "2 of 2 addresses give the same page"
    assert "/login" in [request.path for request in second.requests]


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        (without_target, "503"),
        (another_page, "another page, 'Parked'"),
        (past_its_end, "certificate has expired"),
        (another_certificate, "certificate is not valid for 'shop.example'"),
    ],
)
def test_a_fault_of_one_address_is_named(
    world: World, second: Host, fault: Callable[[World, Host], None], value: str
) -> None:
    fault(world, second)
    report = world.report()
    assert list(states(report, State.RED, State.WARNING)) == ["every address"]
    outcome = result(report, "every address")
    assert outcome.value.startswith(f"{SECOND}:{world.web.port}: ")
    assert value in outcome.value
    assert outcome.action == Action.ROLL_BACK


def test_sessions_that_one_address_does_not_know_are_named(world: World, second: Host) -> None:
    second.answer = FakeApp(front=world.app.front)
    report = world.report("tls", "app", "session")
    assert list(states(report, State.RED)) == ["session lasts"]
    assert result(report, "session lasts").action == Action.ROLL_BACK
