"""A visitor stays the same visitor, whichever task answers, behind a load balancer ending TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import ExpectationError
from harness.report import emulated, not_covered, proved
from harness.target.clients.browser import cookie_from, is_for_host, read_page
from harness.target.clients.probe import unless_away
from scenarios.deployment_settings import downtime_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.browser import Account, Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.web_tier import WebTier

SPOOFED = "203.0.113.7"
ANSWERS_FROM_NEW_TASKS = 6

by_probe = pytest.mark.requires("http", "probe")
as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
as_edge = pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=proved,
    url=proved,
)
not_on_production = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("it would register a visitor in production")
)


@as_app
@by_probe
@pytest.mark.read_only
def test_a_value_put_through_one_task_is_read_through_the_other(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    put = probe.put("seat", "A12")
    there = ask_another_task(probe.session, than=put["task"])
    if there["session"] != put["session"]:
        raise AssertionError("another task does not know this session's id from its cookie")
    assert there["values"].get("seat") == "A12", (
        f"the session driver is {there['driver']!r}, and another task does not see what was put"
    )


@as_app
@by_probe
@pytest.mark.read_only
def test_the_session_is_a_row_of_the_sessions_table_and_no_file(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    put = probe.put("seat", "B7")
    for facts in (probe.session(), ask_another_task(probe.session, than=put["task"])):
        driver = facts["driver"]
        assert driver == "database", f"the session driver is {driver!r}, and not database"
        assert facts["row"], "the session's id is not in the sessions table"
        assert facts["files"] == 0, f"task {facts['task']} keeps {facts['files']} session files"


@pytest.mark.truth(
    local=emulated("control stands in for ECS, and replaces tasks in the same order"),
    aws=proved,
    url=not_covered("it would replace production's tasks"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(alone=1)
def test_the_session_survives_the_replacement_of_every_web_task_and_no_request_fails(
    probe: ProbeClient,
    web_tier: WebTier,
    eventually: Callable[..., Any],
) -> None:
    probe.put("seat", "C3")
    old, answered = web_tier.running(), [""]
    web_tier.replace_all()

    def ask() -> set[str]:
        answer = unless_away(probe.session)
        if isinstance(answer, str):
            raise ExpectationError(
                f"a request failed during the deployment: {answer}",
                cause=downtime_cause(web_tier.describe()),
                certain=True,
            )
        (facts,) = answer
        assert facts["values"].get("seat") == "C3", f"task {facts['task']} lost the session"
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
@pytest.mark.usefixtures("session_cookie")
def test_the_session_cookie_is_secure_and_named_as_configured(
    visitor: Browser, access: Access
) -> None:
    cookie = cookie_from(visitor.get("/login"), access.session_cookie)
    assert cookie is not None, f"the sign-in page sets no cookie named {access.session_cookie}"
    assert "secure" in cookie, "the session cookie is not Secure"
    assert "httponly" in cookie, "the session cookie is not HttpOnly"
    same_site = cookie.get("samesite", "(unset)")
    assert same_site.lower() in ("lax", "strict"), f"the session cookie is SameSite={same_site}"
    domain = cookie.get("domain", "")
    assert is_for_host(domain, access.public_host), f"the session cookie is for the domain {domain}"
    assert cookie.get("path") == "/", f"the session cookie is for {cookie.get('path')} only"


@not_on_production
@by_probe
@pytest.mark.mutates
def test_signing_in_gives_the_session_a_new_id(visitor: Browser, member: Account) -> None:
    visitor.get("/")
    before = visitor.probe.session()["session"]
    answer = visitor.sign_in(member)
    assert answer.status_code in (302, 303), f"POST /login answered {answer.status_code}"
    assert visitor.is_signed_in(), "who has signed in is not signed in on the next page"
    after = visitor.probe.session()["session"]
    assert after != before, "signing in kept the session's id"


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_a_form_passes_with_its_token_and_not_without(
    visitor: Browser, new_account: Callable[[], Account], access: Access
) -> None:
    stranger = new_account()
    answer = visitor.sign_in(stranger)
    assert answer.status_code != 419, "POST /login with its token answered 419"
    forged = visitor.http.post(
        f"{access.public_url}/login", data={"email": stranger.email}, allow_redirects=False
    )
    assert forged.status_code == 419, f"a form without its token was accepted: {forged.status_code}"


@not_on_production
@by_probe
@pytest.mark.mutates
def test_signing_out_ends_the_session_on_all_tasks(
    visitor: Browser,
    new_visitor: Callable[[], Browser],
    member: Account,
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    visitor.sign_in(member)
    visitor.probe.put("seat", "D1")
    thief = new_visitor()
    kept = visitor.cookie
    assert kept, f"the app sets no cookie named {visitor.cookie_name}"
    thief.cookie = kept
    assert thief.is_signed_in(), "the cookie does not carry the sign-in to another browser"
    visitor.sign_out()
    thief.cookie = kept
    here = thief.probe.session()
    there = ask_another_task(thief.probe.session, than=here["task"])
    for facts in (here, there):
        assert facts["values"] == {}, "the session lives on after signing out"
    thief.cookie = kept
    assert not thief.is_signed_in(), "the session lives on after signing out"


@as_app
@by_probe
@pytest.mark.read_only
@pytest.mark.usefixtures("session_cookie")
@pytest.mark.parametrize("how", ["flipped", "cut short", "made up", "empty"])
def test_a_tampered_cookie_is_refused_and_never_an_error(visitor: Browser, how: str) -> None:
    owner = visitor.probe.put("seat", "E9")
    good = visitor.cookie
    assert good, f"the app sets no cookie named {visitor.cookie_name}"
    middle = len(good) // 2
    visitor.cookie = {
        "flipped": good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :],
        "cut short": good[:middle],
        "made up": "eyJpdiI6ImZha2UiLCJ2YWx1ZSI6ImZha2UiLCJtYWMiOiJmYWtlIn0",
        "empty": "",
    }[how]
    tampered = visitor.cookie
    answer = visitor.get("/login")
    assert answer.status_code == 200, f"GET /login with a tampered cookie: {answer.status_code}"
    visitor.cookie = tampered
    facts = visitor.probe.session()
    assert facts["session"] != owner["session"], "a tampered cookie still opens the session"
    assert facts["values"] == {}, "a tampered cookie still shows what is in the session"


@as_edge
@by_probe
@pytest.mark.read_only
def test_links_and_redirects_are_https_with_the_public_host(
    visitor: Browser, access: Access
) -> None:
    seen = visitor.probe.whoami()
    assert seen["secure"], "the app does not see that the visitor uses https"
    assert seen["url"] == f"{access.public_url}/x", f"a link of the app is {seen['url']}"
    for path in ("/", "/login"):
        page = visitor.get(path, follow=True)
        for link in read_page(page.text, url=page.url).links:
            assert not link.startswith("http://"), f"a link of the app is {link}"
    target = visitor.probe.redirect().headers.get("Location", "")
    assert target.startswith(access.public_url), f"a redirect of the app goes to {target}"
    private = visitor.get("/orders").headers.get("Location", "")
    assert private == f"{access.public_url}/login", f"a redirect of the app goes to {private}"


@as_edge
@by_probe
@pytest.mark.read_only
def test_a_spoofed_client_address_is_not_believed(probe: ProbeClient) -> None:
    honest = probe.whoami()["client_ip"]
    for spoof in (SPOOFED, f"{SPOOFED}, 10.0.0.1", f"127.0.0.1, {SPOOFED}"):
        seen = probe.whoami(headers={"X-Forwarded-For": spoof})["client_ip"]
        assert seen == honest, (
            f"the app takes the client's word for its address: X-Forwarded-For: {spoof} made it "
            f"{seen}, and without the header it is {honest}"
        )


@pytest.mark.truth(
    local=emulated("nginx stands in for the load balancer, and adds the same headers"),
    aws=not_covered("the load balancer's own addresses are not read there"),
    url=not_covered("the load balancer's own addresses are not known there"),
)
@pytest.mark.requires("http", "probe", "containers")
@pytest.mark.read_only
def test_the_client_address_is_the_one_that_the_edge_appended(
    probe: ProbeClient, containers: Containers
) -> None:
    edges_own = {address for address, _ in containers.addresses("edge").values()}
    seen = probe.whoami()["client_ip"]
    assert seen not in edges_own, f"the app takes the load balancer for the client: {seen}"


@as_edge
@by_probe
@pytest.mark.read_only
def test_a_spoofed_host_is_not_believed(probe: ProbeClient, access: Access) -> None:
    seen = probe.whoami(headers={"X-Forwarded-Host": "evil.example"})
    assert seen["host"] == access.public_host, (
        f"the app takes the client's word for its host: X-Forwarded-Host made it {seen['host']}"
    )
    assert seen["url"] == f"{access.public_url}/x", f"a link of the app is {seen['url']}"


@as_edge
@by_probe
@pytest.mark.read_only
def test_a_spoofed_scheme_and_port_are_overwritten_by_the_edge(
    probe: ProbeClient, access: Access
) -> None:
    seen = probe.whoami(headers={"X-Forwarded-Proto": "http", "X-Forwarded-Port": "8080"})
    assert seen["secure"], "the app does not see that the visitor uses https"
    assert seen["url"] == f"{access.public_url}/x", f"a link of the app is {seen['url']}"


@as_app
@by_probe
@pytest.mark.read_only
def test_what_one_task_puts_into_the_cache_every_task_sees(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    replay = probe.signed("GET", "whoami")
    first = probe.send_signed(replay)
    assert first.status_code == 200, f"GET /_probe/v1/whoami answered {first.status_code}"
    ask_another_task(probe.whoami, than=first.json()["task"])
    for _ in range(4):
        again = probe.send_signed(replay).status_code
        assert again == 401, f"a replayed request was accepted by another task: {again}"
