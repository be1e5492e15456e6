"""Faults of plain HTTP, headers and clock, each named by one check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from harness.smoke.result import Action, State
from harness.smoke.site import Route
from tests.unit.smoke.conftest import World, states
from tests.unit.smoke.fake_app import redirect
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer
from tests.unit.smoke.faults import Fault

PATH = "/cutover-smoke?from=http"


def plain(world: World, answer: Answer) -> None:
    world.plain.answer = lambda _request: answer


def without(world: World, *names: str) -> None:
    world.app.page_headers = [pair for pair in world.app.page_headers if pair[0] not in names]


def with_header(world: World, name: str, value: str) -> None:
    without(world, name)
    world.app.page_headers.append((name, value))


def skewed(world: World) -> None:
    late = format_datetime(datetime.now(UTC) - timedelta(seconds=90), usegmt=True)
    world.app.page_headers.append(("Date", late))


FAULTS = [
    Fault(
        "no redirect from port 80",
        lambda world: plain(world, (200, [], b"the site")),
        "redirect to https",
        "200 without a redirect",
        "let the listener on port 80 redirect to 443",
    ),
    Fault(
        "nobody listens on 80",
        lambda world: world.given(
            routes=(world.site.routes[0], Route(HOST, 80, "127.0.0.1", 1)),
        ),
        "redirect to https",
        "no answer: Connection refused",
        "add a listener on port 80",
    ),
    Fault(
        "a redirect to plain HTTP",
        lambda world: plain(world, redirect(f"http://{HOST}{PATH}")),
        "redirect to https",
        f"301 http://{HOST}{PATH}",
        "visitors go in a circle",
        Action.ROLL_BACK,
    ),
    Fault(
        "a redirect to another host",
        lambda world: plain(world, redirect(f"https://elsewhere.example{PATH}")),
        "redirect to https",
        f"301 https://elsewhere.example{PATH}",
        "visitors are sent to another host",
    ),
    Fault(
        "a redirect to another port",
        lambda world: plain(world, redirect(f"https://{HOST}:8443{PATH}")),
        "redirect to https",
        f"301 https://{HOST}:8443{PATH}",
        "visitors are sent to another port than 443",
    ),
    Fault(
        "a redirect that nobody can read",
        lambda world: plain(world, redirect("https://[shop/")),
        "redirect to https",
        "301 https://[shop/",
        "visitors are sent to another host",
    ),
    Fault(
        "no target behind port 80",
        lambda world: plain(world, (503, [], b"")),
        "redirect to https",
        "503",
        "let the listener on port 80 redirect by itself",
    ),
    Fault(
        "a redirect that loses the path",
        lambda world: plain(world, redirect(f"https://{HOST}/")),
        "redirect to https",
        f"301 https://{HOST}/",
        "links lose their path",
        state=State.WARNING,
    ),
    Fault(
        "a temporary redirect",
        lambda world: plain(world, redirect(f"https://{HOST}{PATH}", status=302)),
        "redirect to https",
        "302 ",
        "answer with HTTP_301",
        state=State.WARNING,
    ),
    Fault(
        "no HSTS",
        lambda world: without(world, "Strict-Transport-Security"),
        "strict transport security",
        "missing",
        "browsers try plain HTTP first",
        state=State.WARNING,
    ),
    Fault(
        "HSTS of five minutes",
        lambda world: with_header(world, "Strict-Transport-Security", "max-age=300"),
        "strict transport security",
        "max-age=300",
        "six months are usual",
        state=State.WARNING,
    ),
    Fault(
        "no nosniff",
        lambda world: without(world, "X-Content-Type-Options"),
        "security headers",
        "missing: X-Content-Type-Options",
        "add them in nginx or at the listener",
        state=State.WARNING,
    ),
    Fault(
        "PHP's version",
        lambda world: with_header(world, "X-Powered-By", "PHP/8.4.1"),
        "software versions",
        "X-Powered-By: PHP/8.4.1",
        "expose_php = Off",
        state=State.WARNING,
    ),
    Fault(
        "a page that browsers keep for a year",
        lambda world: with_header(world, "Cache-Control", "public, max-age=31536000"),
        "page caching",
        "kept for 365 days",
        "let nginx's expires",
        state=State.WARNING,
    ),
    Fault(
        "a page that a cache keeps since yesterday",
        lambda world: with_header(world, "Age", "90000"),
        "page caching",
        "the page is 25 h old",
        "empty it",
        state=State.WARNING,
    ),
    Fault(
        "a skewed clock",
        skewed,
        "clock",
        "s apart",
        "correct the clock of the host, or of this machine",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_http_is_named(world: World, fault: Fault) -> None:
    fault.require(world, "app", "http")


def test_a_redirect_to_the_bare_domain_is_fine(world: World) -> None:
    plain(world, redirect(f"https://www.{HOST}{PATH}"))
    assert states(world.report(), State.RED, State.WARNING) == {}


def test_the_load_balancers_own_name_is_fine(world: World) -> None:
    with_header(world, "Server", "awselb/2.0")
    assert states(world.report("app", "http"), State.RED, State.WARNING) == {}


def test_frame_ancestors_stand_for_the_older_header(world: World) -> None:
    without(world, "X-Frame-Options")
    with_header(world, "Content-Security-Policy", "frame-ancestors 'none'")
    assert states(world.report(), State.RED, State.WARNING) == {}


def test_every_request_names_the_run(world: World) -> None:
    report = world.report()
    agents = {request.headers["User-Agent"] for request in world.web.requests}
    assert agents == {f"cutover-smoke/{_version()} (run {report.run_id})"}


def _version() -> str:
    from harness import __version__

    return __version__


def test_the_budget_ends_the_requests(world: World) -> None:
    world.max_requests = 7
    report = world.report()
    skipped = report.of(State.NOT_RUN)
    left = {line.result.value for line in skipped if line.family in ("tls", "app", "http")}
    assert left == {"the budget of 7 requests is spent"}
    assert report.requests == 7
    assert len(world.web.requests) + len(world.plain.requests) <= 7
    assert not report.is_green(strict=False)


def test_a_date_without_a_zone_is_one_of_utc(world: World) -> None:
    date = format_datetime(datetime.now(UTC)).replace("+0000", "-0000")
    world.app.page_headers.append(("Date", date))
    assert states(world.report("app", "http"), State.RED, State.WARNING) == {}
