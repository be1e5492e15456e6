"""Every name that the app's owner chose is another one."""

from __future__ import annotations

from tests.mistakes.edits import (
    DOCKERFILE,
    NGINX,
    combine,
    replace,
    replace_pattern,
)
from tests.variants.edits import rename
from tests.variants.variant import Variant

NAMES = [
    Variant(
        "the cluster has another name",
        rename(
            (r"cluster/tickets\b", "cluster/shop-production"),
            (r'"cluster": "tickets"', '"cluster": "shop-production"'),
            (r'\ncluster = "tickets"', '\ncluster = "shop-production"'),
        ),
    ),
    Variant(
        "the services have other names",
        rename(
            (r'"serviceName": "tickets-web"', '"serviceName": "front"'),
            (r'"serviceName": "tickets-worker"', '"serviceName": "queue_runner-2"'),
        ),
    ),
    Variant(
        "the families have other names",
        rename(
            (r'"(family|taskDefinition)": "tickets-', r'"\1": "Shop_'),
            (r"task-definition/tickets-", "task-definition/Shop_"),
        ),
    ),
    Variant(
        "the containers have other names",
        rename((r'"(name|containerName)": "app"', r'"\1": "php"')),
    ),
    Variant(
        "load balancer and target group have other names",
        rename(
            (r'"Name": "tickets-web"', '"Name": "shop-front-8080"'),
            (r"targetgroup/tickets-web", "targetgroup/shop-front-8080"),
            (r'"Name": "tickets"', '"Name": "public-alb"'),
        ),
    ),
    Variant("the queues have other names", rename((r"\btickets-jobs", "shop_prod-default"))),
    Variant("the bucket has another name", rename(("876events-tickets-uploads", "shop-prod-0042"))),
    Variant(
        "the secrets have other names",
        rename(
            (r"\btickets/db\b", "rds!cluster-0a1b2c3d-1111-2222-3333-444455556666"),
            (r"\btickets/app\b", "prod-laravel"),
        ),
    ),
    Variant(
        "the roles have other names, and a path",
        rename(
            (r"role/tickets-", "role/shop/Prod-"),
            (r'"RoleName": "tickets-', '"Path": "/shop/",\n  "RoleName": "Prod-'),
        ),
    ),
    Variant(
        "the rule has another name",
        rename((r"\btickets-schedule\b(?!-)", "every.minute"), (r'"Id": "scheduler"', '"Id": "1"')),
    ),
    Variant(
        "schema and account of the database have other names",
        rename(
            (r'\[database\]\nname = "tickets"', '[database]\nname = "shop_production"'),
            (r'(DB_DATABASE",\n\s*"value": )"tickets"', r'\1"shop_production"'),
            (r'username = "tickets"', 'username = "shop_rw"'),
        ),
    ),
    Variant(
        "the database's endpoints have other names",
        rename((r"tickets\.(cluster|proxy)-cq8w2k7example", r"shop-prod.\1-c0example1234")),
    ),
    Variant(
        "the host is another one",
        rename((r"tickets\.876events\.example", "www.shop.example.com")),
    ),
    Variant(
        "the log groups have other names",
        rename(
            (r"/ecs/tickets-(\w+)", r"shop-prod/\1/app"),
            (r'("awslogs-stream-prefix": )"\w+"', r'\1"ecs"'),
        ),
    ),
    Variant(
        "the security groups have other names and ids",
        rename(
            (r"sg-0a40c1e2f3b4a51", "sg-11"),
            (r'(_group = |"GroupName": )"tickets-', r'\1"Prod '),
            (r"vpc-0a40c1e2f3b4a5000", "vpc-0123abcd"),
        ),
    ),
    Variant(
        "the app listens on another port",
        combine(
            rename((r"\b8080\b", "9000")),
            replace(NGINX, "listen 8080", "listen 9000"),
            replace(DOCKERFILE, "EXPOSE 8080", "EXPOSE 9000"),
        ),
    ),
    Variant(
        "the app is in /var/www/html, and its health check at /up",
        combine(
            rename((r"/srv/app", "/var/www/html"), (r"/healthz", "/up")),
            replace(NGINX, "/srv/app", "/var/www/html"),
            replace(NGINX, "/healthz", "/up"),
            replace("app/bootstrap/app.php", "/healthz", "/up"),
            replace("app/docker/usr/local/bin/entrypoint", "/srv/app", "/var/www/html"),
            replace_pattern(DOCKERFILE, r" /var/www/html \\$", r" \\"),
            replace(DOCKERFILE, "/srv/app", "/var/www/html"),
        ),
    ),
]
