"""Faults of the pages' content, addresses, forms and caches, each named by one check."""

from __future__ import annotations

import gzip
import itertools
import time
from collections.abc import Callable

import pytest

from harness.smoke import visitor
from harness.smoke.result import Action, State
from tests.unit.smoke.conftest import World, result, states
from tests.unit.smoke.fake_app import COOKIE, CSS, FLAGS, FRONT, redirect
from tests.unit.smoke.fake_dns import HOST
from tests.unit.smoke.fake_host import Answer, Request
from tests.unit.smoke.faults import Fault

HTML = ("Content-Type", "text/html; charset=utf-8")
KEPT = ("Cache-Control", "max-age=9")
FORM = (
    '<form method="POST" action="{}"><input name="_token" value="x">'
    '<input type="password" name="password"></form>'
)


def page(status: int, body: str | bytes, *headers: tuple[str, str]) -> Answer:
    return status, list(headers) or [HTML], body.encode() if isinstance(body, str) else body


def on_front(answer: Answer | Callable[[World], Answer]) -> Callable[[World], None]:
    def edit(world: World) -> None:
        world.app.overrides["/"] = answer if isinstance(answer, tuple) else answer(world)

    return edit


def at(path: str, answer: Answer) -> Callable[[World], None]:
    def edit(world: World) -> None:
        world.app.overrides[path] = answer

    return edit


def in_head(html: str) -> Callable[[World], None]:
    def edit(world: World) -> None:
        world.app.front = FRONT.replace("</head>", f"{html}</head>")

    return edit


def with_header(name: str, value: str) -> Callable[[World], None]:
    def edit(world: World) -> None:
        headers = [pair for pair in world.app.page_headers if pair[0] != name]
        world.app.page_headers = [*headers, (name, value)]

    return edit


def form_answers(status: int) -> Callable[[World], None]:
    def edit(world: World) -> None:
        genuine = world.app.sign_in

        def sign_in(request: Request) -> Answer:
            return page(status, "") if b"_token" in request.body else genuine(request)

        world.app.sign_in = sign_in  # type: ignore[method-assign]

    return edit


def posts_to(address: str) -> Callable[[World], None]:
    def edit(world: World) -> None:
        genuine = world.app.sign_in

        def sign_in(request: Request) -> Answer:
            status, headers, body = genuine(request)
            return status, headers, body.replace(f"https://{HOST}/login".encode(), address.encode())

        world.app.sign_in = sign_in  # type: ignore[method-assign]

    return edit


def one_session(world: World) -> None:
    world.app.sessions["same"] = "x"
    cookie = ("Set-Cookie", f"{COOKIE}=same{FLAGS}")
    form = page(200, FORM.format(f"https://{HOST}/login"), *world.app.page_headers, cookie)
    genuine = world.app.sign_in
    world.app.overrides["/login"] = lambda request: (
        form if request.method == "GET" else genuine(request)
    )


def a_session_in_the_cache(world: World) -> None:
    cookie = ("Set-Cookie", f"{COOKIE}=1{FLAGS}")
    world.app.page_headers = [*world.app.page_headers, ("Age", "30"), cookie]


def two_builds(world: World) -> None:
    turns = itertools.cycle((FRONT, FRONT.replace("3f9a1c77", "77c1a9f3")))
    world.app.overrides[CSS.replace("3f9a1c77", "77c1a9f3")] = world.app.asset
    world.app.overrides["/"] = lambda _: (200, world.app.page_headers, next(turns).encode())


def slow(world: World) -> None:
    def answer(_request: Request) -> Answer:
        time.sleep(0.2)
        return 200, world.app.page_headers, FRONT.encode()

    world.app.overrides["/"] = answer


def roll_back(name: str, answer: Answer, value: str, meaning: str) -> Fault:
    """Return a fault of the front page that the check of the front page names."""
    return Fault(name, on_front(answer), "front page", value, meaning, Action.ROLL_BACK)


FRONT_FAULTS = [
    roll_back(
        "nginx's own page",
        page(200, "<html><title>Welcome to nginx!</title></html>"),
        "with '<title>Welcome to nginx!'",
        "a server without the app answers",
    ),
    roll_back(
        "a list of files",
        page(200, "<html><title>Index of /</title></html>"),
        "with '<title>Index of /'",
        "look at nginx's root",
    ),
    roll_back(
        "an error page that answers 200",
        page(200, "<html><title>Server Error</title></html>"),
        "with '<title>Server Error'",
        "answers as a good one",
    ),
    roll_back(
        "a maintenance page that answers 200",
        page(200, "<html><h1>Down for maintenance</h1></html>"),
        "with '<h1>Down for maintenance'",
        "php artisan up",
    ),
    roll_back("an empty page", page(200, ""), "an empty page", "PHP ended without output"),
    roll_back(
        "PHP's source",
        page(200, "<?php\nrequire 'vendor/autoload.php';", ("Content-Type", "text/plain")),
        "with '<?php'",
        "give index.php to PHP-FPM",
    ),
    roll_back(
        "PHP's last words",
        page(200, "<br><b>Fatal error</b>:  Uncaught PDOException"),
        "with '<b>Fatal error</b>:'",
        "PHP ends with an error",
    ),
    roll_back(
        "compressed twice",
        page(200, gzip.compress(gzip.compress(b"x")), HTML, ("Content-Encoding", "gzip")),
        "Content-Encoding gzip, and compressed after all",
        "compress once",
    ),
    roll_back(
        "compressed in an encoding that was not asked for",
        page(200, b"\x8b\x03", HTML, ("Content-Encoding", "compress")),
        "Content-Encoding compress",
        "as the request's Accept-Encoding allows",
    ),
    roll_back(
        "no gzip at all",
        page(200, b"plain", HTML, ("Content-Encoding", "gzip")),
        "no answer: Error -3 while decompressing data",
        "the body is not compressed as its Content-Encoding says",
    ),
    roll_back(
        "HTML as a download",
        page(200, FRONT, ("Content-Type", "application/octet-stream")),
        "HTML as application/octet-stream",
        "correct Content-Type",
    ),
    roll_back(
        "a host that TrustHosts does not know",
        page(400, "Bad Request"),
        "400 in ",
        "TrustHosts in bootstrap/app.php does not know the public host",
    ),
    roll_back(
        "nginx without index.php",
        page(403, "<h1>403 Forbidden</h1><hr><center>nginx</center>"),
        "403 in ",
        "nginx answers by itself",
    ),
    roll_back(
        "no rule of the listener",
        page(404, "Not Found", ("Content-Type", "text/plain"), ("Server", "awselb/2.0")),
        "404 in ",
        "no rule of the listener leads to the app",
    ),
    roll_back(
        "a redirect to the container's port",
        redirect(f"https://{HOST}:8080/"),
        f"a redirect to https://{HOST}:8080/ leads to another port",
        "trust X-Forwarded-Port",
    ),
    roll_back(
        "a redirect that nobody can read",
        redirect("https://[shop/"),
        "a redirect to https://[shop/ cannot be followed",
        "correct APP_URL",
    ),
]


@pytest.mark.parametrize("fault", FRONT_FAULTS, ids=str)
def test_a_front_page_that_is_not_the_sites_is_named(world: World, fault: Fault) -> None:
    fault.require(world)


FAULTS = [
    Fault(
        "a password of the staging site",
        on_front(page(401, "", ("WWW-Authenticate", 'Basic realm="staging"'))),
        "front page",
        "401 in ",
        "visitors are asked for a password",
    ),
    Fault(
        "a way over plain HTTP",
        lambda world: world.app.overrides.update(
            {"/": redirect(f"http://{HOST}/home"), "/home": world.app.home}
        ),
        "front page",
        f"past http://{HOST}",
        "trusted proxies",
    ),
    Fault(
        "warnings of PHP",
        in_head("<b>Deprecated</b>:  Optional parameter in <b>/var/www/A.php</b> on line <b>7</b>"),
        "debug mode",
        "200 with '<b>Deprecated</b>:'",
        "set display_errors = Off",
    ),
    Fault(
        "a sign-in page that fails",
        at("/login", page(500, "Vite manifest not found")),
        "sign in page",
        "500 in ",
        "public/build/manifest.json in the image",
        Action.ROLL_BACK,
    ),
    Fault(
        "a sign-in page that leads to itself",
        at("/login", redirect("/login")),
        "sign in page",
        "goes in a circle",
        "nobody can sign in",
        Action.ROLL_BACK,
    ),
    Fault(
        "a form that expires at once",
        form_answers(419),
        "sign in form",
        "419",
        "every form has expired at once",
        Action.ROLL_BACK,
    ),
    Fault(
        "a form that fails",
        form_answers(500),
        "sign in form",
        "500",
        "the app fails on the form",
        Action.ROLL_BACK,
    ),
    Fault(
        "a firewall that rejects forms",
        form_answers(403),
        "sign in form",
        "403",
        "a firewall, a CDN or a rule of the listener rejects forms",
        Action.ROLL_BACK,
    ),
    Fault(
        "a form to plain HTTP",
        posts_to(f"http://{HOST}/login"),
        "links",
        f"http://{HOST}/login",
        "trusted proxies",
    ),
    Fault(
        "a form to the container's port",
        posts_to(f"https://{HOST}:8080/login"),
        "links",
        f"https://{HOST}:8080/login",
        "set APP_URL",
    ),
    Fault(
        "a cookie for another path",
        lambda world: setattr(world.app, "cookie_flags", FLAGS.replace("path=/", "path=/admin")),
        "session cookie",
        "path is /admin",
        "SESSION_PATH",
        Action.ROLL_BACK,
    ),
    Fault(
        "a cookie that has expired",
        lambda world: setattr(world.app, "cookie_flags", f"; max-age=-60{FLAGS}"),
        "session cookie",
        "it has expired when it arrives",
        "the tasks' clock",
        Action.ROLL_BACK,
    ),
    Fault(
        "one session for everybody",
        one_session,
        "sessions of two visitors",
        f"both get the same {COOKIE}",
        "visitors share a session",
        Action.ROLL_BACK,
    ),
    Fault(
        "a session in a cached page",
        a_session_in_the_cache,
        "sessions of two visitors",
        f"{COOKIE} in a page 30 s old",
        "visitors share a session",
        Action.ROLL_BACK,
    ),
    Fault(
        "Vite's development server",
        in_head('<script src="http://[::1]:5173/@vite/client"></script>'),
        "unreachable hosts",
        "http://[::1]:5173/@vite/client",
        "public/hot of Vite's development server is in the image",
        Action.ROLL_BACK,
    ),
    Fault(
        "a canonical address of the load balancer",
        in_head('<link rel="canonical" href="https://my-alb-1.eu-west-1.elb.amazonaws.com/">'),
        "links",
        "https://my-alb-1.eu-west-1.elb.amazonaws.com/",
        "set APP_URL",
    ),
    Fault(
        "a canonical address of another site",
        in_head('<link rel="canonical" href="https://staging.example/">'),
        "links",
        "https://staging.example/",
        "search engines and shared links take this for the page's address",
        state=State.WARNING,
    ),
    Fault(
        "noindex of the staging site",
        in_head('<meta name="robots" content="noindex">'),
        "search engines",
        "the page's meta robots: noindex",
        "search engines drop the site",
        state=State.WARNING,
    ),
    Fault(
        "X-Robots-Tag of the staging site",
        with_header("X-Robots-Tag", "noindex"),
        "search engines",
        "X-Robots-Tag: noindex",
        "search engines drop the site",
        state=State.WARNING,
    ),
    Fault(
        "robots.txt of the staging site",
        at("/robots.txt", page(200, "User-agent: *\nDisallow: /\n")),
        "search engines",
        "/robots.txt: Disallow: /",
        "search engines drop the site",
        state=State.WARNING,
    ),
    Fault(
        "a style sheet that is a page",
        at(CSS, page(200, FRONT, ("Content-Type", "text/css"), KEPT)),
        "styles and scripts",
        f"{CSS}: 200 text/css, HTML",
        "the file is a page of the app",
    ),
    Fault(
        "mixed content in a style sheet",
        at(
            CSS,
            page(
                200,
                "a{background:url(http://cdn.example/a.png)}",
                ("Content-Type", "text/css"),
                KEPT,
            ),
        ),
        "styles and scripts",
        "http://cdn.example/a.png",
        "browsers block these",
        state=State.WARNING,
    ),
    Fault(
        "images that were left behind",
        in_head('<img src="/storage/posters/1.jpg">'),
        "images",
        "/storage/posters/1.jpg: 404",
        "copy the old host's uploads to the bucket",
    ),
    Fault(
        "tasks of two builds",
        two_builds,
        "every task",
        "with 2 sets of styles and scripts",
        "tasks run different images",
        state=State.WARNING,
    ),
    *(
        Fault(path, at(path, page(200, body)), check, f"{path} is public", "", action)
        for path, body, check, action in (
            ("/.env.backup", "REDIS_PASSWORD=x", "environment file", Action.ROLL_BACK),
            ("/.git/config", "[core]\n", "git repository", Action.MEND),
            ("/error_log", "[28-Nov-2026 01:00:00 UTC] PHP Warning: x", "log file", Action.MEND),
            ("/composer.lock", '{"packages": []}', "composer files", Action.MEND),
            ("/info.php", "<title>PHP 8.4.1 - phpinfo()</title>", "debug tools", Action.ROLL_BACK),
            ("/adminer.php", "<title>Login - Adminer</title>", "debug tools", Action.ROLL_BACK),
            ("/horizon", '<div id="horizon"></div>', "dashboards", Action.MEND),
            ("/pulse", "<title>Laravel Pulse</title>", "dashboards", Action.MEND),
            ("/log-viewer", "<title>Log Viewer</title>", "dashboards", Action.MEND),
        )
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_of_a_page_is_named(world: World, fault: Fault) -> None:
    fault.require(world)


def test_a_slow_front_page_has_a_warning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.smoke.checks.app.SLOWEST_PAGE_S", 0.1)
    Fault("", slow, "front page", "200 in ", "visitors wait", state=State.WARNING).require(
        world, "tls", "app"
    )


HARMLESS = {
    "a health route that answers 204": at("/healthz", page(204, "")),
    "a health route that is closed to the public": at("/healthz", page(403, "")),
    "a sign-in elsewhere": at("/login", redirect("https://auth.example/login", status=302)),
    "an app that answers JSON": on_front(
        lambda world: page(
            200, "{}", ("Content-Type", "application/json"), *world.app.page_headers[1:]
        )
    ),
    "a page behind a path": lambda world: world.app.overrides.update(
        {"/": redirect("/shop", status=302), "/shop": world.app.home}
    ),
    "a page out of a CDN": with_header("Age", "300"),
    "robots.txt against one robot": at(
        "/robots.txt",
        page(200, "User-agent: Bot\nDisallow: /\n\nUser-agent: *\nDisallow: /a\n"),
    ),
    "a shop for maintenance": in_head("<title>Maintenance supplies</title>"),
    "a page about errors": in_head(
        "<p>Fatal error: how to read it. Index of /. Look up SQLSTATE[HY000] by its code.</p>"
    ),
    "a template that a script fills": in_head('<template><img src="/none.png"></template>'),
    "a script with the type of an old mime.types": lambda world: (
        in_head('<script src="/app.js"></script>')(world),
        at("/app.js", (200, [("Content-Type", "application/x-javascript"), KEPT], b"1"))(world),
    ),
    "addresses that nobody can read": in_head(
        '<a href="https://[domain]/">x</a><img src="http://[">'
    ),
    "a comment alone": on_front(
        lambda world: page(200, "<!-- ok -->", HTML, *world.app.page_headers[1:])
    ),
    "images of a CDN": in_head('<img src="https://cdn.example/a.png"><img src="data:image/gif;a">'),
    "a canonical address of www": in_head(f'<link rel="canonical" href="https://www.{HOST}/">'),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_page_is_green(world: World, name: str) -> None:
    HARMLESS[name](world)
    assert states(world.report(), State.RED, State.WARNING) == {}


def test_a_header_that_drips_ends_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "TOTAL_S", 0.1)
    slow(world)
    report = world.report("tls", "app")
    assert result(report, "front page").value == "no answer: the answer takes longer than 0.1 s"
