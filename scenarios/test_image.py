"""The app's image holds nothing secret and nothing superfluous, and runs as production needs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os.path
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.images.inspect import secrets, security_fixes
from harness.report import not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stack.containers import Containers, ExecResult
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.web_tier import WebTier

DRIVERS = {
    "session": "SESSION_DRIVER",
    "cache": "CACHE_STORE",
    "queue": "QUEUE_CONNECTION",
    "mail": "MAIL_MAILER",
    "filesystem": "FILESYSTEM_DISK",
    "log": "LOG_CHANNEL",
}
REVEALING = ("stack trace", "vendor/laravel", "/srv/", "exception", ".php", "sqlstate")
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
"""Files of an app that its web server must not give out, and words that are in each."""
NAMES_OF_CGI = ("HTTP_", "REQUEST_", "SERVER_", "REMOTE_", "SCRIPT_", "DOCUMENT_", "PATH_")
OF_AN_EXEC = {"HOME", "USER", "COLUMNS"}
WRITABLE = """
[, $uid] = $argv;
posix_setgid((int) $uid);
posix_setuid((int) $uid);
$device = lstat("/")["dev"];
$here = new RecursiveDirectoryIterator("/", FilesystemIterator::SKIP_DOTS);
$same = new RecursiveCallbackFilterIterator(
    $here, fn ($one) => ! $one->isLink() && (@lstat($one->getPathname())["dev"] ?? 0) === $device
);
$all = new RecursiveIteratorIterator(
    $same, RecursiveIteratorIterator::SELF_FIRST, RecursiveIteratorIterator::CATCH_GET_CHILD
);
$seen = 0;
foreach ($all as $one) {
    $seen++;
    if (is_writable($one->getPathname())) {
        echo "/", ltrim($one->getPathname(), "/"), "\\n";
    }
}
echo $seen, "\\n";
"""

NO_SHELL = not_covered("no command can be run in a task there")
as_app = pytest.mark.truth(local=proved, aws=proved, url=proved)
in_a_task = pytest.mark.truth(local=proved, aws=proved, url=NO_SHELL)
in_the_engine = pytest.mark.truth(
    local=proved,
    aws=not_covered("the image is in the registry; it is the one that was rehearsed here"),
    url=not_covered("the image cannot be seen from outside"),
)


@dataclass(frozen=True)
class Image:
    """The image that the web tasks run."""

    config: dict[str, Any]
    history: list[str]
    layers: secrets.Findings


@pytest.fixture(scope="module")
def image(containers: Containers, web_tier: WebTier, access: Access) -> Image:
    """Look through the image of a running web task, once."""
    found = containers.image_of(min(web_tier.running()))
    return Image(
        config=found.attrs["Config"],
        history=[str(one.get("CreatedBy", "")) for one in found.history()],
        layers=secrets.kept(
            cache_of(access),
            image=found.id,
            look=lambda: secrets.of_layers(found.save(chunk_size=1024 * 1024)),
        ),
    )


@in_a_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_the_app_runs_as_another_user_than_root(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult]
) -> None:
    uid = probe.facts()["uid"]
    assert uid != 0, "PHP-FPM's workers run as root"
    first = run_in_task(["stat", "-c", "%u", "/proc/1"]).stdout.strip()
    assert first != "0", "the container's first process runs as root"


@in_a_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_the_apps_user_can_write_to_the_declared_paths_only(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult], access: Access
) -> None:
    uid = probe.facts()["uid"]
    done = run_in_task(["php", "-r", WRITABLE, str(uid)])
    assert done.exit_code == 0, f"the container's files cannot be listed: {done.stderr}"
    *writable, seen = done.stdout.split("\n")[:-1]
    assert int(seen) > len(access.writable_paths), f"only {seen} files were looked at"
    undeclared = sorted(path for path in writable if not is_below(path, access.writable_paths))
    assert not undeclared, f"the app's user can write to {', '.join(undeclared[:5])}"


@in_a_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_no_development_package_is_installed(run_in_task: Callable[..., ExecResult]) -> None:
    done = run_in_task(["cat", "vendor/composer/installed.json"])
    assert done.exit_code == 0, f"there is no list of Composer's packages: {done.stderr}"
    found = secrets.development_packages(done.stdout)
    assert not found, f"development packages are in the image: {', '.join(found)}"
    tools = run_in_task(["sh", "-c", "command -v composer npm node git gcc make || true"]).stdout
    assert not tools.split(), f"tools of the build are in the image: {', '.join(tools.split())}"


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_no_dotenv_file_is_in_any_layer(image: Image) -> None:
    assert image.layers.files, "no file of the image could be looked at"
    assert not image.layers.dotenv, f"the image has {', '.join(image.layers.dotenv)} in a layer"


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_no_secret_is_in_the_images_history_layers_or_configuration(image: Image) -> None:
    told = secrets.of_config(image.config, history=image.history)
    assert not told, f"the image holds a secret: {'; '.join(told)}"
    assert image.layers.files, "no file of the image could be looked at"
    held = image.layers.secrets
    assert not held, f"the image holds a secret: {'; '.join(held[:5])}"


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_no_cache_was_made_when_the_image_was_built(image: Image) -> None:
    assert image.layers.files, "no file of the image could be looked at"
    cached = image.layers.caches
    assert not cached, f"configuration was cached when the image was built: {', '.join(cached)}"


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_an_error_page_reveals_nothing(visitor: Browser, accept: str) -> None:
    answer = visitor.get("/no/such/page", headers={"Accept": accept})
    assert answer.status_code == 404, f"GET /no/such/page answered {answer.status_code}"
    text = answer.text.lower()
    shown = [word for word in REVEALING if word in text]
    assert not shown, f"APP_DEBUG is on: an error page shows {', '.join(shown)}"
    assert "X-Powered-By" not in answer.headers, "answers say which PHP this is"


@as_app
@pytest.mark.requires("http")
@pytest.mark.read_only
def test_visitors_see_no_file_outside_the_public_directory(visitor: Browser) -> None:
    for path, held in SOURCES.items():
        # An app may answer any path with a page of its own; what counts is what the file holds.
        answer = visitor.get(path)
        assert answer.status_code != 200 or held not in answer.text, (
            f"visitors can read {path}, which is no file of the public directory"
        )


@as_app
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_debugging_is_off_in_every_task(
    probe: ProbeClient, ask_another_task: Callable[..., dict[str, Any]]
) -> None:
    here = probe.facts()
    for facts in (here, ask_another_task(probe.facts, than=here["task"])):
        assert not facts["debug"], f"APP_DEBUG is on in task {facts['task']}"
        assert facts["environment"] == "production", f"APP_ENV is {facts['environment']!r}"
        shown = facts["php"]["display_errors"]
        assert shown in ("", "0", "Off", None), f"PHP's display_errors is {shown}"


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("what the task definition says is not known there")
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "secrets")
@pytest.mark.read_only
def test_caches_are_warm_and_hold_the_tasks_own_values(
    probe: ProbeClient,
    ask_another_task: Callable[..., dict[str, Any]],
    web_tier: WebTier,
    access: Access,
    secret: Callable[[str], dict[str, str]],
) -> None:
    # One of them may be the task that the first run has warmed.
    facts = probe.facts()
    for one in (facts, ask_another_task(probe.facts, than=facts["task"])):
        cold = [name for name, warm in one["cached"].items() if not warm]
        assert not cold, f"task {one['task']} runs without its cache of {', '.join(cold)}"
    container = web_tier.definition()["containerDefinitions"][0]
    told = {one["name"]: one["value"] for one in container.get("environment", ())}
    for driver, variable in DRIVERS.items():
        # A variable that is left out leaves the choice to the app's own configuration.
        wanted, cached = told.get(variable), facts["drivers"][driver]
        assert wanted in (cached, None), (
            f"{variable} is {wanted!r} in the task definition, and the app's cached configuration"
            f" has {cached!r}"
        )
    key = secret("app")["app_key"].encode()
    expected = hmac.new(b"cutover-probe", key, hashlib.sha256).hexdigest()[:16]
    assert facts["app_key_fingerprint"] == expected, "the cached APP_KEY is not the secret's"
    assert probe.whoami()["url"].startswith(access.public_url), "the cached APP_URL is another"


@as_app
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_opcache_is_on_and_never_looks_at_a_file_again(probe: ProbeClient) -> None:
    opcache = probe.facts()["opcache"]
    assert opcache["enabled"], "OPcache is off in PHP-FPM"
    assert not opcache["validate_timestamps"], "OPcache looks at each file's date again"


@in_a_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_php_fpm_sees_every_variable_that_the_command_line_sees(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult]
) -> None:
    facts = probe.facts()
    listed = run_in_task(["php", "-r", "echo json_encode(array_keys(getenv()));"])
    hidden = set(json.loads(listed.stdout)) - set(facts["environment_variables"])
    hidden = {name for name in hidden if not name.startswith(NAMES_OF_CGI)} - OF_AN_EXEC
    assert not hidden, f"clear_env hides from PHP-FPM: {', '.join(sorted(hidden))}"


@in_a_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_no_debian_package_lacks_a_security_fix(
    run_in_task: Callable[..., ExecResult], access: Access
) -> None:
    cache = cache_of(access) / "debian-security-tracker.json"
    try:
        release = security_fixes.release_of(run_in_task(["cat", "/etc/os-release"]).stdout)
        data = security_fixes.tracker(cache, now_s=time.time())
    except security_fixes.NoData as none:
        pytest.skip(f"not covered: {none}")
    listing = run_in_task(security_fixes.LISTING)
    packages = security_fixes.installed(listing.stdout)
    assert packages, f"the image's packages cannot be listed: {listing.stderr}"
    found = security_fixes.outdated(packages, data=data, release=release)
    told = "; ".join(map(str, found[:5]))
    assert not found, f"{len(found)} Debian packages of the image lack a security fix: {told}"


def cache_of(access: Access) -> Path:
    """Return where what outlives a run is kept; nothing that differs between runs."""
    return Path(access.run_dir).parents[1] / "cache" if access.run_dir else Path(".cutover/cache")


def is_below(path: str, roots: tuple[str, ...]) -> bool:
    """Say whether a path is one of the roots, or in one."""
    return any(os.path.commonpath([path, root]) == root for root in roots)
