"""The load balancer redirects to https, uses healthy tasks only, and reports errors by status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from harness.diagnosis.expect import ExpectationError, expect
from harness.report import emulated, not_covered, proved
from harness.target.clients.http import is_load_balancers_own
from harness.target.clients.probe import answer_or_unavailable
from scenarios.checks import SHORT_FASTCGI, expect_status
from scenarios.reports import OLDER_PROBE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.web_tier import WebTier
    from harness.target.target import Differences

UNKNOWN_HOST = "unknown.invalid"
QUERY = "page=2&sort=date"
REDIRECTS, REFUSED, SERVER_ERROR = (301, 302, 307, 308), 400, 500
SHORT_S = 1
LONGER_S = 2
REQUESTS = 8
LONGEST_IDLE_S = 300

as_nginx = emulated("nginx stands in for the load balancer")
as_edge = pytest.mark.truth(local=as_nginx, aws=proved, url=proved)
as_control = pytest.mark.truth(
    local=emulated("nginx and control stand in for the load balancer and its target group"),
    aws=proved,
    url=not_covered("it would disturb production's visitors"),
)


@pytest.mark.truth(local=as_nginx, aws=proved, url=not_covered("only the https URL is known"))
@pytest.mark.requires("http_plain")
@pytest.mark.read_only
def test_plain_http_is_redirected_to_https(
    web: Callable[[], requests.Session], access: Access, observe: Callable[..., None]
) -> None:
    path = f"{access.pages.public}?from=poster"
    plain = f"http://{access.public_host}{path}"
    answer = answer_of(web(), plain)
    # An ALB includes the port, as its redirect action does.
    location = answer.headers.get("Location", "").replace(":443/", "/")
    observe("redirect", text=f"{answer.status_code} {location}")
    expect(
        answer.status_code in REDIRECTS and location.startswith("https://"),
        f"{plain} answered {answer.status_code} {location}",
        cause="a visitor of http:// stays there, since the HTTP listener's action is no redirect:"
        ' make it one, with "HTTPS" as Protocol and "443" as Port, in Listeners of the file of'
        " ecs.load_balancer",
        certain=True,
    )
    assert location == f"{access.public_url}{path}", f"redirected to {location}"


def answer_of(visitor: requests.Session, url: str) -> requests.Response:
    """Return the first answer of a plain HTTP address, which needs a listener."""
    import requests

    try:
        return visitor.get(url, allow_redirects=False, timeout=10)
    except requests.ConnectionError as error:
        raise ExpectationError(
            f"{url} has no answer: {error}",
            cause="the load balancer has no listener on port 80, so links to http:// and names that"
            " are typed lead nowhere: add one that redirects to HTTPS 443, in Listeners of"
            " the file of ecs.load_balancer",
        ) from error


@as_edge
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_public_page_has_no_redirect_loop(
    web: Callable[[], requests.Session], access: Access, public_page: str
) -> None:
    answer = web().get(access.public_url + public_page, timeout=30)
    expect_status(answer, 200)
    assert len(answer.history) <= 1, f"{len(answer.history)} redirects before the page"


@as_edge
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_query_string_reaches_the_app(probe: ProbeClient) -> None:
    request = probe.ask("GET", f"whoami?{QUERY}")
    if "query" not in request:
        pytest.skip(OLDER_PROBE)
    expect(
        urlencode(request["query"] or {}) == QUERY,
        f"the app was asked with ?{QUERY}, and has {request['query']}",
        cause="the web server keeps the query string from the app: with nginx, try_files ends with"
        " /index.php?$query_string, and QUERY_STRING is among the fastcgi_param",
        certain=True,
    )


@as_edge
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_unknown_host_does_not_reach_the_app(
    web: Callable[[], requests.Session],
    access: Access,
    observe: Callable[..., None],
) -> None:
    headers = {"Host": UNKNOWN_HOST}
    answer = web().get(access.public_url, headers=headers, timeout=10, allow_redirects=False)
    observe("status", number=answer.status_code)
    if is_load_balancers_own(answer):
        return
    assert answer.status_code < SERVER_ERROR, (
        f"the app answers {answer.status_code} for an unknown host"
    )
    if answer.status_code < REFUSED:
        has_links = UNKNOWN_HOST in answer.headers.get("Location", "") + answer.text
        risk = ", which writes links to it" if has_links else ""
        pytest.skip(
            f"not covered: the load balancer leads each host to the app{risk}. A rule for"
            f" {access.public_host} alone, or TrustHosts in bootstrap/app.php, refuses the others"
        )


@as_control
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(exclusive=True)
def test_target_slower_than_the_idle_timeout_gives_504(
    probe: ProbeClient,
    web_tier: WebTier,
    eventually: Callable[..., Any],
) -> None:
    configured = web_tier.balancer.idle_timeout_s()
    expect(
        configured <= LONGEST_IDLE_S,
        f"the idle time-out is {configured} s, and nobody waits for a page that long",
        cause=f"idle_timeout.timeout_seconds is {configured}: set it to what a visitor waits for a"
        f" page, {LONGEST_IDLE_S} at most, so that a hanging request ends",
        certain=True,
    )
    with web_tier.balancer.idle_timeout(SHORT_S):
        eventually(
            lambda: probe.slow(LONGER_S, timeout_s=10).status_code,
            until=lambda status: status == 504,
            what=f"A target that needs {LONGER_S} s never gave 504 after {SHORT_S} s",
        )
    # The change takes time, and other scenarios must not meet the short time-out.
    eventually(
        lambda: probe.slow(LONGER_S, timeout_s=10).status_code,
        until=lambda status: status == 200,
        what=f"The idle time-out is {configured} s again, and {LONGER_S} s are still too long",
        cause=lambda status: SHORT_FASTCGI if status == 504 else "",
        certain=lambda status: status == 504,
    )


@pytest.fixture
def make_unhealthy(probe: ProbeClient, ecs: Any, access: Access) -> Iterator[Callable[[], str]]:
    """Make a web task fail its health check, and stop it after the scenario.

    ECS might let it run on for its grace period.
    """
    tasks: list[str] = []

    def fail() -> str:
        tasks.append(probe.set_health(False)["task"])
        return tasks[-1]

    yield fail
    for task in tasks:
        ecs.stop_task(cluster=access.cluster, task=task, reason="the scenario is over")


@as_control
@pytest.mark.requires("http", "probe", "ecs", "elb")
@pytest.mark.mutates(exclusive=True)
def test_unhealthy_target_gets_no_traffic(
    probe: ProbeClient,
    web_tier: WebTier,
    eventually: Callable[..., Any],
    differences: Differences,
    make_unhealthy: Callable[[], str],
) -> None:
    alone = len(web_tier.running()) == 1
    unhealthy = make_unhealthy()
    address = web_tier.address_of(unhealthy)
    target = eventually(
        lambda: [str(target) for target in web_tier.targets() if target.address == address],
        until=lambda targets: not targets or " healthy" not in targets[0],
        what=f"Task {unhealthy} fails its health check, and its target stays healthy",
        within_s=differences.eventual_timeout_s + web_tier.group.unhealthy_within_s(),
        cause="the health check does not reach the app: nginx, or a file of the public directory,"
        " answers HealthCheckPath, so that a task without a database stays in service",
        certain=True,
    )

    def tasks() -> set[str]:
        if not alone:
            return {probe.whoami()["task"] for _ in range(REQUESTS)}
        # Without a healthy target a load balancer takes the others, until ECS has replaced them.
        answers = [answer_or_unavailable(probe.whoami) for _ in range(REQUESTS)]
        return {answer if isinstance(answer, str) else answer[0]["task"] for answer in answers}

    replaced_s = web_tier.steady_within_s()
    eventually(
        tasks,
        until=lambda tasks: unhealthy not in tasks,
        what=f"Task {unhealthy} gets traffic, though its target is {target}",
        within_s=replaced_s if alone else differences.eventual_timeout_s,
        cause="the load balancer still sends visitors to a target that it knows to be unhealthy",
    )


@as_control
@pytest.mark.requires("http", "ecs", "elb")
@pytest.mark.mutates(exclusive=True, order=3)
def test_no_target_gives_503(
    web: Callable[[], requests.Session],
    web_tier: WebTier,
    access: Access,
    public_page: str,
    eventually: Callable[..., Any],
    observe: Callable[..., None],
) -> None:
    visitor, url = web(), access.public_url + public_page
    answers: list[int] = []

    def ask() -> int:
        answers.append(visitor.get(url, timeout=10).status_code)
        return answers[-1]

    with web_tier.scaled_to(0):
        eventually(ask, until=lambda status: status == 503, what="desiredCount is 0 without a 503")
    observe("statuses", set=answers)
    assert set(answers) <= {200, 503}, f"while the tasks stopped, visitors got {set(answers)}"
