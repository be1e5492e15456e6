"""The load balancer, the session cookie, nginx, PHP-FPM and the image."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.mistakes.edits import (
    BALANCER,
    CONFIG,
    DOCKERFILE,
    FPM_POOL,
    NGINX,
    TARGET_GROUP,
    WEB_SERVICE,
    WEB_TASK,
    Edit,
    combine,
    replace,
    replace_pattern,
)
from tests.variants.edits import set_attributes, set_variables, update
from tests.variants.variant import Variant


def split_nginx() -> Edit:
    """Move the server into a file of its own, as distributions lay nginx out."""

    def apply(root: Path) -> None:
        path = root / NGINX
        before, _, server = path.read_text().partition("    server {")
        place = path.parent / "conf.d" / "shop.conf"
        place.parent.mkdir()
        place.write_text("server {" + server.rstrip().removesuffix("}"))
        path.write_text(f"{before}    include /etc/nginx/conf.d/*.conf;\n}}\n")

    return Edit((NGINX,), apply)


def add_api(root: Path) -> None:
    """Put a second web service behind a path, with its own target group and task definition."""
    ecs = root / "app" / "ecs"
    for old, new in (("web.json", "api.json"), ("service-web.json", "service-api.json")):
        text = (ecs / old).read_text()
        (ecs / new).write_text(re.sub(r"(?<!ecs/)tickets-web(?=[\"/])", "tickets-api", text))
    path = ecs / "service-api.json"
    path.write_text(path.read_text().replace('"desiredCount": 2', '"desiredCount": 1'))
    group = json.loads((root / TARGET_GROUP).read_text())
    group["TargetGroups"] = [{**group["TargetGroup"], "Name": "tickets-api"}]
    (root / TARGET_GROUP).write_text(json.dumps(group, indent=2))
    balancer = json.loads((root / BALANCER).read_text())
    own = balancer["Rules"][-1]
    actions = json.loads(json.dumps(own["Actions"]).replace("tickets-web", "tickets-api"))
    only = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}
    rule = {**own, "Priority": 5, "Conditions": [only], "Actions": actions}
    balancer["Rules"].insert(0, rule)
    (root / BALANCER).write_text(json.dumps(balancer, indent=2))
    toml = root / CONFIG
    tables = (
        "[services.api]\n"
        'task_definition = "app/ecs/api.json"\n'
        'service = "app/ecs/service-api.json"\n\n'
    )
    toml.write_text(toml.read_text().replace("[services.web]", f"{tables}[services.web]"))


APIS = [
    Variant(
        "a second web service has a path and a target group of its own",
        Edit((TARGET_GROUP, BALANCER, CONFIG, WEB_SERVICE, WEB_TASK), add_api),
    ),
]
BALANCERS = [
    Variant(
        "the target group's checks are slower",
        update(
            TARGET_GROUP,
            "TargetGroup",
            HealthCheckIntervalSeconds=6,
            HealthCheckTimeoutSeconds=4,
            HealthyThresholdCount=3,
            UnhealthyThresholdCount=3,
            HealthCheckPort="8080",
            Matcher={"HttpCode": "200-299,302"},
        ),
    ),
    Variant(
        "the target group's fields that have a default are left out",
        update(
            TARGET_GROUP,
            "TargetGroup",
            ProtocolVersion=None,
            HealthCheckEnabled=None,
            HealthCheckProtocol=None,
        ),
    ),
    Variant(
        "the load balancer keeps visitors at their task",
        set_attributes(
            TARGET_GROUP,
            {
                "stickiness.enabled": "true",
                "stickiness.type": "lb_cookie",
                "stickiness.lb_cookie.duration_seconds": "3600",
            },
        ),
    ),
    Variant(
        "requests go to the task with the fewest, and a task that leaves has 30 s",
        set_attributes(
            TARGET_GROUP,
            {
                "load_balancing.algorithm.type": "least_outstanding_requests",
                "deregistration_delay.timeout_seconds": "30",
            },
        ),
    ),
    Variant(
        "the load balancer has three subnets, IPv6 and many attributes",
        combine(
            update(
                BALANCER,
                "LoadBalancer",
                IpAddressType="dualstack",
                Scheme=None,
                Type=None,
                Subnets=[f"subnet-0a40c1e2f3b4a500{number}" for number in (1, 2, 3)],
                Tags=[{"Key": "team", "Value": "shop"}],
            ),
            set_attributes(
                BALANCER,
                {
                    "deletion_protection.enabled": "true",
                    "access_logs.s3.enabled": "true",
                    "access_logs.s3.bucket": "shop-logs",
                    "routing.http2.enabled": "true",
                    "routing.http.desync_mitigation_mode": "defensive",
                    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true",
                    "waf.fail_open.enabled": "false",
                    "client_keep_alive.seconds": "3600",
                    "idle_timeout.timeout_seconds": "55",
                },
            ),
        ),
    ),
]
COOKIES = [
    Variant(
        "the session cookie has another name, domain and lifetime",
        set_variables(
            {
                "SESSION_COOKIE": "shop-sid",
                "SESSION_DOMAIN": "876events.example",
                "SESSION_LIFETIME": "43200",
                "SESSION_ENCRYPT": "true",
                "SESSION_EXPIRE_ON_CLOSE": "true",
                "SESSION_SAME_SITE": "strict",
            }
        ),
    ),
]
SERVERS = [
    Variant("answers are not compressed", replace(NGINX, "gzip on;", "gzip off;")),
    Variant("nginx's server has a file of its own", split_nginx()),
    Variant(
        "PHP-FPM starts its workers as they are needed",
        replace(
            FPM_POOL,
            "pm = static\npm.max_children = 10\n",
            "pm = dynamic\npm.max_children = 12\npm.start_servers = 3\npm.min_spare_servers = 2\n"
            "pm.max_spare_servers = 6\n",
        ),
    ),
    Variant(
        "the image has a stage more, labels, a health check, and is larger",
        combine(
            replace_pattern(
                DOCKERFILE,
                r"^# hadolint ignore=DL3006\nFROM \$\{BASE\}$",
                "# hadolint ignore=DL3006\nFROM ${BASE} AS assets\nRUN mkdir -p /built"
                " && head -c 60000000 /dev/urandom > /built/map.bin\n\nFROM ${BASE}\n"
                "COPY --from=assets /built /usr/share/shop\n"
                'LABEL org.opencontainers.image.title="shop"\n'
                "ENV TZ=Europe/Prague COMPOSER_ALLOW_SUPERUSER=1\n"
                "HEALTHCHECK CMD curl -f http://localhost:8080/healthz",
            ),
        ),
    ),
    Variant(
        "the image's user is a number that has no name",
        combine(
            replace(DOCKERFILE, "USER www-data", "USER 10001:10001"),
            replace_pattern(DOCKERFILE, r"chown www-data:www-data", "chown 10001:10001"),
        ),
    ),
]
