"""Web tasks run PHP as production needs it: quiet errors, warm caches, every variable."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.diagnosis.facts import VisitorRequest
from harness.diagnosis.visitor_causes import hidden_host
from harness.report import not_covered, proved
from harness.target.clients.browser import TIMEOUT_S
from scenarios.checks import STALE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.web_tier import WebTier

DRIVERS = {
    "session": "SESSION_DRIVER",
    "cache": "CACHE_STORE",
    "queue": "QUEUE_CONNECTION",
    "mail": "MAIL_MAILER",
    "filesystem": "FILESYSTEM_DISK",
    "log": "LOG_CHANNEL",
}
NO_PAGE = "/no/such/page"
REVEALING = ("stack trace", "vendor/laravel", "exception", ".php", "sqlstate")
SOURCES = {
    "/.env": "APP_KEY=",
    "/.git/HEAD": "ref: ",
    "/artisan": "#!/usr/bin/env php",
    "/composer.json": '"require"',
    "/vendor/composer/installed.json": '"packages"',
    "/config/app.php": "<?php",
    "/index.php": "<?php",
    "/storage/logs/laravel.log": "production.",
}
"""Files that the web server must not serve, and text that each contains."""
CGI_PREFIXES = ("HTTP_", "REQUEST_", "SERVER_", "REMOTE_", "SCRIPT_", "DOCUMENT_", "PATH_")
LISTENERS = "events"
"""A cache that an app may do without: Laravel then looks for listeners at each request."""
SET_BY_EXEC = {"HOME", "USER", "COLUMNS", "TERM", "LANG", "PWD", "OLDPWD", "SHLVL", "_"}
"""Variables of a command in a task: the agent of ECS Exec, its terminal and its shell set them."""
DEBUG_IS_ON = SettingCause(
    "APP_DEBUG",
    "debugging is on in the task (APP_DEBUG is true in the task, or config/app.php does not go by"
    " it): an error shows code and configuration to every visitor",
)
DEVELOPMENT_INI = (
    "PHP's settings in the image are those of development: display_errors and expose_php must be"
    " off"
)
STALE_CONFIGURATION = (
    "the app's configuration was not made from the task's own variables: it was cached when the"
    " image was built, or does not read them"
)

LOST_CA_FILES = """
$settings = ini_get('open_basedir') ? [] : ['curl.cainfo', 'openssl.cafile', 'openssl.capath'];
$paths = array_filter(array_combine($settings, array_map(ini_get(...), $settings)));
echo json_encode(array_filter($paths, fn ($path) => ! @is_readable($path)));
"""
"""Prints the settings of PHP's command line with CAs that its task cannot read.

Under open_basedir PHP's functions may not look at what curl and OpenSSL read: then none.
"""

as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
as_task = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("no command can be run in a task there")
)


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_error_page_reveals_nothing(visitor: Browser, accept: str) -> None:
    answer = visitor.get(NO_PAGE, headers={"Accept": accept})
    if answer.status_code < 400:
        # The app leads visitors elsewhere, or has one page for every path; not for every method.
        answer = visitor.http.patch(
            urljoin(visitor.base_url, NO_PAGE), headers={"Accept": accept}, timeout=TIMEOUT_S
        )
    if answer.status_code < 400:
        pytest.skip("not covered: the app answers every path with a page of its own")
    assert answer.status_code < 500, f"{NO_PAGE} answered {answer.status_code}"
    text = answer.text.lower()
    words = [word for word in REVEALING if word in text]
    expect(
        not words,
        f"an error page shows {', '.join(words)}",
        cause=DEBUG_IS_ON,
        certain=True,
    )
    expect(
        "X-Powered-By" not in answer.headers,
        f"answers name the version of PHP: {answer.headers.get('X-Powered-By')}",
        cause=DEVELOPMENT_INI,
        certain=True,
    )


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_files_outside_the_public_directory_are_not_served(visitor: Browser) -> None:
    for path, text in SOURCES.items():
        # An app may answer any path with a page of its own; only the file's text counts.
        answer = visitor.get(path)
        expect(
            answer.status_code != 200 or text not in answer.text,
            f"visitors can read {path}, which is outside the public directory",
            cause=f"visitors can read {path}: nginx's root must be the app's public directory, and"
            " .php files must go to PHP-FPM only",
            certain=True,
        )


@as_app
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_debugging_is_off_in_every_task(
    probe: ProbeClient, ask_tasks: Callable[..., list[dict[str, Any]]]
) -> None:
    for facts in ask_tasks(probe.facts):
        expect(
            not facts["debug"],
            f"APP_DEBUG is on in task {facts['task']}",
            cause=DEBUG_IS_ON,
            certain=True,
        )
        expect(
            facts["environment"] == "production",
            f"APP_ENV is {facts['environment']!r}",
            cause=SettingCause(
                "APP_ENV",
                f'APP_ENV is "{facts["environment"]}" in the task, and must be production',
            ),
            certain=True,
        )
        display = facts["php"]["display_errors"]
        expect(
            display in ("", "0", "Off", None),
            f"PHP's display_errors is {display}",
            cause=DEVELOPMENT_INI,
            certain=True,
        )


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("its task definition cannot be read from outside")
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "secrets")
@pytest.mark.read_only
def test_caches_are_warm_and_hold_the_tasks_own_values(
    probe: ProbeClient,
    ask_tasks: Callable[..., list[dict[str, Any]]],
    web_tier: WebTier,
    access: Access,
    app_key: str,
) -> None:
    # One of them may be the task in which the first run warmed the caches.
    tasks = ask_tasks(probe.facts)
    for task in tasks:
        cold = ", ".join(
            name for name, warm in task["cached"].items() if not warm and name != LISTENERS
        )
        expect(
            not cold,
            f"task {task['task']} runs without its cache of {cold}",
            cause=f"the entrypoint does not run php artisan optimize: there is no cache of {cold}",
            certain=True,
        )
    facts = tasks[0]
    container = web_tier.container()
    environment = {entry["name"]: entry["value"] for entry in container.get("environment", ())}
    for driver, variable in DRIVERS.items():
        # Without the variable, the app's own configuration chooses the driver.
        value, cached = environment.get(variable), facts["drivers"][driver]
        expect(
            value in (cached, None),
            f"{variable} is {value!r} in the task definition and {cached!r} in the app's cached"
            " configuration",
            cause=STALE_CONFIGURATION,
            certain=True,
        )
    expected = hmac.new(b"cutover-probe", app_key.encode(), hashlib.sha256).hexdigest()[:16]
    expect(
        facts["app_key_fingerprint"] == expected,
        "the cached APP_KEY is not the secret's",
        cause=STALE_KEY,
        certain=True,
    )
    request = probe.whoami()
    expect(
        # Its scheme is the matter of the proxies that the app trusts.
        urlsplit(request["url"]).hostname == access.public_host,
        f"the cached APP_URL makes links such as {request['url']}",
        cause=hidden_host(VisitorRequest.of(request)) or STALE_CONFIGURATION,
        certain=True,
    )


@as_app
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_opcache_is_on_and_checks_no_file(probe: ProbeClient) -> None:
    opcache = probe.facts()["opcache"]
    expect(
        opcache["enabled"] and not opcache["validate_timestamps"],
        f"OPcache is off in PHP-FPM, or checks each file's date: {opcache}",
        cause="OPcache is not set for production in the image: opcache.enable=1 and"
        " opcache.validate_timestamps=0",
        certain=True,
    )
    expect(
        not opcache.get("full"),
        f"OPcache is full: {opcache}",
        cause="OPcache is full, so that PHP compiles the rest of the app again in each request:"
        " raise opcache.memory_consumption, or opcache.max_accelerated_files",
        certain=True,
    )


@as_app
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_php_has_a_directory_for_uploads(probe: ProbeClient) -> None:
    lacks = probe.facts()["php"].get("lacks_upload_directory")
    expect(
        not lacks,
        f"PHP-FPM cannot write uploads into {lacks}",
        cause=f"PHP puts uploads into {lacks}, which is not in the web task or not writable for its"
        " user: upload_tmp_dir or sys_temp_dir of PHP, or TMPDIR of the task definition",
        certain=True,
    )


@as_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_ca_files_of_php_are_in_the_image(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult]
) -> None:
    fpm = probe.facts()["php"].get("lost_ca_files") or {}
    cli = json.loads(run_in_task(["php", "-r", LOST_CA_FILES]).stdout) or {}
    for setting, path in {**cli, **fpm}.items():
        where = " and ".join(name for name, lost in (("FPM", fpm), ("CLI", cli)) if setting in lost)
        expect(
            False,
            f"{setting} of PHP ({where}) is {path}, which the task cannot read",
            cause=f"{setting} of PHP ({where}) names {path}, which the image lacks: the app's"
            " connections over TLS fail, those to AWS among them: leave it out, since the image has"
            " CAs of its own, or name theirs",
            certain=True,
        )


@as_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_php_fpm_sees_every_environment_variable(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult]
) -> None:
    facts = probe.facts()
    listing = run_in_task(["php", "-r", "echo json_encode(array_keys(getenv()));"])
    hidden = set(json.loads(listing.stdout)) - set(facts["environment_variables"])
    hidden = {name for name in hidden if not name.startswith(CGI_PREFIXES)} - SET_BY_EXEC
    expect(
        not hidden,
        f"PHP-FPM does not see {', '.join(sorted(hidden))}",
        cause="clear_env is not set to no for PHP-FPM, so that it sees no variable, secret or role"
        " of the task",
        certain=True,
    )
