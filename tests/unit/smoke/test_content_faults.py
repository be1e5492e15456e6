"""Faults of a page's text, hosts, characters and policy, and files of a move that stayed."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from harness.smoke.checks import sessions
from harness.smoke.result import Action, State
from tests.unit.smoke.conftest import World, states
from tests.unit.smoke.fake_app import COOKIE, CSS, FLAGS, FRONT
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Request
from tests.unit.smoke.faults import Fault
from tests.unit.smoke.test_page_faults import at, in_head, on_front, page, posts_to, with_header

_ASSETS = "https://shop-assets.example"


def with_body(html: str) -> Callable[[World], None]:
    def edit(world: World) -> None:
        world.app.front = FRONT.replace("<body>", f"<body>{html}")

    return edit


def limited(world: World) -> None:
    turns = itertools.count(1)

    def answer(_request: Request) -> Answer:
        if next(turns) % 3:
            return 200, world.app.page_headers, FRONT.encode()
        return 429, [("Retry-After", "60")], b"Too Many Attempts"

    world.app.overrides["/"] = answer


def kept_by_caches(world: World) -> None:
    cookie = ("Set-Cookie", f"{COOKIE}=a{FLAGS}")
    cached = ("Cache-Control", "public, max-age=600")
    world.app.page_headers = [*world.app.page_headers, cookie, cached]


def cookie_for_a_minute(world: World) -> None:
    world.app.cookie_flags = f"{FLAGS}; max-age=60"


def in_latin_1(world: World) -> None:
    with_header("Content-Type", "text/html; charset=iso-8859-1")(world)
    world.app.front = FRONT.replace("Sign in", "Entrée")


def without_a_build_in_one_task(world: World) -> None:
    turns = itertools.count()

    def answer(request: Request) -> Answer:
        return (404, [], b"Not Found") if next(turns) % 2 else world.app.asset(request)

    world.app.overrides[CSS] = answer


def image_that_is_a_page(world: World) -> None:
    with_body('<img src="/img/poster.png">')(world)
    at("/img/poster.png", page(200, FRONT, ("Content-Type", "text/html")))(world)


def rejects_forms(world: World) -> None:
    def answer(request: Request) -> Answer:
        return (413, [], b"Too Large") if request.method == "POST" else world.app.sign_in(request)

    world.app.overrides["/login"] = answer


FAULTS = [
    Fault(
        "an error page of an old framework in a good answer",
        on_front(page(200, "<html><title>Whoops, looks like something went wrong.</title></html>")),
        "front page",
        "with '<title>Whoops",
        "an error or maintenance page answers as a good one",
        action=Action.ROLL_BACK,
    ),
    Fault(
        "PHP-FPM finds no index.php",
        on_front(page(404, "File not found.\n")),
        "front page",
        "404 in ",
        "PHP-FPM does not find index.php",
        action=Action.ROLL_BACK,
    ),
    Fault(
        "one task of two lacks the build",
        without_a_build_in_one_task,
        "styles and scripts",
        "2 of 4: 404",
        "the tasks run different images",
    ),
    Fault(
        "a module's part that the build lacks",
        in_head('<link rel="modulepreload" href="/build/assets/vendor-1.js">'),
        "styles and scripts",
        "vendor-1.js: 404",
        "npm run build",
        also=("caching",),
    ),
    Fault(
        "an image whose address answers with a page",
        image_that_is_a_page,
        "images",
        "/img/poster.png: 200 text/html",
        "visitors see gaps",
    ),
    Fault(
        "a server on the way takes no form",
        rejects_forms,
        "sign in form",
        "413",
        "rejects forms",
        action=Action.ROLL_BACK,
    ),
    Fault(
        "the sign-in form goes to the old host",
        posts_to("https://shop.oldhost.example/login"),
        "sign in form",
        "https://shop.oldhost.example/login",
        "another host",
        action=Action.ROLL_BACK,
    ),
    Fault(
        "an error of the database in a good answer",
        on_front(page(200, "<html><body>SQLSTATE[HY000] [2002] refused</body></html>")),
        "front page",
        "with 'SQLSTATE[HY000]'",
        "an error of the database is printed",
        Action.ROLL_BACK,
    ),
    Fault(
        "a document without content",
        on_front(page(200, "<!DOCTYPE html><html><head></head><body></body></html>")),
        "front page",
        "with '<!DOCTYPE html>",
        "visitors see an empty page",
        Action.ROLL_BACK,
    ),
    Fault(
        "a parked domain",
        on_front(page(200, "<html><title>shop.example is parked</title></html>")),
        "front page",
        "is parked",
        "look at the record, and at the domain's registration",
        Action.ROLL_BACK,
    ),
    Fault(
        "Laravel's welcome page",
        on_front(page(200, '<title>Laravel</title><a href="https://laravel.com/docs">Docs</a>')),
        "front page",
        "with '<title>Laravel</title>'",
        "the image has another app",
        Action.ROLL_BACK,
    ),
    Fault(
        "a page that leads on by itself",
        in_head('<meta http-equiv="refresh" content="0; url=https://old.example/">'),
        "front page",
        "which leads to https://old.example/",
        "the page still names the old one",
    ),
    Fault(
        "a script that leads on",
        in_head('<script>window.location.href = "https://old.example/"</script>'),
        "front page",
        "which leads to https://old.example/",
        "visitors are sent to another host",
    ),
    Fault(
        "a header that leads on",
        with_header("Refresh", "0; url=https://old.example/"),
        "front page",
        "which leads to https://old.example/",
        "visitors are sent to another host",
    ),
    Fault(
        "links that begin at the old host",
        in_head('<base href="https://old.example/">'),
        "front page",
        "which leads to https://old.example/",
        "the page still names the old one",
    ),
    Fault(
        "a page that is saved as a file",
        with_header("Content-Disposition", "attachment; filename=index.html"),
        "front page",
        "attachment",
        "browsers save the page",
        Action.ROLL_BACK,
    ),
    Fault(
        "a fixed response of the load balancer",
        on_front((200, [("Content-Type", "text/plain"), ("Server", "awselb/2.0")], b"soon")),
        "front page",
        "of the load balancer",
        "a rule of the listener has a fixed response",
        Action.ROLL_BACK,
    ),
    Fault(
        "a dump of a variable",
        with_body('<pre class="sf-dump" id=sf-dump-1>array:1</pre>'),
        "debug mode",
        "200 with a dump",
        "dump() or dd() is left in the code",
    ),
    Fault(
        "an image of several sizes over plain HTTP",
        with_body('<img srcset="http://img.example/a.png 1x">'),
        "mixed content",
        "http://img.example/a.png",
        "browsers ask for these over https",
        state=State.WARNING,
    ),
    Fault(
        "a socket on the visitor's machine",
        in_head('<script>window.Echo = {wsHost: "127.0.0.1"}</script>'),
        "unreachable hosts",
        'wsHost: "127.0.0.1',
        "a VITE_ variable",
    ),
    Fault(
        "an empty style sheet",
        at(CSS, page(200, "", ("Content-Type", "text/css"), ("Cache-Control", "max-age=9"))),
        "styles and scripts",
        "empty",
        "the build wrote an empty file",
    ),
    Fault(
        "a built file with the address of a development machine",
        at(
            CSS,
            page(
                200,
                "a{background:url(//a)} /* ws://localhost:8080 */",
                ("Content-Type", "text/css"),
                ("Cache-Control", "max-age=9"),
            ),
        ),
        "styles and scripts",
        "ws://localhost:8080",
        "VITE_ variables",
        state=State.WARNING,
    ),
    Fault(
        "a rule without the sign-in page",
        at("/login", page(403, "<h1>403 Forbidden</h1>", ("Server", "awselb/2.0"))),
        "sign in page",
        "403",
        "the rules of its listener",
        state=State.WARNING,
    ),
    Fault(
        "a limit that the first visitor meets",
        at("/login", page(429, "Too Many Attempts.")),
        "sign in page",
        "429",
        "visitors are limited",
        state=State.WARNING,
    ),
    Fault(
        "images of a development machine",
        with_body('<img src="http://localhost:4566/uploads/a.png">'),
        "unreachable hosts",
        "http://localhost:4566/uploads/a.png",
        "AWS_URL, AWS_ENDPOINT",
    ),
    Fault(
        "images of a container's name",
        with_body('<img src="https://minio:9000/uploads/a.png">'),
        "unreachable hosts",
        "https://minio:9000/uploads/a.png",
        "visitors' browsers look for these in vain",
    ),
    Fault(
        "a script that asks the visitor's machine",
        in_head('<script>window.config = {"api": "http:\\/\\/localhost:8000\\/api"}</script>'),
        "unreachable hosts",
        "localhost:8000",
        "a VITE_ variable",
    ),
    Fault(
        "a link to another stage",
        with_body(f'<a href="https://staging.{HOST}/events">Events</a>'),
        "links",
        f"https://staging.{HOST}/events",
        "addresses of another stage",
        state=State.WARNING,
    ),
    Fault(
        "a policy without the host of the images",
        lambda world: (
            with_header("Content-Security-Policy", "default-src 'self'; img-src 'self'")(world),
            in_head(f'<img src="{_ASSETS}/a.png">')(world),
        ),
        "content policy",
        f"{_ASSETS}/a.png by img-src",
        "let the policy name the hosts",
    ),
    Fault(
        "a policy that allows nothing",
        with_header("Content-Security-Policy", "default-src 'none'"),
        "content policy",
        "by default-src",
        "browsers do not load these",
    ),
    Fault(
        "a dump that was read with another character set",
        with_body("Caf\u00c3\u00a9, Stra\u00c3\u0178e, it\u00e2\u20ac\u2122s"),
        "characters",
        "3 wrong",
        "--default-character-set=utf8mb4",
    ),
    Fault(
        "one name that was written wrong",
        with_body("Caf\u00c3\u00a9"),
        "characters",
        "1 wrong",
        "visitors see wrong letters",
        state=State.WARNING,
    ),
    Fault(
        "nginx names another character set",
        in_latin_1,
        "characters",
        "charset=iso-8859-1",
        "charset in nginx is not",
    ),
    Fault(
        "a dump of the database",
        at("/dump.sql", page(200, "-- MySQL dump 10.13\nCREATE TABLE `users` (")),
        "database dumps",
        "/dump.sql is public",
        "visitors' data can be downloaded",
        Action.ROLL_BACK,
    ),
    Fault(
        "an archive of the old host",
        at("/backup.zip", page(200, b"PK\x03\x04")),
        "database dumps",
        "/backup.zip is public",
        "leave such files out of public/",
        Action.ROLL_BACK,
    ),
    Fault(
        "the status page of PHP-FPM",
        at("/status", page(200, "pool:                 www\nprocess manager:      dynamic\n")),
        "server status",
        "/status is public",
        "allow 127.0.0.1 alone",
    ),
    Fault(
        "visitors share one limit",
        limited,
        "every task",
        "429",
        "all share one limit (trusted proxies)",
        state=State.WARNING,
    ),
    Fault(
        "a page with a session that caches may keep",
        kept_by_caches,
        "sessions of two visitors",
        "public, max-age=600 beside a session cookie",
        "let nginx cache files alone",
        state=State.WARNING,
    ),
    Fault(
        "a session of a minute",
        cookie_for_a_minute,
        "session cookie",
        "for 60 s",
        "SESSION_LIFETIME is in minutes",
        state=State.WARNING,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_the_content_is_named(world: World, fault: Fault) -> None:
    fault.require(world, "app", "exposure", "assets", "session")


def test_a_slow_site_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SLOW_S", 0.0)
    (line,) = states(world.report("session"), State.WARNING).items()
    assert line[0] == "every task"
    assert "half of them over" in line[1]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://dev.to/shop">Blog</a>',
        f'<a href="https://events.{HOST}/">Events</a>',
        '<script>if (location.hostname === "localhost") debug("http://localhost:5173")</script>',
        '<img src="data:image/gif;base64,R0lGOD">',
        "É, Ã, â, £ and „quotes“ as they are",
        '<script>function go() { window.location.href = "https://pay.example/" }</script>',
    ],
)
def test_content_that_is_in_order_is_green(world: World, html: str) -> None:
    with_body(html)(world)
    assert states(world.report("app", "assets"), State.RED, State.WARNING) == {}


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'self' https:",
        f"default-src 'none'; style-src 'self'; img-src {_ASSETS}; script-src 'self'",
        "default-src *",
        "style-src 'self'; img-src *.example",
        "style-src 'nonce-abc'; script-src 'strict-dynamic'",
        f"img-src {_ASSETS}/uploads/ {_ASSETS}/a.png",
        "frame-ancestors 'none'",
    ],
)
def test_a_policy_that_names_each_host_is_green(world: World, policy: str) -> None:
    with_header("Content-Security-Policy", policy)(world)
    in_head(f'<img src="{_ASSETS}/a.png">')(world)
    assert states(world.report("app"), State.RED, State.WARNING) == {}
