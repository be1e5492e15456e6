"""The app's image holds no secret and no development package, and its app runs without root."""

from __future__ import annotations

import hashlib
import os.path
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.images.inspect import composer_packages, secrets, security_fixes
from harness.report import not_covered, proved
from scenarios.timeouts import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.web_tier import WebTier

WRITABLE = """
[, $uid] = $argv;
$user = posix_getpwuid((int) $uid) ?: ["name" => "-", "gid" => (int) $uid];
posix_initgroups($user["name"], $user["gid"]);
posix_setgid($user["gid"]);
posix_setuid((int) $uid);
$device = lstat("/")["dev"];
$root = new RecursiveDirectoryIterator("/", FilesystemIterator::SKIP_DOTS);
$same = new RecursiveCallbackFilterIterator(
    $root, fn ($file) => ! $file->isLink() && (@lstat($file->getPathname())["dev"] ?? 0) === $device
);
$all = new RecursiveIteratorIterator(
    $same, RecursiveIteratorIterator::SELF_FIRST, RecursiveIteratorIterator::CATCH_GET_CHILD
);
$count = 0;
foreach ($all as $file) {
    $count++;
    $is_open = $file->isDir() && ($file->getPerms() & 01002) === 01002;
    if (! $is_open && is_writable($file->getPathname())) {
        echo "/", ltrim($file->getPathname(), "/"), "\\n";
    }
}
echo $count, "\\n";
"""
"""Prints the files that a user may write to, and the number of all, without the groups of root.

A directory that is open to every user, with the sticky bit, is the base image's: Debian has
/run/lock, PHP's /var/www/html."""

OF_PACKAGES = ("/run", "/var/cache", "/var/lib", "/var/log", "/var/run")
"""Directories in which packages give www-data its own: PHP-FPM's socket, nginx's buffers."""

USERS = ["sh", "-c", "stat -c %u /proc/[0-9]* 2>/dev/null; true"]
"""Prints the user of each process. A first process that is root's is a master of PHP-FPM, nginx or
a supervisor, as in their own images; the processes that it starts are not root's."""

DEVELOPMENT_SERVER = re.compile(r"\bartisan serve(?!\S)|\bphp[\d.]* (?:\S+ )*-S ?\S+:\d+")
NO_SHELL = not_covered("no command can be run in a task there")
in_a_task = pytest.mark.truth(local=proved, aws=proved, url=NO_SHELL)
in_the_engine = pytest.mark.truth(
    local=proved,
    aws=not_covered("the image is in the registry; it is the one that was rehearsed here"),
    url=not_covered("the image cannot be seen from outside"),
)


@dataclass(frozen=True)
class Image:
    """An image that the web tasks run."""

    config: dict[str, Any]
    history: list[str]
    layers: secrets.Findings


@pytest.fixture(scope="module")
def images(containers: Containers, web_tier: WebTier, access: Access) -> list[Image]:
    """Inspect the images of Laravel's container and of the one that visitors reach, once."""
    task = min(web_tier.running())
    by_id = {
        image.id: image
        for image in (
            containers.image_of(task, container=name) for name in ("", access.web_container)
        )
    }
    return [inspect_image(image, access=access) for image in by_id.values()]


def inspect_image(docker_image: Any, *, access: Access) -> Image:
    """Read an image's configuration, history and layers."""
    return Image(
        config=docker_image.attrs["Config"],
        history=[str(layer.get("CreatedBy", "")) for layer in docker_image.history()],
        layers=secrets.remember_findings(
            cache_of(access),
            image=docker_image.id,
            look=lambda: secrets.of_layers(docker_image.save(chunk_size=1024 * 1024)),
        ),
    )


@in_a_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_app_does_not_run_as_root(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult], access: Access
) -> None:
    users = {
        "PHP-FPM's worker": str(probe.facts()["uid"]),
        "every process of Laravel's container": run_in_task(USERS).stdout,
        "every process of the container that visitors reach": run_in_task(
            USERS, container=access.web_container
        ).stdout,
    }
    for process, printed in users.items():
        uids = set(map(int, printed.split()))
        assert uids, f"the users of {process} cannot be listed"
        expect(
            uids != {0},
            f"{process} runs as root",
            cause="the app runs as root: the Dockerfile sets no USER, or the task definition"
            " sets root",
            certain=True,
        )


@in_a_task
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.read_only
def test_app_user_writes_to_declared_paths_only(
    probe: ProbeClient, run_in_task: Callable[..., ExecResult], access: Access
) -> None:
    if not access.declares_writable:
        pytest.skip("not covered: set app.writable")
    uid = probe.facts()["uid"]
    done = run_in_task(["php", "-r", WRITABLE, str(uid)])
    assert done.exit_code == 0, f"the container's files cannot be listed: {done.stderr}"
    *writable, count = done.stdout.split("\n")[:-1]
    assert int(count) > len(access.writable_paths), f"only {count} files were checked"
    allowed = (*access.writable_paths, *OF_PACKAGES)
    undeclared = sorted(path for path in writable if not is_below(path, allowed))
    expect(
        not undeclared,
        f"the app's user can write to {', '.join(undeclared[:5])}",
        cause=f"the app's user can write to {''.join(undeclared[:1])}, which app.writable does not"
        " declare: its owner or mode is wrong in the image (COPY --chown, or chown -R of more than"
        " storage and bootstrap/cache), or app.writable lacks it: an image whose code is its user's"
        " has the app's directory there",
        certain=True,
    )


@in_a_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_no_development_package_is_installed(run_in_task: Callable[..., ExecResult]) -> None:
    done = run_in_task(["cat", "vendor/composer/installed.json"])
    assert done.exit_code == 0, f"there is no list of Composer's packages: {done.stderr}"
    packages = ", ".join(composer_packages.development_packages(done.stdout))
    expect(
        not packages,
        f"development packages are in the image: {packages}",
        cause="composer install ran without --no-dev when the image was built",
        certain=True,
    )


@in_a_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_visitors_are_not_served_by_a_development_server(
    run_in_task: Callable[..., ExecResult], access: Access
) -> None:
    lines = run_in_task(["sh", "-c", PROCESSES], container=access.web_container).stdout.split("\n")
    assert any(lines), "the processes of the container that visitors reach cannot be listed"
    server = next(filter(DEVELOPMENT_SERVER.search, lines), "").strip()
    expect(
        not server,
        f"the container that visitors reach runs {server}",
        cause=f"visitors are served by PHP's development server ({server}), which answers one"
        " request at a time: run PHP-FPM behind nginx, or Octane",
        certain=True,
    )


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_no_dotenv_file_is_in_any_layer(images: list[Image]) -> None:
    assert all(image.layers.files for image in images), "no file of an image could be read"
    files = ", ".join(file for image in images for file in image.layers.dotenv)
    expect(
        not files,
        f"a layer of the image holds {files}",
        cause=f"{files} was copied into the image, and fills in every variable that the task lacks:"
        " add it to .dockerignore",
        certain=True,
    )


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_image_holds_no_secret(images: list[Image]) -> None:
    assert all(image.layers.files for image in images), "no file of an image could be read"
    leaks = [
        leak
        for image in images
        for leak in (*secrets.of_config(image.config, history=image.history), *image.layers.secrets)
    ]
    expect(
        not leaks,
        f"the image holds a secret: {'; '.join(leaks[:5])}",
        cause=f"a secret is in the image, for everyone who may pull it: {''.join(leaks[:1])}",
        certain=True,
    )


@in_the_engine
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_image_holds_no_cached_configuration(images: list[Image]) -> None:
    assert all(image.layers.files for image in images), "no file of an image could be read"
    files = ", ".join(file for image in images for file in image.layers.caches)
    expect(
        not files,
        f"the image holds cached configuration: {files}",
        cause="php artisan config:cache ran when the image was built, and froze the values of the"
        " build: the entrypoint must run it, with the task's own values",
        certain=True,
    )


@in_a_task
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_debian_packages_have_their_security_fixes(
    run_in_task: Callable[..., ExecResult],
    access: Access,
    accept_findings: Callable[[Iterable[str]], frozenset[str]],
) -> None:
    place = access.security_tracker
    name = hashlib.sha256(place.encode()).hexdigest()[:12]
    cache = cache_of(access) / f"debian-security-tracker-{name}.json"
    try:
        release = security_fixes.release_of(run_in_task(["cat", "/etc/os-release"]).stdout)
        data = security_fixes.tracker(cache, now_s=time.time(), place=place)
    except security_fixes.NoData as missing:
        pytest.skip(f"not covered: {missing}")
    listing = run_in_task(security_fixes.LISTING)
    packages = security_fixes.installed(listing.stdout)
    assert packages, f"the image's packages cannot be listed: {listing.stderr}"
    everything = security_fixes.outdated(packages, data=data, release=release)
    accepted = accept_findings(name for package in everything for name in package.names)
    outdated = security_fixes.outdated(packages, data=data, release=release, accepted=accepted)
    expect(
        not outdated,
        f"{len(outdated)} Debian packages of the image lack a security fix:"
        f" {'; '.join(map(str, outdated[:5]))}",
        cause="the image is older than the fixes for its packages: rebuild it, or accept a finding"
        " until a day with [[accept]]",
        certain=True,
    )


def cache_of(access: Access) -> Path:
    """Return the folder for files that outlive a run."""
    return Path(access.run_dir).parents[1] / "cache" if access.run_dir else Path(".cutover/cache")


def is_below(path: str, roots: tuple[str, ...]) -> bool:
    """Check whether a path is one of the roots or below one."""
    return any(os.path.commonpath([path, root]) == root for root in roots)
