"""The rehearsed DNS switch, with a made-up app as the new host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from harness.core.expectation import ExpectationError
from harness.smoke.checks.dns import NEW, OLD
from harness.target.access import Access
from harness.target.clients.published_port import PublishedPort
from scenarios import test_cutover as cutover
from scenarios.test_cutover import Switch, expect_kept_sessions, stand_ins
from tests.unit.smoke.fake_app import FakeApp
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Authority, Host, Request, serve


@dataclass
class Rehearsed:
    """A switch between the old host and a made-up app, which the old host passes on to."""

    switch: Switch
    app: FakeApp
    new: Host


@pytest.fixture
def rehearsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsed]:
    monkeypatch.setattr(cutover, "EVERY_S", 0.02)
    folder = tmp_path / "old"
    folder.mkdir()
    issuer = Authority(tmp_path)
    app = FakeApp()
    with ExitStack() as stack:
        new = stack.enter_context(serve(Host(app, tls=issuer.context())))
        address = f"127.0.0.1:{new.port}"
        access = Access(public_url=f"https://{HOST}", https=address, ca_file=str(issuer.file))

        def web() -> requests.Session:
            session = requests.Session()
            session.trust_env = False
            session.verify = str(issuer.file)
            session.mount("https://", PublishedPort(address))
            return session

        switch = stack.enter_context(
            stand_ins(access, web=web, sign_in_page="/login", folder=folder)
        )
        yield Rehearsed(switch, app, new)


def test_a_switch_forth_and_back_keeps_the_sessions(rehearsed: Rehearsed) -> None:
    switch = rehearsed.switch
    forth, samples = switch.watch(until=NEW)
    expect_kept_sessions(forth, samples)
    assert forth.is_green
    assert {sample.session for sample in samples} == {"kept"}
    assert forth.first_new is not None
    assert forth.last_old is not None
    assert forth.first_new < forth.last_old, "half of the resolvers lead to the new host first"
    expect_kept_sessions(*switch.watch(until=OLD))


def test_an_app_that_loses_sessions_is_red(rehearsed: Rehearsed) -> None:
    def forget(request: Request) -> Answer:
        rehearsed.app.sessions.clear()
        return rehearsed.app.sign_in(request)

    rehearsed.app.overrides["/login"] = forget
    with pytest.raises(ExpectationError, match="looks at the session found another one"):
        expect_kept_sessions(*rehearsed.switch.watch(until=NEW))


def test_an_error_during_the_switch_is_red(
    rehearsed: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutover, "WITHIN_S", 1.0)  # it would wait for the end of the errors
    rehearsed.app.overrides["/healthz"] = (503, [], b"")
    with pytest.raises(
        ExpectationError, match=r"visitors met errors during the switch: \d+ x HTTP"
    ):
        expect_kept_sessions(*rehearsed.switch.watch(until=NEW))


def test_an_app_without_a_token_is_not_covered(rehearsed: Rehearsed) -> None:
    rehearsed.app.overrides["/login"] = (200, [], b"<div id=app></div>")
    with pytest.raises(pytest.skip.Exception, match="the sign-in form shows no token"):
        expect_kept_sessions(*rehearsed.switch.watch(until=NEW))


def test_half_of_a_switch_is_red_for_smoke_and_all_of_it_green(rehearsed: Rehearsed) -> None:
    cutover.test_half_of_a_dns_switch_is_seen_by_smoke(rehearsed.switch)
