"""A DNS switch, watched: forth, half, and back, with a session that both hosts share or not."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.main import program
from harness.core.wait import Clock
from harness.smoke import names, watch, watch_text
from harness.smoke.site import Route
from harness.smoke.watch import Sample, Summary, Watch
from tests.unit.smoke.fake_dns import HOST, NEW, OLD, FakeDns, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.unit.smoke.conftest import World
    from tests.unit.smoke.fake_host import Answer, Request

NOW = datetime(2026, 11, 27, 21, 4, 10, tzinfo=UTC)


class FakeTime:
    """Time that passes when it is slept through."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def switch(world: World) -> World:
    """The site before the switch: every resolver gives the old host, which serves."""
    world.old_app.overrides.clear()
    world.old_app.sessions = world.app.sessions
    world.given(
        routes=(
            Route(NEW, 443, NEW, world.web.port),
            Route(OLD, 443, OLD, world.old.port),
        )
    )
    point(OLD, *world.resolvers, ttl=300)
    return world


def point(address: str, *servers: FakeDns, ttl: int = 60) -> None:
    for fake in servers:
        fake.records = zone(address, ttl=ttl)


def run(
    world: World,
    *,
    until: str = "",
    for_s: float = 30.0,
    at: Mapping[int, Callable[[], object]] | None = None,
) -> tuple[Summary, list[Sample]]:
    """Watch, and let things happen after some samples."""
    time = FakeTime()
    events = at or {}
    work = Watch(
        world.examination(), until=until, for_s=for_s, clock=Clock(lambda: time.now, time.sleep)
    )

    def on_sample(_sample: Sample) -> None:
        events.get(len(work.samples), lambda: None)()

    return work.run(on_sample=on_sample), work.samples


def test_a_switch_is_seen_from_the_first_new_to_the_last_old_answer(switch: World) -> None:
    first, *others = switch.resolvers
    events = {3: lambda: point(NEW, first), 9: lambda: point(NEW, *others)}
    summary, samples = run(switch, until="new", at=events)
    assert [sample.host for sample in samples[:3]] == ["old"] * 3
    assert samples[4].resolvers == {
        "resolver-1": "new",
        "resolver-2": "old",
        "resolver-3": "old",
    }
    assert {sample.host for sample in samples[3:9]} == {"new", "old"}
    assert [sample.host for sample in samples[-5:]] == ["new"] * 5
    assert summary.first_new == samples[3].at
    assert summary.last_old == samples[8].at
    assert (summary.samples, summary.longest_ttl_s) == (14, 300)
    assert (summary.gap_s, summary.errors, summary.sessions_lost) == (0.0, {}, 0)
    assert summary.is_green


def test_a_session_that_the_new_host_does_not_know_is_lost_once(switch: World) -> None:
    switch.app.sessions = {}
    events = {7: lambda: point(NEW, *switch.resolvers)}
    summary, samples = run(switch, for_s=20, at=events)
    looks = [sample.session for sample in samples if sample.session]
    assert looks == ["kept", "kept", "lost", "kept", "kept"]
    assert summary.sessions_lost == 1
    assert not summary.is_green


def test_two_tasks_that_take_turns_cannot_hide_their_own_sessions(switch: World) -> None:
    genuine = switch.old_app.sign_in
    tasks: Iterator[dict[str, str]] = itertools.cycle(({}, {}))

    def sign_in(request: Request) -> Answer:
        switch.old_app.sessions = next(tasks)
        return genuine(request)

    switch.old_app.overrides["/login"] = sign_in
    summary, samples = run(switch, for_s=12)
    assert "kept" not in {sample.session for sample in samples}
    assert summary.sessions_lost == 3


def test_a_gap_and_its_errors_are_counted(switch: World) -> None:
    def sick() -> None:
        switch.app.overrides["/healthz"] = (503, [], b"")

    def switched() -> None:
        point(NEW, *switch.resolvers)
        sick()

    events = {5: switched, 9: switch.app.overrides.clear}
    summary, samples = run(switch, for_s=14, at=events)
    assert summary.errors == {"HTTP 503": 4}
    assert summary.gap_s == 4.0
    assert summary.first_new == samples[9].at
    assert not summary.is_green


def test_a_host_that_is_gone_is_an_error(switch: World) -> None:
    switch.given(routes=(switch.site.routes[0], Route(OLD, 443, OLD, 1)))
    summary, _ = run(switch, for_s=2)
    assert summary.errors == {"Connection refused": 3}
    assert summary.gap_s == 2.0
    assert (summary.first_new, summary.last_old) == (None, None)


def test_a_certificate_that_browsers_reject_is_an_error(switch: World) -> None:
    switch.old.tls = switch.issuer.context("other.example")
    summary, _ = run(switch, for_s=0)
    ((error, count),) = summary.errors.items()
    assert "certificate is not valid for 'shop.example'" in error
    assert count == 1


def test_a_name_without_address_is_an_error(switch: World) -> None:
    for fake in switch.resolvers:
        fake.records = {}
    summary, samples = run(switch, for_s=0)
    assert summary.errors == {"no address of shop.example": 1}
    assert set(samples[0].resolvers.values()) == {"NXDOMAIN"}


def test_the_way_back_is_watched_alike(switch: World) -> None:
    point(NEW, *switch.resolvers)
    events = {2: lambda: point(OLD, *switch.resolvers)}
    summary, samples = run(switch, until="old", at=events)
    assert [sample.host for sample in samples] == ["new"] * 2 + ["old"] * 5
    assert summary.is_green


def test_a_half_propagated_switch_is_not_complete(switch: World) -> None:
    point(NEW, *switch.resolvers[:2])
    summary, _ = run(switch, until="new", for_s=12)
    assert not summary.is_complete
    assert not summary.is_green
    text = watch_text.summary_text(summary)
    assert text.startswith("RED, the switch is not complete · 13 samples")


def test_with_a_key_the_task_is_known(switch: World) -> None:
    switch.give_key()
    point(NEW, *switch.resolvers)
    _, samples = run(switch, for_s=1)
    assert [sample.task for sample in samples] == ["aaaa", "bbbb"]


def test_an_interrupt_ends_with_the_summary(switch: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    summary, samples = run(switch, at={2: interrupt})
    assert summary.samples == len(samples) == 2


def test_the_lines_have_what_an_operator_reads() -> None:
    sample = Sample(
        at=NOW,
        since_s=3.0,
        resolvers={"a": "new", "b": "old"},
        ttl_s=60,
        host="new",
        status=200,
        error="",
        seconds=0.041,
        task="1f3c9a0b7d",
        session="kept",
    )
    assert watch_text.sample_text(sample) == (
        "21:04:10  dns 1/2 new  new answers  200 41 ms  task 1f3c9a0b  session kept"
    )
    failed = replace(sample, status=None, error="Connection refused", task="", session="")
    assert watch_text.sample_text(failed) == "21:04:10  dns 1/2 new  ERROR Connection refused"
    summary = Summary(60, NOW, NOW, 2.0, {"HTTP 503": 2}, 1, 300, is_complete=True)
    assert watch_text.summary_text(summary).splitlines() == [
        "RED · 60 samples",
        "  first answer of the new host  21:04:10 UTC",
        "  last answer of the old host   21:04:10 UTC",
        "  longest gap                   2 s",
        "  errors                        2 x HTTP 503",
        "  sessions lost                 1",
        "  longest TTL                   300 s",
    ]


def command(world: World, *words: str) -> list[str]:
    resolvers = [
        word for fake in world.resolvers for word in ("--resolver", f"127.0.0.1:{fake.port}")
    ]
    return [
        *("watch", f"https://{HOST}", *resolvers, "--old", OLD, "--expect", NEW),
        *("--connect-to", f"{OLD}:443:{OLD}:{world.old.port}"),
        *("--connect-to", f"{NEW}:443:{NEW}:{world.web.port}"),
        *("--ca-file", str(world.issuer.file), "--every", "0.01s", *words),
    ]


def test_the_command_ends_when_the_switch_is_complete(
    switch: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    point(NEW, *switch.resolvers)
    result = CliRunner().invoke(program, command(switch, "--until", "new"))
    assert result.exit_code == 0, result.output
    assert "GREEN · 5 samples" in result.output
    result = CliRunner().invoke(program, command(switch, "--until", "new", "--json"))
    *samples, last = [json.loads(line) for line in result.output.splitlines()]
    assert [sample["host"] for sample in samples] == ["new"] * 5
    assert last["summary"]["green"] is True
    assert last["summary"]["first_new"] == samples[0]["at"]
    result = CliRunner().invoke(program, command(switch, "--until", "old", "--for", "0.1s"))
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((f"https://{HOST}",), "nothing tells the old host from the new one"),
        (("https://127.0.0.1", "--old", OLD), "which no switch of DNS changes"),
        ((f"https://{HOST}", "--old", OLD, "--for", "ten"), '"ten" is no time'),
        ((f"https://{HOST}", "--old", OLD, "--for", "0s"), '"0s" is no time'),
    ],
)
def test_what_cannot_be_watched_is_a_usage_error(
    words: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(program, ["watch", *words])
    assert result.exit_code == 2
    assert text in result.stderr


def test_addresses_of_the_load_balancer_are_looked_up_again(
    switch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "REFRESH_EVERY", 2)
    alb = ("alb.example", "A")
    for fake in switch.resolvers:
        fake.records = {**zone(NEW), alb: (60, ["127.0.0.9"])}
    switch.given(expected=("alb.example",))

    def moved() -> None:
        for fake in switch.resolvers:
            fake.records[alb] = (60, [NEW])

    _, samples = run(switch, for_s=3, at={1: moved})
    assert [sample.host for sample in samples] == ["neither", "new", "new", "new"]


def sign_in_of_both(world: World, answer: Answer) -> None:
    for app in (world.app, world.old_app):
        app.overrides["/login"] = answer


def test_visitors_who_sign_in_elsewhere_meet_no_error(switch: World) -> None:
    sign_in_of_both(switch, (302, [("Location", "https://auth.example/login")], b""))
    summary, _ = run(switch, until="new", at={2: lambda: point(NEW, *switch.resolvers)})
    assert summary.is_green


def test_a_sign_in_page_that_fails_on_the_new_host_is_an_error(switch: World) -> None:
    switch.app.overrides["/login"] = (500, [], b"")
    summary, _ = run(switch, for_s=6, at={2: lambda: point(NEW, *switch.resolvers)})
    assert summary.errors == {"HTTP 500 at /login": 1}


def test_a_resolver_that_is_out_of_reach_is_left_out(
    switch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "query", partial(names.query, timeout_s=0.5))
    switch.resolvers[2].delay_s = 1.0
    events = {2: lambda: point(NEW, *switch.resolvers)}
    summary, samples = run(switch, until="new", at=events)
    assert summary.is_green
    assert samples[-1].resolvers == {"resolver-1": "new", "resolver-2": "new"}


def test_a_resolver_that_falls_silent_is_an_error(
    switch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "query", partial(names.query, timeout_s=0.5))
    summary, _ = run(switch, for_s=3, at={1: lambda: setattr(switch.resolvers[2], "delay_s", 1.0)})
    assert summary.errors == {"no address of shop.example": 1}


def test_no_resolver_in_reach_is_an_error(switch: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "query", partial(names.query, timeout_s=0.1))
    for resolver in switch.resolvers:
        resolver.delay_s = 0.3
    summary, _ = run(switch, for_s=0)
    assert summary.errors == {"no resolver can be reached from here": 1}


def test_another_health_route_of_the_new_host_is_no_error(switch: World) -> None:
    switch.old_app.overrides |= {"/healthz": (404, [], b""), "/up": (200, [], b"ok")}
    switch.app.overrides["/up"] = (403, [], b"")
    summary, samples = run(switch, until="new", at={2: lambda: point(NEW, *switch.resolvers)})
    assert summary.is_green
    assert samples[-1].status == 200


def test_a_server_without_the_app_is_an_error(switch: World) -> None:
    nginx = (200, [("Content-Type", "text/html")], b"<title>Welcome to nginx!</title>")
    switch.app.overrides |= dict.fromkeys(("/healthz", "/up", "/login"), (404, [], b""))
    switch.app.overrides["/"] = nginx
    summary, _ = run(switch, for_s=3, at={2: lambda: point(NEW, *switch.resolvers)})
    assert summary.errors == {"HTTP 200, with '<title>Welcome to nginx!'": 2}
