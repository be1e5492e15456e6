"""Mistakes of the load balancer, and of nginx behind it."""

from __future__ import annotations

from scenarios import test_edge as edge
from scenarios import test_sessions as sessions
from tests.mistakes.edits import BALANCER, NGINX, replace, replace_pattern
from tests.mistakes.mistake import Mistake, Twin

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
)
