"""Faults of the app's pages, of exposed files, assets and sessions, each named by one check."""

from __future__ import annotations

import itertools
import json

import pytest

from harness.smoke.result import Action, State
from harness.smoke.site import Endpoint
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_app import COOKIE, CSS, FRONT, redirect
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Request
from tests.unit.smoke.faults import Fault

TRACE = {
    "message": "x",
    "exception": "Error",
    "file": "/var/www/vendor/laravel/framework/src/A.php",
}
LOGIN = f"https://{HOST}/login"


def answers(world: World, path: str, status: int, body: str, *headers: tuple[str, str]) -> None:
    world.app.overrides[path] = (status, list(headers), body.encode())


def front(world: World, html: str) -> None:
    world.app.front = FRONT.replace("<body>", f"<body>{html}")


def debug_page(world: World) -> None:
    genuine = world.app.missing

    def missing(request: Request) -> Answer:
        if "json" not in request.headers.get("Accept", ""):
            return genuine(request)
        return 404, [("Content-Type", "application/json")], json.dumps(TRACE).encode()

    world.app.missing = missing  # type: ignore[method-assign]


def sick_task(world: World) -> None:
    turns = itertools.cycle((True, True, False))

    def answer(_request: Request) -> Answer:
        page = (200, world.app.page_headers, FRONT.encode())
        return page if next(turns) else (500, [], b"Server Error")

    world.app.overrides["/"] = answer


def sessions_in_files(world: World) -> None:
    genuine = world.app.sign_in
    turns = itertools.cycle((True, False))

    def sign_in(request: Request) -> Answer:
        if request.method == "GET" and next(turns):
            world.app.sessions.clear()
        return genuine(request)

    world.app.sign_in = sign_in  # type: ignore[method-assign]


def health_with_session(world: World) -> None:
    answers(world, "/healthz", 200, "ok", ("Set-Cookie", f"{COOKIE}=1; path=/"))


def old_serves(world: World) -> None:
    world.old_app.overrides.clear()


FAULTS = [
    Fault(
        "the load balancer has no target",
        lambda world: answers(world, "/", 503, "Service Unavailable"),
        "front page",
        "503 in ",
        "no healthy target, or the app is in maintenance",
        Action.ROLL_BACK,
    ),
    Fault(
        "the front page redirects in a circle",
        lambda world: world.app.overrides.update({"/": redirect(f"https://{HOST}/")}),
        "front page",
        f"a redirect to https://{HOST}/ goes in a circle",
        "trusted proxies",
        Action.ROLL_BACK,
    ),
    Fault(
        "the front page redirects to another host",
        lambda world: world.app.overrides.update({"/": redirect("https://staging.test/")}),
        "front page",
        "a redirect to https://staging.test/ leaves the host",
        "APP_URL or a redirect of the app still names it",
    ),
    Fault(
        "the health route fails",
        lambda world: answers(world, "/healthz", 500, "no database"),
        "health route",
        "500 in ",
        "takes tasks that answer so out of service",
        Action.ROLL_BACK,
    ),
    Fault(
        "a session for each health check",
        health_with_session,
        "health route",
        "with a session cookie",
        "take the route out of the web middleware",
        state=State.WARNING,
    ),
    Fault(
        "mixed content",
        lambda world: front(world, f'<script src="http://{HOST}/build/app.js"></script>'),
        "mixed content",
        f"http://{HOST}/build/app.js",
        "ASSET_URL begins with http://",
    ),
    Fault(
        "an image over plain HTTP",
        lambda world: front(world, '<img src="http://img.example/a.png">'),
        "mixed content",
        "http://img.example/a.png",
        "browsers ask for these over https",
        state=State.WARNING,
    ),
    Fault(
        "every link is plain HTTP",
        lambda world: setattr(world.app, "front", FRONT.replace(LOGIN, f"http://{HOST}/login")),
        "links",
        f"http://{HOST}/login",
        "trust the load balancer's headers",
    ),
    Fault(
        "one link is plain HTTP",
        lambda world: front(world, f'<a href="http://{HOST}/about">About</a>'),
        "links",
        f"http://{HOST}/about",
        "write them with https",
        state=State.WARNING,
    ),
    Fault(
        "a link to localhost",
        lambda world: front(world, '<a href="http://localhost/events">Events</a>'),
        "links",
        "http://localhost/events",
        "set APP_URL",
    ),
    Fault(
        "a cookie without Secure",
        lambda world: setattr(world.app, "cookie_flags", "; path=/; httponly; samesite=lax"),
        "session cookie",
        "shop_session: without secure",
        "set SESSION_SECURE_COOKIE",
    ),
    Fault(
        "a cookie for another domain",
        lambda world: setattr(
            world.app, "cookie_flags", "; domain=old.example; secure; httponly; samesite=lax"
        ),
        "session cookie",
        "domain is old.example",
        "correct SESSION_DOMAIN",
        Action.ROLL_BACK,
    ),
    Fault(
        "forms without a token are accepted",
        lambda world: setattr(world.app, "checks_tokens", False),
        "cross site requests",
        "302",
        "bring back the CSRF middleware",
    ),
    Fault(
        "debug mode",
        debug_page,
        "debug mode",
        "404 with ",
        "set APP_DEBUG=false",
        Action.ROLL_BACK,
    ),
    Fault(
        ".env is public",
        lambda world: answers(world, "/.env", 200, "APP_NAME=Shop\nAPP_KEY=base64:x\n"),
        "environment file",
        "/.env is public",
        "replace every secret in it",
        Action.ROLL_BACK,
    ),
    Fault(
        ".git is public",
        lambda world: answers(world, "/.git/HEAD", 200, "ref: refs/heads/main\n"),
        "git repository",
        "/.git/HEAD is public",
        "leave .git out of the image",
    ),
    Fault(
        "the log is public",
        lambda world: answers(
            world, "/storage/logs/laravel.log", 200, "[2026-11-27 21:00:00] production.ERROR: x"
        ),
        "log file",
        "/storage/logs/laravel.log is public",
        "visitors' data in the log is public",
    ),
    Fault(
        "Composer's files are public",
        lambda world: answers(world, "/vendor/composer/installed.json", 200, '{"packages": []}'),
        "composer files",
        "/vendor/composer/installed.json is public",
        "its root must be the folder public",
    ),
    Fault(
        "Ignition is there",
        lambda world: answers(
            world, "/_ignition/health-check", 200, '{"can_execute_commands":true}'
        ),
        "debug tools",
        "/_ignition/health-check is public",
        "composer install --no-dev",
        Action.ROLL_BACK,
    ),
    Fault(
        "Telescope is open",
        lambda world: answers(world, "/telescope", 200, '<div id="telescope" v-cloak></div>'),
        "dashboards",
        "/telescope is public",
        "close the gate viewTelescope",
    ),
    Fault(
        "the probe answers without a key",
        lambda world: answers(world, "/_probe/v1/whoami", 200, '{"task": "aaaa"}'),
        "probe without key",
        "/_probe/v1/whoami is public",
        "take CUTOVER_PROBE_KEY out of the tasks",
        Action.ROLL_BACK,
    ),
    Fault(
        "a style sheet is missing",
        lambda world: answers(world, CSS, 404, "Not Found", ("Content-Type", "text/html")),
        "styles and scripts",
        f"{CSS}: 404 text/html",
        "run npm run build for the image",
        also=("caching",),
    ),
    Fault(
        "a style sheet of the wrong type",
        lambda world: answers(
            world, CSS, 200, "a{}", ("Content-Type", "text/plain"), ("Cache-Control", "max-age=9")
        ),
        "styles and scripts",
        f"{CSS}: 200 text/plain",
        "include mime.types in nginx",
    ),
    Fault(
        "no compression",
        lambda world: answers(
            world,
            CSS,
            200,
            "a{}" * 1000,
            ("Content-Type", "text/css"),
            ("Cache-Control", "max-age=9"),
        ),
        "compression",
        f"{CSS}: none, 3000 bytes",
        "set gzip on",
        state=State.WARNING,
    ),
    Fault(
        "no caching",
        lambda world: answers(world, CSS, 200, "a{}", ("Content-Type", "text/css")),
        "caching",
        f"{CSS}: no Cache-Control",
        "browsers fetch it for every page",
        state=State.WARNING,
    ),
    Fault(
        "one sick task",
        sick_task,
        "every task",
        "of 10: 500",
        "one task is sick, and every so many visitors meet it",
    ),
    Fault(
        "sessions in files",
        sessions_in_files,
        "session lasts",
        "answers know the session",
        "SESSION_DRIVER must be database",
        Action.ROLL_BACK,
    ),
    Fault(
        "the old host still serves",
        old_serves,
        "old site",
        "200: still serves the site",
        "put it into maintenance",
    ),
    Fault(
        "the old host leads to the name by which visitors came",
        lambda world: world.old_app.overrides.update({"/": redirect(f"https://{HOST}")}),
        "old site",
        "leads back to itself",
        "go in a circle",
    ),
    Fault(
        "the old host shows another page",
        lambda world: world.old_app.overrides.update({"/": (200, [], b"<p>We moved</p>")}),
        "old site",
        "200: another page than the site's",
        "answer with 503",
        state=State.WARNING,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_the_app_is_named(world: World, fault: Fault) -> None:
    fault.require(world, "app", "http", "exposure", "assets", "session", "old host")


@pytest.mark.parametrize(
    ("path", "body"),
    [("/.env", "<html>the app's own page</html>"), ("/horizon", "<title>Horizon</title>")],
)
def test_a_page_for_every_path_exposes_nothing(world: World, path: str, body: str) -> None:
    answers(world, path, 200, body)
    assert states(world.report(), State.RED, State.WARNING) == {}


def test_a_link_to_another_site_over_http_is_harmless(world: World) -> None:
    front(world, '<a href="http://partner.example/">Partner</a>')
    assert states(world.report(), State.RED, State.WARNING) == {}


def test_an_app_without_sign_in_lacks_these_checks(world: World) -> None:
    answers(world, "/login", 404, "Not Found")
    report = world.report()
    assert states(report, State.RED, State.WARNING) == {}
    assert {"session cookie", "cross site requests", "session lasts"} <= set(
        states(report, State.NOT_RUN)
    )


def test_another_health_route_is_named_by_an_option(world: World) -> None:
    answers(world, "/healthz", 404, "")
    assert "--health" in result(world.report(), "health route").value
    answers(world, "/status", 200, "ok")
    world.given(health_path="/status")
    assert result(world.report(), "health route").state == State.GREEN


def test_the_second_health_route_is_tried(world: World) -> None:
    answers(world, "/healthz", 404, "")
    answers(world, "/up", 200, "ok")
    assert result(world.report(), "health route").state == State.GREEN


def test_an_old_host_that_is_off_or_redirects_is_fine(world: World) -> None:
    world.old_app.overrides["/"] = redirect("https://new.example/")
    assert result(world.report(), "old site").value == "301 https://new.example/"
    world.given(old=Endpoint("127.0.0.2", 1))
    assert result(world.report(), "old site").value == "does not answer: Connection refused"


def test_a_bad_certificate_does_not_hide_the_app(world: World) -> None:
    world.web.tls = world.issuer.context("other.example")
    answers(world, "/.env", 200, "APP_KEY=base64:x\n")
    assert set(states(world.report(), State.RED)) == {"certificate name", "environment file"}


def test_another_sign_in_page_is_named_by_an_option(world: World) -> None:
    world.app.overrides["/login"] = (404, [], b"")
    world.app.overrides["/admin/login"] = world.app.sign_in
    world.given(sign_in_path="/admin/login")
    report = world.report("app", "session")
    assert result(report, "session lasts").value == "6 of 6 answers know the session"
    assert states(report, State.NOT_RUN) == {}
