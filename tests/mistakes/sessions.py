"""Mistakes of sessions, cookies, proxies and the cache that the tasks share."""

from __future__ import annotations

from scenarios import test_accounts as accounts
from scenarios import test_cutover as cutover
from scenarios import test_definitions as definitions
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    BALANCER,
    BOOTSTRAP,
    ENTRYPOINT,
    NGINX,
    SESSION_CONFIG,
    WEB_SERVICE,
    append,
    combine,
    drop_secret,
    replace,
    replace_pattern,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

LOGIN_VIEW = "app/resources/views/auth/login.blade.php"
LOGIN = "app/app/Http/Controllers/Auth/LoginController.php"
TRUST = "$middleware->trustProxies("
NGINX_ROOT = "        root /srv/app/public;\n"
HTTP_PROXY = '            fastcgi_param HTTP_PROXY "";\n'
FORWARDED = "            fastcgi_param HTTP_X_FORWARDED_{};\n"
PROVIDER = "app/app/Providers/AppServiceProvider.php"
BOOT = "        Date::use("
ROOT = "        \\Illuminate\\Support\\Facades\\URL::forceRootUrl({});\n" + BOOT


MISTAKES = (
    Mistake(
        "APP_KEY is not given to the task",
        drop_secret("APP_KEY"),
        breaks=[
            sessions.test_session_values_are_read_by_another_task,
            sessions.test_session_cookie_is_secure_and_named_as_configured,
        ],
        cause="APP_KEY is missing in the task",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
    ),
    Mistake(
        "sessions are kept in files",
        set_variable("SESSION_DRIVER", "file"),
        breaks=[
            sessions.test_session_values_are_read_by_another_task,
            sessions.test_sessions_are_kept_in_a_shared_store,
            accounts.test_sign_in_holds_on_every_task,
            cutover.test_sessions_last_through_the_dns_switch,
            cutover.test_sessions_last_on_the_way_back_to_the_old_host,
        ],
        cause='SESSION_DRIVER is "file"',
        also_green=[
            sessions.test_session_cookie_is_secure_and_named_as_configured,
            sessions.test_links_and_redirects_are_https_with_the_public_host,
            cutover.test_half_of_a_dns_switch_is_seen_by_smoke,
        ],
        twin=Twin(
            "the sessions' database connection is named",
            set_variable("SESSION_CONNECTION", "mysql"),
        ),
    ),
    Mistake(
        "the session cookie is for its own host by its name, and for a domain by its setting",
        combine(
            set_everywhere("SESSION_COOKIE", "__Host-tickets"),
            set_everywhere("SESSION_DOMAIN", "tickets.876events.example"),
        ),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="browsers drop the session cookie __Host-tickets",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "the session cookie is for its own host by its name",
            set_everywhere("SESSION_COOKIE", "__Host-tickets"),
        ),
    ),
    Mistake(
        "sessions are kept in the cookie",
        set_variable("SESSION_DRIVER", "cookie"),
        breaks=[accounts.test_signing_out_ends_the_session_on_all_tasks],
        cause='SESSION_DRIVER is "cookie"',
        also_green=[
            sessions.test_session_cookie_is_secure_and_named_as_configured,
            sessions.test_session_values_are_read_by_another_task,
            sessions.test_sessions_are_kept_in_a_shared_store,
        ],
    ),
    Mistake(
        "the session cookie is not secure",
        set_variable("SESSION_SECURE_COOKIE", "false"),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="SESSION_SECURE_COOKIE is not true",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "SESSION_SECURE_COOKIE is not set, and visitors use https",
            set_variable("SESSION_SECURE_COOKIE", None),
        ),
    ),
    Mistake(
        "the session cookie has another name than on the old host",
        replace_pattern(
            SESSION_CONFIG, r"^    'cookie' => .*$", "    'cookie' => 'laravel_session',"
        ),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="has another name than tickets_session",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin(
            "config/session.php names the cookie as the task does",
            replace_pattern(
                SESSION_CONFIG,
                r"^    'cookie' => .*$",
                "    'cookie' => 'tickets_session',",
            ),
        ),
    ),
    Mistake(
        "no proxy is trusted",
        set_variable("TRUSTED_PROXIES", None),
        breaks=[
            sessions.test_links_and_redirects_are_https_with_the_public_host,
            sessions.test_app_sees_the_visitors_address,
        ],
        cause="TRUSTED_PROXIES does not hold its subnets",
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin(
            "another network is trusted besides",
            set_variable("TRUSTED_PROXIES", "10.40.0.0/16,10.41.0.0/16"),
        ),
    ),
    Mistake(
        "the app trusts the load balancer's X-Forwarded-For only",
        replace(BOOTSTRAP, "HEADER_X_FORWARDED_AWS_ELB", "HEADER_X_FORWARDED_FOR"),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="the app trusts the load balancer, and not its X-Forwarded-Proto",
        also_green=[sessions.test_app_sees_the_visitors_address],
    ),
    Mistake(
        "nginx puts its own scheme in the place of the visitor's",
        replace(NGINX, HTTP_PROXY, f"{HTTP_PROXY}{FORWARDED.format('PROTO $scheme')}"),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause='PHP has "http" for X-Forwarded-Proto, and the load balancer sends https',
        also_green=[sessions.test_app_sees_the_visitors_address],
        twin=Twin(
            "nginx names the visitor's scheme once more",
            replace(
                NGINX,
                HTTP_PROXY,
                f"{HTTP_PROXY}{FORWARDED.format('PROTO $http_x_forwarded_proto')}",
            ),
        ),
    ),
    Mistake(
        "nginx puts its own client in the place of the visitor",
        replace(NGINX, HTTP_PROXY, f"{HTTP_PROXY}{FORWARDED.format('FOR $remote_addr')}"),
        breaks=[sessions.test_app_sees_the_visitors_address],
        cause="the web server in the task overwrites the visitor's",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
    ),
    Mistake(
        "nginx takes the slash from the end of a path, and adds its own port",
        replace(NGINX, NGINX_ROOT, f"{NGINX_ROOT}        rewrite ^/(.+)/$ /$1 permanent;\n"),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="the web server redirects /login/ to http://tickets.876events.example:8080/login",
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin(
            "nginx takes the slash from the end of a path",
            replace(
                NGINX,
                NGINX_ROOT,
                f"{NGINX_ROOT}        absolute_redirect off;\n"
                "        rewrite ^/(.+)/$ /$1 permanent;\n",
            ),
        ),
    ),
    Mistake(
        "every proxy is trusted",
        set_variable("TRUSTED_PROXIES", "*"),
        breaks=[sessions.test_spoofed_client_address_is_ignored],
        cause="TRUSTED_PROXIES trusts everyone",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
    ),
    Mistake(
        "X-Forwarded-Host is trusted",
        replace(
            BOOTSTRAP,
            "headers: Request::HEADER_X_FORWARDED_AWS_ELB",
            "headers: Request::HEADER_X_FORWARDED_AWS_ELB | Request::HEADER_X_FORWARDED_HOST",
        ),
        breaks=[sessions.test_spoofed_host_is_ignored],
        cause="believes X-Forwarded-Host",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin(
            "the load balancer's headers are trusted one by one",
            replace(
                BOOTSTRAP,
                "headers: Request::HEADER_X_FORWARDED_AWS_ELB",
                "headers: Request::HEADER_X_FORWARDED_FOR"
                " | Request::HEADER_X_FORWARDED_PORT | Request::HEADER_X_FORWARDED_PROTO",
            ),
        ),
    ),
    Mistake(
        "the cache is each task's own",
        set_variable("CACHE_STORE", "file"),
        breaks=[sessions.test_cached_values_are_read_by_another_task],
        cause="CACHE_STORE is not shared by the tasks",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "the cache's database connection is named", set_variable("DB_CACHE_CONNECTION", "mysql")
        ),
    ),
    Mistake(
        "forms need no token",
        replace(
            BOOTSTRAP, TRUST, f"$middleware->validateCsrfTokens(except: ['*']);\n        {TRUST}"
        ),
        breaks=[accounts.test_form_requires_its_csrf_token],
        cause="does not check CSRF tokens",
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin(
            "a route that the app does not have needs no token",
            replace(
                BOOTSTRAP,
                TRUST,
                f"$middleware->validateCsrfTokens(except: ['webhooks/*']);\n        {TRUST}",
            ),
        ),
    ),
    Mistake(
        "signing out forgets nothing",
        replace(
            LOGIN,
            "        Auth::logout();\n        $request->session()->invalidate();\n",
            "",
        ),
        breaks=[accounts.test_signing_out_ends_the_session_on_all_tasks],
        cause="does not call session()->invalidate()",
        also_green=[accounts.test_signing_in_gives_the_session_a_new_id],
        twin=Twin(
            "signing out names its guard",
            replace(LOGIN, "Auth::logout();", "Auth::guard('web')->logout();"),
        ),
    ),
    Mistake(
        "a deployment may stop every task before a new one runs",
        replace(
            WEB_SERVICE,
            '"minimumHealthyPercent": 100,\n    "maximumPercent": 200',
            '"minimumHealthyPercent": 0,\n    "maximumPercent": 100',
        ),
        breaks=[sessions.test_sessions_survive_the_replacement_of_every_web_task],
        cause="minimumHealthyPercent of the service is too low (0)",
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin(
            "a deployment may stop half of the tasks",
            replace(WEB_SERVICE, '"minimumHealthyPercent": 100', '"minimumHealthyPercent": 50'),
        ),
    ),
    Mistake(
        "nginx puts the visitor's address in the place of the load balancer's",
        replace(
            NGINX,
            "    server_tokens off;",
            "    server_tokens off;\n    set_real_ip_from 10.0.0.0/8;\n"
            "    real_ip_header X-Forwarded-For;",
        ),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="nginx's real_ip_header or a fastcgi_param hides the load balancer from the app",
        also_green=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        twin=Twin(
            "nginx believes X-Forwarded-For from another network",
            replace(
                NGINX,
                "    server_tokens off;",
                "    server_tokens off;\n    set_real_ip_from 192.0.2.0/24;\n"
                "    real_ip_header X-Forwarded-For;",
            ),
        ),
    ),
    Mistake(
        "the load balancer leaves the client's X-Forwarded-For as it came",
        replace(BALANCER, '"Value": "append"', '"Value": "preserve"'),
        breaks=[sessions.test_spoofed_client_address_is_ignored],
        cause="xff_header_processing.mode is preserve, and must be append",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
    ),
    Mistake(
        "the app's files have the address of the developer's machine",
        set_variable("ASSET_URL", "http://localhost"),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="ASSET_URL or APP_URL of the web task",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin(
            "the app's files have the public address",
            set_variable("ASSET_URL", "https://tickets.876events.example"),
        ),
    ),
    Mistake(
        "the session ends with each answer",
        set_variable("SESSION_LIFETIME", "0"),
        breaks=[sessions.test_session_values_are_read_by_another_task],
        cause="SESSION_LIFETIME lets the session cookie end at once",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin("the session ends after half an hour", set_variable("SESSION_LIFETIME", "30")),
    ),
    Mistake(
        "the image puts the app into maintenance",
        replace(
            ENTRYPOINT,
            "php artisan optimize --quiet\n",
            "php artisan optimize --quiet\nphp artisan down || true\n",
        ),
        cause="a task puts the app into maintenance when it starts",
        exit_code=NOT_STARTED,
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin(
            "the image takes the app out of maintenance",
            replace(
                ENTRYPOINT,
                "php artisan optimize --quiet\n",
                "php artisan optimize --quiet\nphp artisan up --quiet || true\n",
            ),
        ),
    ),
    Mistake(
        "the session cookie is for a part of the site",
        set_variable("SESSION_PATH", "/admin"),
        breaks=[
            sessions.test_session_cookie_is_secure_and_named_as_configured,
            sessions.test_session_values_are_read_by_another_task,
        ],
        cause="SESSION_PATH is /admin",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin("the session cookie's path is written out", set_variable("SESSION_PATH", "/")),
    ),
    Mistake(
        "a page has a link with http written into it",
        append(LOGIN_VIEW, '<a href="http://tickets.876events.example/help">Help</a>'),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="the link is written out",
        also_green=[sessions.test_app_sees_the_visitors_address],
        twin=Twin(
            "a page has a link with https written into it",
            append(LOGIN_VIEW, '<a href="https://tickets.876events.example/help">Help</a>'),
        ),
    ),
    Mistake(
        "the session cookie is for the old host",
        set_variable("SESSION_DOMAIN", ".old-host.example"),
        breaks=[
            sessions.test_session_values_are_read_by_another_task,
            accounts.test_form_requires_its_csrf_token,
        ],
        cause="SESSION_DOMAIN is .old-host.example",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin(
            "the session cookie is for the public host, written out",
            set_variable("SESSION_DOMAIN", "tickets.876events.example"),
        ),
    ),
    Mistake(
        "other sites may send the session cookie",
        set_variable("SESSION_SAME_SITE", "none"),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="SESSION_SAME_SITE makes the session cookie SameSite=none",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "the session cookie's default is written out",
            set_variable("SESSION_SAME_SITE", "lax"),
        ),
    ),
    Mistake(
        "scripts may read the session cookie",
        set_variable("SESSION_HTTP_ONLY", "false"),
        breaks=[sessions.test_session_cookie_is_secure_and_named_as_configured],
        cause="SESSION_HTTP_ONLY is not true",
        also_green=[sessions.test_session_values_are_read_by_another_task],
    ),
    Mistake(
        "the app's files are asked for over plain HTTP",
        set_variable("ASSET_URL", "http://tickets.876events.example"),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="links to http://tickets.876events.example",
        also_green=[sessions.test_spoofed_host_is_ignored],
    ),
    Mistake(
        "sessions are kept in a table that there is not",
        set_variable("SESSION_TABLE", "user_sessions"),
        breaks=[sessions.test_session_values_are_read_by_another_task],
        cause="the table tickets.user_sessions is missing",
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin("the sessions' table is written out", set_variable("SESSION_TABLE", "sessions")),
    ),
    Mistake(
        "every link of the app leads to another host",
        replace(PROVIDER, BOOT, ROOT.format("'https://www.876events.example'")),
        breaks=[
            sessions.test_links_and_redirects_are_https_with_the_public_host,
            sessions.test_spoofed_host_is_ignored,
        ],
        cause="links to www.876events.example: the link is written out, or made by",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "every link of the app is made with APP_URL",
            replace(PROVIDER, BOOT, ROOT.format("config('app.url')")),
        ),
    ),
)
