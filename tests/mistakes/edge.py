"""Mistakes of the load balancer, and of nginx behind it."""

from __future__ import annotations

from typing import Any

from scenarios import test_accounts as accounts
from scenarios import test_edge as edge
from scenarios import test_pages as pages
from scenarios import test_php as php
from scenarios import test_sessions as sessions
from scenarios import test_uploads as uploads
from tests.mistakes.edits import BALANCER, NGINX, Edit, edit_json, replace, replace_pattern
from tests.mistakes.mistake import USAGE, Mistake, Twin

HOST = "tickets.876events.example"
LOGIN = f"https://{HOST}/login"
ARN = "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/{}/6d0ecf831eec9f09"
REDIRECT = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}


def forward(**weights: int) -> dict[str, Any]:
    """Return an action that forwards by weight; an underscore stands for a hyphen."""
    groups = [
        {"TargetGroupArn": ARN.format(name.replace("_", "-")), "Weight": weight}
        for name, weight in weights.items()
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def fixed(status: int, body: str = "") -> dict[str, Any]:
    """Return an action with a fixed response."""
    config = {"StatusCode": str(status), "ContentType": "text/html", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def redirect(**config: str) -> dict[str, Any]:
    """Return an action that leads elsewhere."""
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}


def rewrite(kind: str, config: str, expression: str, replacement: str) -> dict[str, Any]:
    """Return a transform of a rule."""
    return {"Type": kind, config: {"Rewrites": [{"Regex": expression, "Replace": replacement}]}}


def add_rule(action: dict[str, Any], *, path: str = "", host: str = "") -> Edit:
    """Add a rule to the HTTPS listener, before the one that leads the host to the app."""

    def change(document: dict[str, Any]) -> None:
        config = {"PathPatternConfig": {"Values": [path]}}
        condition = {"Field": "path-pattern", **config}
        if host:
            condition = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
        *others, own = document["Rules"]
        number = len(others) + 1
        rule = {**own, "Priority": number, "Conditions": [condition], "Actions": [action]}
        document["Rules"] = [*others, rule, own]

    return edit_json(BALANCER, change)


def set_rule(**fields: Any) -> Edit:
    """Change the rule that leads the public host to the app."""
    return edit_json(BALANCER, lambda document: document["Rules"][-1].update(fields))


def set_hosts(*hosts: str) -> Edit:
    """Change the hosts of the rule that leads to the app."""
    return set_rule(Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [*hosts]}}])


def set_plain(*actions: dict[str, Any]) -> Edit:
    """Change the actions of the HTTP listener; without any there is no listener."""

    def change(document: dict[str, Any]) -> None:
        https, http = document["Listeners"]
        http["DefaultActions"] = [*actions]
        document["Listeners"] = [https, http] if actions else [https]

    return edit_json(BALANCER, change)


def take_methods(*methods: str) -> Edit:
    """Have the rule that leads to the app take requests of these methods only."""
    condition = {
        "Field": "http-request-method",
        "HttpRequestMethodConfig": {"Values": list(methods)},
    }
    return edit_json(
        BALANCER, lambda document: document["Rules"][0]["Conditions"].append(condition)
    )


MISTAKES = (
    Mistake(
        "nginx answers the health check itself",
        replace(
            NGINX,
            "location / {",
            "location = /healthz { return 200 ok; }\n        location / {",
        ),
        breaks=[edge.test_unhealthy_target_gets_no_traffic],
        cause="the health check does not reach the app",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "nginx passes the health check to the app by a location of its own",
            replace(
                NGINX,
                "location / {",
                "location = /healthz { try_files $uri /index.php?$query_string; }\n"
                "        location / {",
            ),
        ),
    ),
    Mistake(
        "the load balancer's idle time-out is longer than a user waits",
        replace(BALANCER, '"Value": "60"', '"Value": "4000"'),
        breaks=[edge.test_target_slower_than_the_idle_timeout_gives_504],
        cause="idle_timeout.timeout_seconds is 4000",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        twin=Twin(
            "the load balancer's idle time-out is 30 s",
            replace(BALANCER, '"Value": "60"', '"Value": "30"'),
        ),
    ),
    Mistake(
        "nginx gives PHP a host of its own",
        replace(
            NGINX, 'HTTP_PROXY "";', 'HTTP_PROXY "";\n            fastcgi_param HTTP_HOST app;'
        ),
        breaks=[
            sessions.test_links_and_redirects_are_https_with_the_public_host,
            sessions.test_spoofed_host_is_ignored,
            php.test_caches_are_warm_and_hold_the_tasks_own_values,
            accounts.test_private_page_redirects_to_the_sign_in_page,
            accounts.test_sign_in_holds_on_every_task,
        ],
        cause='PHP has the host "app", and the request was for tickets.876events.example',
        also_green=[edge.test_plain_http_is_redirected_to_https],
        twin=Twin(
            "nginx gives PHP the visitor's host",
            replace(
                NGINX,
                'HTTP_PROXY "";',
                'HTTP_PROXY "";\n            fastcgi_param HTTP_HOST $host;',
            ),
        ),
    ),
    Mistake(
        "the load balancer's rule rewrites the host",
        set_rule(
            Transforms=[
                rewrite("host-header-rewrite", "HostHeaderRewriteConfig", "^[a-z]+", "internal")
            ]
        ),
        breaks=[
            sessions.test_links_and_redirects_are_https_with_the_public_host,
            sessions.test_spoofed_host_is_ignored,
            php.test_caches_are_warm_and_hold_the_tasks_own_values,
            accounts.test_private_page_redirects_to_the_sign_in_page,
            accounts.test_sign_in_holds_on_every_task,
        ],
        cause='PHP has the host "internal.876events.example", and the request was for',
        also_green=[edge.test_plain_http_is_redirected_to_https],
        twin=Twin(
            "the load balancer's rule rewrites addresses of the old host",
            set_rule(Transforms=[rewrite("url-rewrite", "UrlRewriteConfig", "^/old/(.*)$", "/$1")]),
        ),
    ),
    Mistake(
        "nginx keeps the query string for itself",
        replace(NGINX, "/index.php?$query_string", "/index.php"),
        breaks=[edge.test_query_string_reaches_the_app],
        cause="the web server keeps the query string from the app",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        twin=Twin(
            "nginx writes the query string as its manual does",
            replace(NGINX, "/index.php?$query_string", "/index.php$is_args$args"),
        ),
    ),
    Mistake(
        "nginx gives up before the app answers",
        replace_pattern(NGINX, r"fastcgi_read_timeout \d+s", "fastcgi_read_timeout 2s"),
        breaks=[edge.test_target_slower_than_the_idle_timeout_gives_504],
        cause="fastcgi_read_timeout in the image is too short",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        twin=Twin(
            "nginx gives up a little later than the load balancer",
            replace_pattern(NGINX, r"fastcgi_read_timeout \d+s", "fastcgi_read_timeout 65s"),
        ),
    ),
    Mistake(
        "the maintenance page of the switch is still the first rule",
        add_rule(fixed(503, "<h1>We are moving</h1>"), path="*"),
        cause=f"answer {LOGIN} with a fixed 503",
        also_green=[edge.test_public_page_has_no_redirect_loop],
        exit_code=USAGE,
        twin=Twin(
            "the first rule refuses a path of another program's",
            add_rule(fixed(403), path="/wp-admin*"),
        ),
    ),
    Mistake(
        "the load balancer's rule takes www alone",
        set_hosts(f"www.{HOST}"),
        cause=f"answer {LOGIN} with a fixed 404",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=USAGE,
        twin=Twin(
            "the load balancer's rule takes www too",
            set_hosts(HOST.upper(), f"www.{HOST}"),
        ),
    ),
    Mistake(
        "the HTTPS listener redirects to itself",
        add_rule(redirect(Protocol="HTTPS", Port="443"), path="/*"),
        cause=f"redirect {LOGIN} in a circle",
        also_green=[edge.test_public_page_has_no_redirect_loop],
        exit_code=USAGE,
        twin=Twin(
            "the HTTPS listener leads another name to the app's",
            add_rule(redirect(Host=HOST), host="876events.example"),
        ),
    ),
    Mistake(
        "the HTTPS listener redirects to HTTP",
        add_rule(redirect(Protocol="HTTP", Port="80"), path="/login"),
        cause='RedirectConfig.Protocol is "HTTP", and AWS takes no redirect from HTTPS to HTTP',
        exit_code=USAGE,
    ),
    Mistake(
        "the redirect to https leads to the front page",
        set_plain(redirect(Protocol="HTTPS", Port="443", Path="/")),
        cause='RedirectConfig.Path is "/"',
        exit_code=USAGE,
    ),
    Mistake(
        "the app's target group has no weight since the switch was put off",
        set_rule(Actions=[forward(tickets_web=0, old_hosting=100)]),
        cause=f'give "tickets-web" of ecs.target_group the weight 0 for {LOGIN}',
        also_green=[edge.test_public_page_has_no_redirect_loop],
        exit_code=USAGE,
        twin=Twin(
            "the old hosting's target group has no weight since the switch",
            set_rule(Actions=[forward(tickets_web=100, old_hosting=0)]),
        ),
    ),
    Mistake(
        "a rule leads orders to another target group",
        add_rule({"Type": "forward", "TargetGroupArn": ARN.format("shop")}, path="/orders*"),
        cause=f'lead https://{HOST}/orders to "shop", and ecs.target_group has "tickets-web"',
        also_green=[edge.test_public_page_has_no_redirect_loop],
        exit_code=USAGE,
        twin=Twin(
            "a rule leads another program's pages to its own target group",
            add_rule({"Type": "forward", "TargetGroupArn": ARN.format("blog")}, path="/blog*"),
        ),
    ),
    Mistake(
        "a rule refuses the styles of pages",
        add_rule(fixed(404, "Not found"), path="/css/*"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="answers /css/app.css with a fixed 404",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        twin=Twin("a rule refuses styles that no page has", add_rule(fixed(404), path="/less/*")),
    ),
    Mistake(
        "a rule leads scripts to another target group",
        add_rule({"Type": "forward", "TargetGroupArn": ARN.format("assets")}, path="/js/*"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="leads /js/countdown.js to the target group assets",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
    ),
    Mistake(
        "plain HTTP is forwarded, and not redirected",
        set_plain({"Type": "forward", "TargetGroupArn": ARN.format("tickets-web")}),
        breaks=[edge.test_plain_http_is_redirected_to_https],
        cause="the HTTP listener's action is no redirect",
        also_green=[edge.test_public_page_has_no_redirect_loop],
        twin=Twin(
            "plain HTTP is redirected for a while only",
            set_plain(redirect(**{**REDIRECT, "StatusCode": "HTTP_302"})),
        ),
    ),
    Mistake(
        "nobody listens for plain HTTP",
        set_plain(),
        breaks=[edge.test_plain_http_is_redirected_to_https],
        cause="the load balancer has no listener on port 80",
        also_green=[edge.test_public_page_has_no_redirect_loop],
    ),
    Mistake(
        "the load balancer's rule takes GET only",
        take_methods("GET", "HEAD"),
        cause="no form would reach the tasks, and GET does",
        also_green=[uploads.test_removed_file_is_gone_for_every_task],
        exit_code=USAGE,
        twin=Twin(
            "the load balancer's rule takes what forms of a browser send",
            take_methods("GET", "HEAD", "POST"),
        ),
    ),
    Mistake(
        "plain HTTP is redirected to another host",
        replace(BALANCER, '"Port": "443"', '"Port": "443", "Host": "www.876events.example"'),
        cause="redirect http://tickets.876events.example/login to www.876events.example",
        exit_code=USAGE,
        also_green=[edge.test_plain_http_is_redirected_to_https],
        twin=Twin(
            "plain HTTP is redirected to the same host",
            replace(BALANCER, '"Port": "443"', '"Port": "443", "Host": "#{host}"'),
        ),
    ),
)
