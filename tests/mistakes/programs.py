"""Mistakes with which a program of the image ends at once, or refuses whoever asks it."""

from __future__ import annotations

from typing import Any

from scenarios import test_edge as edge
from scenarios import test_pages as pages
from scenarios import test_php as php
from scenarios import test_queue as queue
from scenarios import test_scheduler as scheduler
from scenarios import test_sessions as sessions
from scenarios.tickets import test_documents as tickets_documents
from tests.mistakes.edits import (
    BOOTSTRAP,
    CONSOLE,
    DOCKERFILE,
    ENTRYPOINT,
    FPM_INI,
    FPM_POOL,
    NGINX,
    TARGET_GROUP,
    Edit,
    append,
    combine,
    edit_container,
    edit_definition,
    replace,
    run_in_build,
    set_field,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

PROVIDER = "app/app/Providers/AppServiceProvider.php"
TRUST = "$middleware->trustProxies("
WRITABLE = {
    "storage": "/srv/app/storage",
    "cache": "/srv/app/bootstrap/cache",
    "tmp": "/tmp",
}
"""Volume -> its path, as the Dockerfile lists them."""


def trust_hosts(*patterns: str) -> Edit:
    """Have Laravel answer these hosts only."""
    listed = ", ".join(f"'{pattern}'" for pattern in patterns)
    return replace(
        BOOTSTRAP,
        TRUST,
        f"$middleware->trustHosts(at: [{listed}], subdomains: false);\n        {TRUST}",
    )


def set_slow_log(path: str) -> Edit:
    """Have PHP-FPM say which requests take longer than five seconds."""
    return append(FPM_POOL, f"request_slowlog_timeout = 5s\nslowlog = {path}")


def turn_away(programs: str) -> Edit:
    """Have nginx answer programs with 403."""
    rule = f'if ($http_user_agent ~* "{programs}") {{ return 403; }}'
    return replace(NGINX, "root /srv/app/public;", f"root /srv/app/public;\n        {rule}")


def redirect_to_https(condition: str, *, host: str = "$host") -> Edit:
    """Have nginx redirect the requests that meet a condition."""
    return replace(
        NGINX,
        "        root /srv/app/public;",
        f"        root /srv/app/public;\n        {condition}"
        f" {{ return 301 https://{host}$request_uri; }}",
    )


def mount_what_is_writable(definition: dict[str, Any]) -> None:
    """Make the root read-only, with a volume for each path that is declared writable."""
    (container,) = definition["containerDefinitions"]
    definition["volumes"] = [{"name": name} for name in WRITABLE]
    container["readonlyRootFilesystem"] = True
    container["mountPoints"] = [
        {"sourceVolume": name, "containerPath": path} for name, path in WRITABLE.items()
    ]


def name_volumes() -> Edit:
    """Have the Dockerfile name these paths, so that their volumes are the app's user's."""
    paths = " ".join(WRITABLE.values())
    return replace(DOCKERFILE, "USER www-data", f"VOLUME {paths}\nUSER www-data")


_HOST = "tickets.876events.example"

MISTAKES = (
    Mistake(
        "nginx listens by IPv6 alone",
        replace(NGINX, "listen 8080 default_server;", "listen [::]:8080 default_server;"),
        cause="the web task listens on [::]:8080 alone",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx listens by IPv6, too",
            replace(
                NGINX,
                "listen 8080 default_server;",
                "listen [::]:8080 default_server ipv6only=off;",
            ),
        ),
    ),
    Mistake(
        "nginx listens for its own task alone",
        replace(NGINX, "listen 8080 default_server;", "listen 127.0.0.1:8080 default_server;"),
        cause="the web task listens on 127.0.0.1:8080 alone",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "nginx looks for PHP-FPM on a port",
        replace(NGINX, "fastcgi_pass unix:/tmp/php-fpm.sock", "fastcgi_pass 127.0.0.1:9000"),
        cause="PHP-FPM does not listen at 127.0.0.1:9000",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "PHP-FPM listens on a port, and the entrypoint waits for its socket",
        replace(FPM_POOL, "listen = /tmp/php-fpm.sock", "listen = 127.0.0.1:9000"),
        cause="start waits in a loop, `until [ -S /tmp/php-fpm.sock ]`",
        exit_code=NOT_STARTED,
        also_green=[pages.test_pages_load_their_styles_scripts_and_images],
        twin=Twin(
            "PHP-FPM listens on a port, and nginx and the entrypoint know it",
            combine(
                replace(FPM_POOL, "listen = /tmp/php-fpm.sock", "listen = 127.0.0.1:9000"),
                replace(
                    NGINX, "fastcgi_pass unix:/tmp/php-fpm.sock", "fastcgi_pass 127.0.0.1:9000"
                ),
                replace(
                    ENTRYPOINT, "until [ -S /tmp/php-fpm.sock ]", "until [ -f /tmp/php-fpm.pid ]"
                ),
            ),
        ),
    ),
    Mistake(
        "PHP-FPM's socket is in a directory that is not there",
        replace(FPM_POOL, "listen = /tmp/php-fpm.sock", "listen = /run/php/php-fpm.sock"),
        cause="PHP-FPM does not start: unable to bind listening socket",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "PHP-FPM's pool contradicts itself",
        replace(
            FPM_POOL,
            "pm = static",
            "pm = dynamic\npm.start_servers = 20\npm.min_spare_servers = 5\n"
            "pm.max_spare_servers = 10",
        ),
        cause="PHP-FPM does not start: [pool www] pm.start_servers(20) must not be",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "PHP preloads a file that is not in the image",
        append(FPM_INI, "opcache.preload = /srv/app/preload.php"),
        cause="PHP requires /srv/app/preload.php, which is not in the image",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin(
            "PHP preloads a file that is in the image",
            append(FPM_INI, "opcache.preload = /srv/app/vendor/autoload.php"),
        ),
    ),
    Mistake(
        "PHP may read the app's directory only",
        append(FPM_INI, "open_basedir = /srv/app"),
        breaks=[tickets_documents.test_uploaded_file_keeps_its_own_name],
        cause="PHP's open_basedir keeps the app from /tmp",
        also_green=[
            php.test_opcache_is_on_and_checks_no_file,
            sessions.test_session_values_are_read_by_another_task,
        ],
    ),
    Mistake(
        "the image lacks the extension of the database",
        run_in_build(
            "rm /etc/php/8.4/fpm/conf.d/*pdo_mysql.ini /etc/php/8.4/cli/conf.d/*_mysql.ini"
        ),
        cause="the image lacks the PHP extension pdo_mysql",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a service provider is of a development package",
        replace(
            PROVIDER,
            "    public function boot(): void\n    {\n",
            "    public function boot(): void\n    {\n"
            "        $this->app->register(\\Laravel\\Telescope\\TelescopeServiceProvider"
            "::class);\n",
        ),
        cause="TelescopeServiceProvider is a development package",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the views are not copied into the image",
        replace(DOCKERFILE, "COPY resources /srv/app/resources\n", ""),
        cause="the image lacks the directory /srv/app/resources/views",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the worker is one of Horizon, which the app has not",
        edit_container(
            "worker", lambda container: container.update(command=["php", "artisan", "horizon"])
        ),
        cause="php artisan has no command horizon",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the worker's option is another command's",
        edit_container(
            "worker",
            lambda container: container.update(
                command=["php", "artisan", "queue:listen", "sqs", "--json"]
            ),
        ),
        cause="php artisan is called with a wrong option: --json does not exist",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the worker has an option that changes nothing",
            edit_container(
                "worker", lambda container: container["command"].append("--no-interaction")
            ),
        ),
    ),
    Mistake(
        "the root is read-only, and nothing is mounted",
        set_field("readonlyRootFilesystem", True),
        cause="the web task writes to a path of its read-only root",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the root is read-only, and a volume is mounted on each path that the app writes to",
            combine(edit_definition("web", mount_what_is_writable), name_volumes()),
        ),
    ),
    Mistake(
        "a volume is mounted on each path that the app writes to, and the image names none",
        edit_definition("web", mount_what_is_writable),
        cause="a volume is mounted there whose path no VOLUME of the Dockerfile names",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the image's configuration is for root only",
        run_in_build("chmod -R go-rwx /srv/app/config"),
        cause="the app's user may not read /srv/app/config",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app answers no other host than its own",
        trust_hosts("^tickets\\.876events\\.example$"),
        cause="which TrustHosts does not know",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the app answers its own host, and addresses",
            trust_hosts("^tickets\\.876events\\.example$", "^localhost$", "^[0-9.]+$"),
        ),
    ),
    Mistake(
        "nginx turns programs away by their names, the health check's too",
        turn_away("curl|wget|python"),
        cause="curl is answered with 403 at /healthz, by nginx in the image",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin("nginx turns other programs away by their names", turn_away("nikto|sqlmap")),
    ),
    Mistake(
        "nginx sends everything to https, the health check too",
        redirect_to_https("if ($http_x_forwarded_proto != https)"),
        cause="the health check is redirected",
        also_green=[edge.test_public_page_has_no_redirect_loop],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx sends to https what the load balancer took over plain HTTP",
            redirect_to_https("if ($http_x_forwarded_proto = http)"),
        ),
    ),
    Mistake(
        "nginx sends every other host to the app's own, the health check's too",
        redirect_to_https(f"if ($host != {_HOST})", host=_HOST),
        cause="every other host to its own (the check's Host is the target's address)",
        also_green=[edge.test_unknown_host_does_not_reach_the_app],
        exit_code=NOT_STARTED,
        twin=Twin(
            "nginx sends a former host to the app's own",
            redirect_to_https("if ($host = old.876events.example)", host=_HOST),
        ),
    ),
    Mistake(
        "the health check takes another status for healthy",
        replace(TARGET_GROUP, '"HttpCode": "200"', '"HttpCode": "204"'),
        cause="the health check is answered with 200, which the target group's Matcher does not",
        also_green=[edge.test_unhealthy_target_gets_no_traffic],
        exit_code=NOT_STARTED,
        twin=Twin(
            "the health check takes every success for healthy",
            replace(TARGET_GROUP, '"HttpCode": "200"', '"HttpCode": "200-299"'),
        ),
    ),
    Mistake(
        "the entrypoint writes its environment into .env",
        combine(
            run_in_build("install -o www-data -m 644 /dev/null /srv/app/.env"),
            replace(ENTRYPOINT, "php artisan optimize", "printenv > .env\nphp artisan optimize"),
        ),
        cause="Laravel cannot read the .env file of the container: Encountered unexpected",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "PHP-FPM's slow log is in a directory that is not there",
        set_slow_log("/var/log/php-fpm/slow.log"),
        cause="PHP-FPM does not start: Unable to create or open slowlog(/var/log/php-fpm/slow",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        exit_code=NOT_STARTED,
        twin=Twin("PHP-FPM's slow log is its error log", set_slow_log("/proc/self/fd/2")),
    ),
    Mistake(
        "the entrypoint is not executable",
        run_in_build("chmod 644 /usr/local/bin/entrypoint"),
        cause="entrypoint, the command or entry point of its task definition or image, is not in",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a scheduled command runs as another user, by a program that the image lacks",
        append(CONSOLE, "Schedule::command('queue:prune-failed')->daily()->user('u876');"),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="sudo: not found",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "a scheduled command runs as the task's user",
            append(CONSOLE, "Schedule::command('queue:prune-failed')->daily();"),
        ),
    ),
)
