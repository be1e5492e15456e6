"""An image's layers, configuration and history, searched for secrets."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from harness.images.inspect import secrets

if TYPE_CHECKING:
    from pathlib import Path

LARAVEL_KEY = "base64:" + "A" * 43 + "="


def tar(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def saved(*layers: dict[str, bytes], oci: bool = False) -> list[bytes]:
    """An image as docker save gives it, in chunks that respect no boundary."""
    form = "blobs/sha256/{}" if oci else "{}/layer.tar"
    files = {form.format(f"{number:064x}"): tar(layer) for number, layer in enumerate(layers)}
    if oci:
        files["blobs/sha256/" + "f" * 64] = b'{"config": {}}'
    whole = tar({**files, "manifest.json": b"[]"})
    return [whole[start : start + 1000] for start in range(0, len(whole), 1000)]


@pytest.mark.parametrize("oci", [False, True])
def test_a_clean_image_has_no_findings(oci: bool) -> None:
    findings = secrets.of_layers(saved({"srv/app/artisan": b"#!/usr/bin/env php"}, oci=oci))
    assert findings == secrets.Findings(files=1)


def test_a_dotenv_file_is_found_in_the_layer_that_a_later_one_hides() -> None:
    layers = {"srv/app/.env": b"APP_DEBUG=true"}, {"srv/app/.wh..env": b""}
    assert secrets.of_layers(saved(*layers)).dotenv == ("/srv/app/.env",)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(".env", True), (".env.production", True), (".env.example", False), ("app.env.php", False)],
)
def test_what_counts_as_a_dotenv_file(name: str, is_one: bool) -> None:
    assert bool(secrets.of_layers(saved({f"srv/app/{name}": b""})).dotenv) is is_one


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("srv/app/config/app.php", f"'key' => '{LARAVEL_KEY}'", "holds a Laravel key"),
        ("root/.aws/credentials", "", "holds credentials"),
        ("root/.composer/auth.json", "{}", "holds Composer's passwords"),
        ("usr/local/bin/up", "export KEY=AKIAABCDEFGHIJKLMNOP", "holds an AWS access key"),
        ("srv/key", "-----BEGIN PRIVATE KEY-----\n" + "A" * 40, "holds a private key"),
    ],
)
def test_secrets_are_found_and_never_shown(path: str, content: str, said: str) -> None:
    (finding,) = secrets.of_layers(saved({path: content.encode()})).secrets
    assert finding == f"/{path} {said}"


def test_examples_and_the_distributions_own_files_are_no_findings() -> None:
    files = {
        "srv/app/readme": b"AKIAIOSFODNN7EXAMPLE",
        "usr/lib/test/key": b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 40,
    }
    assert secrets.of_layers(saved(files)).secrets == ()


def test_a_configuration_that_was_cached_in_the_build_is_found() -> None:
    cached = ("config", "packages", "routes-v7", "events")
    files = {f"srv/app/bootstrap/cache/{name}.php": b"" for name in cached}
    assert secrets.of_layers(saved(files)).caches == ("/srv/app/bootstrap/cache/config.php",)


def test_secrets_in_configuration_labels_and_history_are_named_without_their_values() -> None:
    config = {"Env": ["PATH=/bin", "DB_PASSWORD=hunter2"], "Labels": {"API_TOKEN": "t0ken"}}
    history = ["|1 COMPOSER_TOKEN=abc /bin/sh -c composer install", "ENV APP_KEY=", "RUN A=b"]
    sentences = secrets.of_config(config, history=history)
    assert sentences == [
        "its configuration sets DB_PASSWORD",
        "its label API_TOKEN looks like a secret",
        "its history sets COMPOSER_TOKEN",
    ]
    assert secrets.of_config({"Env": ["PATH=/bin"]}, history=["CMD [sh]"]) == []


def test_an_image_is_looked_through_once(tmp_path: Path) -> None:
    findings = secrets.Findings(secrets=("/a holds a private key",), dotenv=("/.env",), files=7)
    looks = []

    def look() -> secrets.Findings:
        looks.append(1)
        return findings

    for _ in range(2):
        assert (
            secrets.remember_findings(tmp_path / "cache", image="sha256:abc", look=look) == findings
        )
    secrets.remember_findings(tmp_path / "cache", image="sha256:def", look=look)
    assert len(looks) == 2
