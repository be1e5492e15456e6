"""A Composer repository on loopback that asks for a login, with zips made from Debian's packages.

It stands for Packagist and for a company's private registry. ``laravel/framework`` is the stock
one, with the packages that it needs inside it; ``aws/aws-sdk-php`` is our layer of that name.
"""

from __future__ import annotations

import io
import json
import tarfile
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    import docker

USER, PASSWORD = "shop", "composer-password-of-a-test"
_REPLACED = (
    *("bus", "cache", "console", "contracts", "cookie", "database", "filesystem", "http", "mail"),
    *("queue", "routing", "session", "support", "view"),
)
_DEVELOPMENT = {
    "fakerphp/faker": "1.24.0",
    "laravel/pint": "1.27.0",
    "mockery/mockery": "1.6.12",
    "phpunit/phpunit": "12.0.0",
}
_SCRIPT = """<?php

namespace Aws\\Script\\Composer;

final class Composer
{
    public static function removeUnusedServices(object $event): void
    {
        $event->getIO()->write('unused services are removed');
    }
}
"""


def packages(client: docker.DockerClient, vendor: str) -> dict[str, tuple[str, bytes]]:
    """Return name -> version and zip of each package, from an image with Debian's tree."""
    tree = _debian_tree(client, vendor)
    version = tree["php/Illuminate/Foundation/Application.php"].decode().partition("VERSION = '")[2]
    functions = _listed(tree["files.php"])
    laravel: dict[str, Any] = {
        "autoload": {
            "classmap": ["src/"],
            "files": [path.replace("php/", "src/", 1) for path in functions],
        },
        "replace": {f"illuminate/{package}": "self.version" for package in _REPLACED},
    }
    config = "php/Illuminate/config/"
    return {
        "laravel/framework": (
            version.partition("'")[0],
            _zip(
                laravel,
                {
                    **_below(tree, "php/", "src/"),
                    # Laravel looks for its default configuration beside src.
                    **_below(tree, config, "config/"),
                },
            ),
        ),
        "aws/aws-sdk-php": (
            "3.322.0",
            _zip(
                {"autoload": {"psr-4": {"Aws\\": "src/"}}},
                {
                    **_below(tree, "src/Aws/", "src/"),
                    "src/Script/Composer/Composer.php": _SCRIPT.encode(),
                },
            ),
        ),
        "league/flysystem-aws-s3-v3": (
            "3.25.0",
            _zip(
                {"autoload": {"psr-4": {"League\\Flysystem\\AwsS3V3\\": "src/"}}},
                _below(tree, "src/Flysystem/", "src/"),
            ),
        ),
        **{name: (release, _zip({}, {})) for name, release in _DEVELOPMENT.items()},
    }


def _debian_tree(client: docker.DockerClient, vendor: str) -> dict[str, bytes]:
    container = client.containers.create(vendor, ["none"])
    try:
        chunks, _ = container.get_archive("/vendor/debian")
        packed = io.BytesIO(b"".join(chunks))
    finally:
        container.remove()
    with tarfile.open(fileobj=packed) as archive:
        files = [(member, archive.extractfile(member)) for member in archive if member.isfile()]
        return {member.name.removeprefix("debian/"): file.read() for member, file in files if file}


def _listed(php: bytes) -> list[str]:
    """Return the texts of a PHP list, as var_export writes it."""
    return [line.split("'")[1] for line in php.decode().splitlines() if "=>" in line]


def _below(tree: Mapping[str, bytes], directory: str, new: str) -> dict[str, bytes]:
    return {
        new + name.removeprefix(directory): content
        for name, content in tree.items()
        if name.startswith(directory)
    }


def _zip(package: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        content = {"composer.json": json.dumps(package).encode(), **files}
        for name, data in content.items():
            entry = zipfile.ZipInfo(f"package/{name}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


@contextmanager
def serve(found: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    """Serve packages on loopback until the end; give the address."""

    class Handler(_Handler):
        zips: ClassVar[Mapping[str, bytes]] = {
            f"/{name}.zip": content for name, (_, content) in found.items()
        }

        def index(self) -> bytes:
            host = f"http://{self.headers['Host']}"
            return json.dumps(
                {"packages": {n: _versions(n, found[n], host) for n in found}}
            ).encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _versions(name: str, package: tuple[str, bytes], host: str) -> dict[str, Any]:
    version, content = package
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        described = json.loads(archive.read("package/composer.json"))
    dist = {"type": "zip", "url": f"{host}/{name}.zip"}
    return {version: {"name": name, "version": version, "dist": dist, **described}}


class _Handler(BaseHTTPRequestHandler):
    zips: ClassVar[Mapping[str, bytes]]

    def index(self) -> bytes:
        raise NotImplementedError

    def do_GET(self) -> None:
        login = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            self._answer(401, b"")
        elif self.path == "/packages.json":
            self._answer(200, self.index())
        else:
            content = self.zips.get(self.path)
            self._answer(200 if content else 404, content or b"")

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet: the test says what went wrong."""


def write_home(home: Path, address: str, *, password: str = PASSWORD) -> None:
    """Write a Composer home whose only registry is this one."""
    home.mkdir()
    settings = {
        "repositories": {
            "company": {"type": "composer", "url": address},
            "packagist.org": False,
        },
        "config": {"secure-http": False},
    }
    (home / "config.json").write_text(json.dumps(settings))
    host = address.removeprefix("http://")
    login = {"http-basic": {host: {"username": USER, "password": password}}}
    (home / "auth.json").write_text(json.dumps(login))
