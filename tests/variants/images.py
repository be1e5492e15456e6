"""Other images: the processes of a web task, and the ways to begin them."""

from __future__ import annotations

from typing import Any

from tests.mistakes.edits import (
    DOCKERFILE,
    ENTRYPOINT,
    FPM_POOL,
    NGINX,
    Edit,
    add_file,
    combine,
    edit_container,
    replace,
    replace_pattern,
    run_in_build,
    set_field,
)
from tests.variants.edits import edit_containers, set_variables
from tests.variants.variant import Variant

SUPERVISOR = """[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=/tmp/supervisord.pid

[program:php-fpm]
command=php-fpm8.4 --nodaemonize
priority=10
stopsignal=QUIT
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0

[program:nginx]
command=nginx -g 'daemon off;'
priority=20
stopsignal=QUIT
stopwaitsecs=66
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
"""
APACHE = """ServerName tickets.876events.example
PidFile /tmp/apache2.pid
DefaultRuntimeDir /tmp
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule php_module /usr/lib/apache2/modules/libphp8.4.so
TypesConfig /etc/mime.types
Listen 8080
ServerTokens Prod
ServerSignature Off
KeepAlive On
KeepAliveTimeout 75
MaxKeepAliveRequests 0
StartServers 4
MaxRequestWorkers 10
GracefulShutdownTimeout 65
ErrorLog /dev/stderr
LogFormat "%a %t \\"%m %U\\" %>s %b %D" plain
CustomLog /dev/stdout plain
DocumentRoot /srv/app/public
<Directory />
    Require all denied
</Directory>
<Directory /srv/app/public>
    Require all granted
    FallbackResource /index.php
</Directory>
<Files ".*">
    Require all denied
</Files>
<Files "index.php">
    SetHandler application/x-httpd-php
</Files>
"""
APACHE_STARTS = """apache2 -f /srv/httpd.conf -D FOREGROUND &
apache=$!
stopping=no
trap 'stopping=yes; kill -WINCH "$apache" 2>/dev/null || true' TERM QUIT INT
while kill -0 "$apache" 2>/dev/null; do wait "$apache" || true; done
[ "$stopping" = yes ]
"""
WEB_STARTS = r"(?s)# 4\. PHP-FPM first.*"
"""The part of the entrypoint that starts the web server."""


def install(*packages: str) -> Edit:
    """Install Debian packages in the image."""
    return run_in_build(
        "apt-get -o Acquire::Check-Valid-Until=false update -qq && DEBIAN_FRONTEND=noninteractive"
        f" apt-get install -qq --yes --no-install-recommends {' '.join(packages)}"
        " && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*"
        " && find / -xdev -type f -perm /6000 -exec chmod a-s {} +"
    )


def start_tasks(container: dict[str, Any]) -> None:
    """Name the entrypoint in a task definition, since the image has none."""
    if container.get("command"):
        container["entryPoint"] = ["/usr/local/bin/entrypoint"]


SUPERVISED = Variant(
    "supervisord runs nginx and PHP-FPM",
    combine(
        install("supervisor"),
        add_file("app/docker/etc/shop/supervisord.conf", SUPERVISOR),
        replace_pattern(ENTRYPOINT, WEB_STARTS, "exec supervisord -c /etc/shop/supervisord.conf\n"),
    ),
)
WITH_APACHE = Variant(
    "Apache with its PHP module serves the app",
    combine(
        install("apache2", "libapache2-mod-php8.4"),
        run_in_build(
            "rm -rf /etc/nginx /etc/php/8.4/fpm/pool.d /etc/php/8.4/fpm/php-fpm.conf"
            " /var/www/html /var/lib/php/sessions /run/lock /run/apache2 /var/cache/apache2"
            " && mv /etc/php/8.4/fpm/conf.d/90-app.ini /etc/php/8.4/apache2/conf.d/"
        ),
        add_file("app/docker/srv/httpd.conf", APACHE),
        replace_pattern(ENTRYPOINT, WEB_STARTS, APACHE_STARTS),
    ),
)
OVER_TCP = [
    Variant(
        "PHP-FPM listens on a port, in a pool of its own file, and starts workers on demand",
        combine(
            replace(FPM_POOL, "listen = /tmp/php-fpm.sock", "listen = 127.0.0.1:9000"),
            replace(
                FPM_POOL,
                "pm = static\npm.max_children = 10\n",
                "pm = ondemand\npm.max_children = 10\npm.process_idle_timeout = 10s\n"
                "ping.path = /fpm-ping\nrequest_terminate_timeout = 60s\n",
            ),
            replace(NGINX, "unix:/tmp/php-fpm.sock", "php"),
            replace(
                NGINX, "    server {", "    upstream php { server 127.0.0.1:9000; }\n    server {"
            ),
            replace_pattern(ENTRYPOINT, r"(?s)^until \[ -S .*?^done\n", ""),
        ),
    ),
    Variant(
        "the routes are cached in the build, configuration and views by each task, no events",
        combine(
            run_in_build("su www-data -s /bin/sh -c 'php artisan route:cache'"),
            replace(
                ENTRYPOINT,
                "php artisan optimize --quiet",
                "php artisan config:cache\nphp artisan view:cache",
            ),
        ),
    ),
    Variant(
        "the task definitions name the entrypoint, and the image has a command of several",
        combine(
            replace(
                DOCKERFILE,
                'ENTRYPOINT ["entrypoint"]',
                "CMD php artisan config:clear && exec entrypoint",
            ),
            *(edit_container(task, start_tasks) for task in ("worker", "scheduler")),
        ),
    ),
    Variant(
        "the task definitions name the directory, and the image does not",
        combine(
            replace(DOCKERFILE, "WORKDIR /srv/app\n", ""),
            edit_containers(lambda container: container.update(workingDirectory="/srv/app")),
        ),
    ),
]
HEALTH_CHECKS = [
    Variant(
        "the health checks use wget and pgrep",
        combine(
            install("wget", "procps"),
            edit_container(
                "web",
                lambda container: container["healthCheck"].update(
                    command=["CMD-SHELL", "wget -qO /dev/null http://127.0.0.1:8080/healthz"]
                ),
            ),
            set_field(
                "healthCheck",
                {"command": ["CMD-SHELL", "pgrep -f queue:work || exit 1"], "startPeriod": 60},
                task="worker",
            ),
        ),
    ),
]
PHP_CHECKS = [
    Variant(
        "the health check is PHP's, in exec form",
        edit_container(
            "web",
            lambda container: container["healthCheck"].update(
                command=[
                    *("CMD", "php", "-r"),
                    'exit(@file_get_contents("http://127.0.0.1:8080/healthz") === false ? 1 : 0);',
                ]
            ),
        ),
    ),
]
SERVERS = [
    Variant(
        "nginx takes the visitor's address and scheme from the load balancer, and Laravel trusts"
        " no proxy",
        combine(
            set_variables({"TRUSTED_PROXIES": None}),
            replace(
                NGINX,
                "    server {",
                "    map $http_x_forwarded_proto $is_https { https on; }\n"
                "    set_real_ip_from 10.40.0.0/16;\n    real_ip_header X-Forwarded-For;\n"
                "    server {",
            ),
            replace(
                NGINX,
                'fastcgi_param HTTP_PROXY "";',
                'fastcgi_param HTTP_PROXY "";\n            fastcgi_param HTTPS $is_https'
                " if_not_empty;",
            ),
        ),
    ),
]
REDIRECTS = [
    Variant(
        "nginx redirects to https, as the load balancer does, and asks no log of the health check",
        combine(
            replace(
                NGINX,
                "        root /srv/app/public;",
                "        root /srv/app/public;\n        absolute_redirect off;\n"
                "        if ($http_x_forwarded_proto = 'http') {\n"
                "            return 301 https://$host$request_uri;\n        }",
            ),
            replace(NGINX, '"/healthz:200" 0;', '"~^/(healthz|up):" 0;'),
        ),
    ),
]
