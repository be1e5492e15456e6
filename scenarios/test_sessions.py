"""Sessions survive task changes behind a TLS-terminating load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from harness.diagnosis.expect import REQUEST, SESSION, SettingCause, expect
from harness.diagnosis.facts import IN_COOKIES, SHARED_DRIVERS, VisitorRequest
from harness.diagnosis.visitor_causes import hidden_host
from harness.report import emulated, not_covered, proved
from harness.target.clients.browser import cookie_from, is_for_host, prefix_fault, read_page
from harness.target.target import PROBE
from scenarios.checks import cookie_of, expect_link, expect_status, starts_no_session
from scenarios.deployment_settings import answer_without_downtime
from scenarios.shared_files import SESSIONS, is_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from harness.replay.toolbox import Toolbox
    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.pages import Pages
    from harness.target.resources.web_tier import WebTier

SPOOFED, SPOOFED_HOST = "203.0.113.7", "evil.example"
ANSWERS_FROM_NEW_TASKS = 6
LEAST_SESSION_S = 300
"""A visitor reads a page, or fills a form, for as long."""
FORWARDING, APPEND = "routing.http.xff_header_processing.mode", "append"

by_probe = pytest.mark.requires("http", "probe")
as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
as_edge = pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=proved,
    url=proved,
)


@pytest.fixture
def app_sessions(toolbox: Toolbox, new_visitor: Callable[[], Browser], pages: Pages) -> None:
    """Skip where no route of the app starts a session, as in an API with tokens."""
    if PROBE not in toolbox.target.capabilities:
        if starts_no_session(new_visitor().get(pages.public)):
            key = "set app.pages.public to a page that does"
            pytest.skip(f"not covered: {pages.public} starts no session; {key}")
    elif new_visitor().probe.session().get("routes") == 0:
        pytest.skip("not covered: no route of the app starts a session")


@as_app
@by_probe
@pytest.mark.read_only
@pytest.mark.usefixtures("app_sessions")
def test_session_values_are_read_by_another_task(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    put = probe.put("seat", "A12")
    other = ask_another_task(probe.session, than=put["task"])
    expect(
        other["session"] == put["session"],
        "another task reads another id from the cookie",
        about=SESSION,
    )
    expect(
        other["values"].get("seat") == "A12",
        f"another task does not see the value; the session driver is {other['driver']!r}",
        about=SESSION,
    )


@as_app
@by_probe
@pytest.mark.read_only
@pytest.mark.usefixtures("app_sessions")
def test_sessions_are_kept_in_a_shared_store(
    probe: ProbeClient, ask_tasks: Callable[..., list[dict[str, Any]]], access: Access
) -> None:
    probe.put("seat", "B7")
    for facts in ask_tasks(probe.session):
        driver = facts["driver"]
        if driver == IN_COOKIES or (driver == "file" and is_shared(SESSIONS, access.shared_paths)):
            continue
        expect(
            driver in SHARED_DRIVERS,
            f"the session driver is {driver!r}, and not {' or '.join(SHARED_DRIVERS)}",
            about=SESSION,
        )
        if driver == "database":
            expect(facts["row"], "the session's id is not in the sessions table", about=SESSION)
        assert facts["files"] == 0, f"task {facts['task']} keeps {facts['files']} session files"


@pytest.mark.truth(
    local=emulated("control stands in for ECS, and replaces tasks in the same order"),
    aws=proved,
    url=not_covered("it would replace production's tasks"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(exclusive=True)
@pytest.mark.usefixtures("app_sessions")
def test_sessions_survive_the_replacement_of_every_web_task(
    probe: ProbeClient,
    web_tier: WebTier,
    eventually: Callable[..., Any],
) -> None:
    probe.put("seat", "C3")
    old, answered = web_tier.running(), [""]
    web_tier.replace_all()

    def ask() -> set[str]:
        facts = answer_without_downtime(probe.session, web_tier)
        expect(
            facts["values"].get("seat") == "C3",
            f"task {facts['task']} lost the session",
            about=SESSION,
        )
        answered.append(facts["task"])
        return set(answered[-ANSWERS_FROM_NEW_TASKS:])

    eventually(
        ask,
        until=lambda tasks: not tasks & (old | {""}) and len(tasks) == len(old),
        what=f"The old tasks {sorted(old)} did not give way to as many new ones",
        within_s=web_tier.steady_within_s(),
    )


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
@pytest.mark.usefixtures("session_cookie", "app_sessions")
def test_session_cookie_is_secure_and_named_as_configured(
    visitor: Browser, access: Access, public_page: str
) -> None:
    name = visitor.cookie_name
    cookie = cookie_from(visitor.get(public_page), name) or {}
    expect(cookie, f"the page sets no cookie named {name}", about=SESSION)
    attributes = {name: value for name, value in cookie.items() if name != "value"}
    fault = prefix_fault(cookie, name=name)
    dropped = SettingCause(
        "SESSION_DOMAIN",
        f"browsers drop the session cookie {name}, so that no form comes back: {fault}: leave"
        " SESSION_DOMAIN out, or the prefix out of SESSION_COOKIE",
    )
    cause = dropped if fault else cookie_cause(cookie)
    expect(not cause, f"the session cookie's attributes are {attributes}", cause=cause)
    domain, path = cookie.get("domain", ""), cookie.get("path", "")
    expect(
        is_for_host(domain, access.public_host),
        f"the session cookie is for {domain}",
        about=SESSION,
    )
    expect(
        access.pages.are_below(path or "/"),
        f"the session cookie is for the path {path} only",
        about=SESSION,
    )
    lasts = cookie.get("max-age", "")
    expect(
        not lasts.isdecimal() or not 0 < int(lasts) < LEAST_SESSION_S,
        f"the session cookie ends after {lasts} s",
        cause=SettingCause(
            "SESSION_LIFETIME",
            f"SESSION_LIFETIME ends each session after {lasts} s, while a visitor reads a page:"
            " forms then answer 419, and carts are empty; it counts minutes, and Laravel has 120",
        ),
        certain=True,
    )


def cookie_cause(cookie: Mapping[str, str]) -> str:
    """Return the setting that leaves a session cookie unprotected; empty if none does."""
    same_site = cookie.get("samesite", "(unset)")
    if "secure" not in cookie:
        return SettingCause(
            "SESSION_SECURE_COOKIE",
            "the session cookie is not Secure: SESSION_SECURE_COOKIE is not true in the task, or"
            " config/session.php does not read it",
        )
    if "httponly" not in cookie:
        return SettingCause(
            "SESSION_HTTP_ONLY",
            "scripts can read the session cookie: SESSION_HTTP_ONLY is not true in the task",
        )
    if same_site.lower() not in ("lax", "strict"):
        return SettingCause(
            "SESSION_SAME_SITE",
            f"SESSION_SAME_SITE makes the session cookie SameSite={same_site}, and lax is what the"
            " app needs",
        )
    return ""


@as_app
@by_probe
@pytest.mark.read_only
@pytest.mark.usefixtures("session_cookie")
@pytest.mark.parametrize("tampering", ["flipped", "cut short", "made up", "empty"])
def test_tampered_cookie_is_rejected_without_an_error(
    visitor: Browser, tampering: str, public_page: str
) -> None:
    owner = visitor.probe.put("seat", "E9")
    good = cookie_of(visitor)
    middle = len(good) // 2
    visitor.cookie = {
        "flipped": good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :],
        "cut short": good[:middle],
        "made up": "eyJpdiI6ImZha2UiLCJ2YWx1ZSI6ImZha2UiLCJtYWMiOiJmYWtlIn0",
        "empty": "",
    }[tampering]
    tampered = visitor.cookie
    answer = visitor.get(public_page, follow=True)
    expect_status(answer, 200)
    visitor.cookie = tampered
    facts = visitor.probe.session()
    assert facts["session"] != owner["session"], "a tampered cookie still opens the session"
    assert facts["values"] == {}, "a tampered cookie still shows the session's values"


@as_edge
@by_probe
@pytest.mark.read_only
def test_links_and_redirects_are_https_with_the_public_host(
    visitor: Browser, access: Access, pages: Pages
) -> None:
    request = visitor.probe.whoami()
    expect_public_links(request, access)
    for path in dict.fromkeys(("/", pages.public, pages.sign_in)):
        page = visitor.get(path, follow=True)
        for link in read_page(page.text, url=page.url).links:
            expect_link(not link.startswith("http://"), link, request=request)
    target = visitor.probe.redirect().headers.get("Location", "")
    expect_link(target.startswith(access.public_url), target, request=request)
    # What the app itself links to is right by now: a slash at the end is often the web server's.
    for path in dict.fromkeys((pages.public.rstrip("/"), pages.sign_in.rstrip("/"))):
        target = visitor.get(f"{path}/").headers.get("Location", "") if path else ""
        expect(
            urlsplit(target).netloc in ("", access.public_host),
            f"{path}/ is redirected to {target}",
            cause=f"the web server redirects {path}/ to {target}, with the port that it has in the"
            " task and no visitor reaches: in nginx, set absolute_redirect off in its server block;"
            " in Apache, redirect to a URL with https and the public host (public/.htaccess)",
            certain=True,
        )


def expect_public_links(request: dict[str, Any], access: Access) -> None:
    """Check that the app sees https and the public host in a request, and links accordingly."""
    expect(request["secure"], "the app takes a request over https for one over http", about=REQUEST)
    expect_link(request["url"] == f"{access.public_url}/x", request["url"], request=request)


@as_edge
@by_probe
@pytest.mark.read_only
def test_spoofed_client_address_is_ignored(probe: ProbeClient, forwarding_cause: str) -> None:
    honest = probe.whoami()["client_ip"]
    for spoof in (SPOOFED, f"{SPOOFED}, 10.0.0.1", f"127.0.0.1, {SPOOFED}"):
        address = probe.whoami(headers={"X-Forwarded-For": spoof})["client_ip"]
        expect(
            address == honest,
            f"the app believes X-Forwarded-For: {spoof} made the client's address {address},"
            f" which is {honest} without the header",
            cause=forwarding_cause
            or "the app believes a spoofed X-Forwarded-For: TRUSTED_PROXIES trusts everyone, or"
            " trustProxies(at: '*') does, and must be the load balancer's subnets",
        )


@pytest.fixture
def forwarding_cause(toolbox: Toolbox) -> str:
    """The load balancer's setting that hides visitors' addresses; empty if it appends them."""
    attributes = toolbox.web.balancer.attributes() if toolbox.web else {}
    mode = attributes.get(FORWARDING, APPEND)
    if mode == APPEND:
        return ""
    return (
        f"the load balancer's {FORWARDING} is {mode}, and must be append: the app does not get the"
        " visitor's address"
    )


def overwritten_address(request: dict[str, Any], balancers: Collection[str]) -> str:
    """Return that PHP has the load balancer's address where it sent the visitor's; else empty."""
    if not request.get("trusted_proxy") or request.get("forwarded_for") not in balancers:
        return ""
    return (
        f"PHP has the load balancer's own address, {request['forwarded_for']}, for X-Forwarded-For:"
        " the web server in the task overwrites the visitor's (fastcgi_param HTTP_X_FORWARDED_FOR,"
        " proxy_set_header): leave that out"
    )


@pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=not_covered("the load balancer's own addresses are not read there"),
    url=not_covered("the load balancer's own addresses are not known there"),
)
@pytest.mark.requires("http", "probe", "containers")
@pytest.mark.read_only
def test_app_sees_the_visitors_address(
    probe: ProbeClient, containers: Containers, forwarding_cause: str
) -> None:
    balancers = {address for address, _ in containers.addresses("edge").values()}
    request = probe.whoami()
    address = request["client_ip"]
    expect(
        address not in balancers,
        f"the app takes the load balancer for the client: {address}",
        cause=forwarding_cause or overwritten_address(request, balancers),
        about=REQUEST,
    )


@as_edge
@by_probe
@pytest.mark.read_only
def test_spoofed_host_is_ignored(probe: ProbeClient, access: Access) -> None:
    request = probe.whoami(headers={"X-Forwarded-Host": SPOOFED_HOST})
    expect(
        request["host"] == access.public_host,
        f"a request with X-Forwarded-Host {SPOOFED_HOST} has the host {request['host']}",
        cause="the app believes X-Forwarded-Host, which a load balancer passes on from anyone:"
        " trust HEADER_X_FORWARDED_AWS_ELB only"
        if request["host"] == SPOOFED_HOST
        else hidden_host(VisitorRequest.of(request)),
    )
    expect_link(request["url"] == f"{access.public_url}/x", request["url"], request=request)


@as_edge
@by_probe
@pytest.mark.read_only
def test_edge_overwrites_a_spoofed_scheme_and_port(probe: ProbeClient, access: Access) -> None:
    headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "8080"}
    expect_public_links(probe.whoami(headers=headers), access)


@as_app
@by_probe
@pytest.mark.read_only
def test_cached_values_are_read_by_another_task(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    # The probe keeps each nonce in the cache, and answers 401 when it comes again.
    replay = probe.signed("GET", "whoami")
    first = probe.send_signed(replay)
    expect_status(first, 200)
    ask_another_task(probe.whoami, than=first.json()["task"])
    for _ in range(4):
        status = probe.send_signed(replay).status_code
        expect(
            status == 401,
            f"another task accepted a replayed request: {status}",
            cause="CACHE_STORE is not shared by the tasks: file, array and apc keep values for one"
            " task alone"
            if status == 200
            else "",
        )
