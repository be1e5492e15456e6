"""The listeners' rules in the real edge: conditions, weights, redirects, fixed answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from tests.docker.balancer import (
    HOST,
    PLAIN,
    USUAL,
    Balancer,
    fixed,
    forward,
    listener,
    redirect,
    rule,
    started,
)
from tests.unit.aws.listener_rule_cases import CASES

if TYPE_CHECKING:
    import docker

    from harness.standins.control.state.model import Listener


@pytest.fixture(scope="module")
def balancer(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Balancer]:
    with started(client, image, tmp_path_factory.mktemp("run")) as load_balancer:
        load_balancer.set_targets(load_balancer.addresses[0])
        wait_until(
            lambda: (
                Ready() if load_balancer.request().status == 200 else NotYet("no target answers")
            ),
            deadline=Deadline(10),
        )
        yield load_balancer


@pytest.fixture
def alb(balancer: Balancer) -> Iterator[Balancer]:
    balancer.set_targets(balancer.addresses[0])
    yield balancer
    balancer.set_listeners(*USUAL)


def https(*rules: dict[str, object]) -> tuple[Listener, Listener]:
    return listener("HTTPS", 443, forward("web"), *rules), PLAIN


def test_nginx_reads_rules_as_the_matcher_does(alb: Balancer) -> None:
    """Each case that a client can send; source addresses are not its own to choose."""
    for name, conditions, request, holds in CASES:
        if conditions[0]["Field"] == "source-ip":
            continue
        top_rule = {"Priority": 1, "Conditions": conditions, "Actions": [fixed(418, "taken")]}
        alb.set_listeners(listener("HTTPS", 443, fixed(404, "default"), top_rule))
        path = request.path + (f"?{request.query}" if request.query else "")
        answer = alb.request(request.method, path, {"Host": request.host, **dict(request.headers)})
        status = 418 if holds else 404
        assert answer.status == status, f"{name}: {json.dumps(asdict(request))}"


def test_a_rule_rewrites_the_host_and_the_url(alb: Balancer) -> None:
    def rewriting(kind: str, config: str, expression: str, replacement: str) -> dict[str, object]:
        rewrite = {"Regex": expression, "Replace": replacement}
        return {"Type": kind, config: {"Rewrites": [rewrite]}}

    changed = {
        **rule(1, forward("web"), ("path-pattern", "/api/*")),
        "Transforms": [
            rewriting("host-header-rewrite", "HostHeaderRewriteConfig", "^tickets", "inside"),
            rewriting("url-rewrite", "UrlRewriteConfig", "^/api/(.+)\\?a=1$", "/echo?b=$1"),
        ],
    }
    alb.set_listeners(*https(changed))
    answer = alb.request(path="/api/x%20y?a=1")
    assert answer.sent("Host") == [HOST.replace("tickets", "inside")]
    assert answer.told["target"] == "/echo?b=x%20y"
    # What no expression fits goes as it came.
    answer = alb.request(path="/echo?q=%2F")
    assert (answer.sent("Host"), answer.told["target"]) == ([HOST], "/echo?q=%2F")


def test_visitors_come_from_the_internet(alb: Balancer) -> None:
    """The address of the engine's network fits no rule for an office or for the VPC."""
    for network, status in (("0.0.0.0/0", 403), ("10.0.0.0/8", 200), ("172.16.0.0/12", 200)):
        alb.set_listeners(*https(rule(1, fixed(403), ("source-ip", network))))
        assert alb.request().status == status


def test_the_first_rule_decides_and_the_others_forward(alb: Balancer) -> None:
    blocked = rule(9, fixed(403, "no", "text/html"), ("path-pattern", "/wp-admin*"))
    allowed = rule(2, forward("web"), ("path-pattern", "/wp-admin/open*"))
    alb.set_listeners(*https(blocked, allowed))
    answer = alb.request("POST", "/wp-admin/x", body=b"data")
    assert (answer.status, answer.body) == (403, b"no")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Server"] == "awselb/2.0"
    assert alb.request(path="/wp-admin/open").headers["Server"] != "awselb/2.0"
    assert alb.request(path="/").headers["Server"] != "awselb/2.0"


@pytest.mark.parametrize(
    "body", ["", 'a "quote"; } $host \\ #{path}\n', "gr\u00fcn \u2713", "x" * 1024]
)
def test_a_fixed_body_is_data(alb: Balancer, body: str) -> None:
    alb.set_listeners(listener("HTTPS", 443, fixed(503, body, "application/json")))
    answer = alb.request()
    assert (answer.status, answer.body.decode()) == (503, body)
    assert answer.headers["Content-Type"] == "application/json"
    assert alb.request("HEAD").body == b""


def test_a_redirect_names_what_it_changes(alb: Balancer) -> None:
    to = redirect(302, Host="www.#{host}", Path="/new/#{path}", Query="#{query}&p=#{port}")
    alb.set_listeners(*https(rule(1, to, ("path-pattern", "/old/*"))))
    answer = alb.request(path="/old/a%20b?c=%2F")
    assert answer.status == 302
    assert answer.headers["Location"] == f"https://www.{HOST}:443/new/old/a%20b?c=%2F&p=443"
    assert b"<h1>302 Found</h1>" in answer.body


def test_a_group_that_nothing_serves_is_named(alb: Balancer) -> None:
    alb.set_listeners(*https(rule(1, forward("blog"), ("path-pattern", "/blog*"))))
    alb.set_groups({"web": alb.addresses[:1], "blog": ()}, served=False)
    answer = alb.request(path="/blog/1")
    assert answer.status == 503
    assert answer.headers["Server"] == "awselb/2.0"
    assert b"target group blog: no service of this stack is behind it" in answer.body
    assert alb.request().status == 200


def test_each_group_has_its_own_targets(alb: Balancer) -> None:
    alb.set_groups({"web": alb.addresses[:1], "api": alb.addresses[1:]})
    alb.set_listeners(*https(rule(1, forward("api"), ("path-pattern", "/api/*"))))
    for path in ("/echo", "/api/echo", "/api/echo", "/echo"):
        assert alb.request(path=path).status < 500
    logs = {name: bytes(alb.stack.containers[name].logs()) for name in ("target", "target2")}
    assert b"/api/echo" not in logs["target"]


def test_weights_share_the_requests(alb: Balancer) -> None:
    alb.set_groups({"blue": alb.addresses[:1], "green": ()})
    alb.set_listeners(listener("HTTPS", 443, forward(blue=1, green=1)))
    statuses = Counter(alb.request().status for _ in range(60))
    assert statuses.keys() == {200, 503}
    assert min(statuses.values()) >= 12
    alb.set_listeners(listener("HTTPS", 443, forward(blue=1, green=0)))
    assert {alb.request().status for _ in range(20)} == {200}
    alb.set_listeners(listener("HTTPS", 443, forward(blue=0, green=0)))
    assert alb.request().status == 503


def test_a_sticky_visitor_stays_with_a_group(alb: Balancer) -> None:
    action = forward(blue=1, green=1)
    sticky = {"Enabled": True, "DurationSeconds": 60}
    action["ForwardConfig"]["TargetGroupStickinessConfig"] = sticky
    alb.set_groups({"blue": alb.addresses[:1], "green": ()})
    alb.set_listeners(listener("HTTPS", 443, action))
    answers = (alb.request() for _ in range(60))
    cookies = next(answer.cookies for answer in answers if answer.status == 200)
    own, cross = cookies
    assert re.fullmatch(r"AWSALBTG=[\w-]+; Expires=[^;]+ GMT; Path=/", own)
    assert re.fullmatch(r"AWSALBTGCORS=[\w-]+; .+; SameSite=None; Secure", cross)
    headers = {"Cookie": own.partition(";")[0]}
    assert {alb.request(headers=headers).status for _ in range(20)} == {200}
    assert alb.request(headers={"Cookie": "AWSALBTG=%%%"}).status in (200, 503)


def test_a_port_without_a_listener_answers_nothing(alb: Balancer) -> None:
    alb.set_listeners(listener("HTTPS", 443, forward("web")))
    with pytest.raises(ConnectionError):
        alb.request(tls=False)
    assert alb.request().status == 200


def test_plain_http_can_be_forwarded(alb: Balancer) -> None:
    alb.set_listeners(listener("HTTP", 80, forward("web")))
    answer = alb.request(tls=False)
    assert answer.status == 200
    assert answer.sent("X-Forwarded-Proto") == ["http"]
    assert answer.sent("X-Forwarded-Port") == ["80"]


def test_without_any_listener_the_answer_is_503(alb: Balancer) -> None:
    alb.set_listeners()
    assert alb.request().status == 503
