"""Composer's home on this machine: its files, its logins and its repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.core.redact import redact
from harness.images import composer_settings
from harness.images.composer_settings import ComposerSettings
from harness.images.host_settings import BuildHost

LOGIN = '{"http-basic": {"repo.example": {"username": "shop", "password": "%s"}}}'


@pytest.mark.parametrize("home", [".composer", ".config/composer", "elsewhere"])
def test_the_files_of_composers_home_go_along(home: str, tmp_path: Path) -> None:
    place = tmp_path / home
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    (place / "auth.json").write_text(LOGIN % "first-password")
    (place / "keys.dev.pub").write_text("")
    environment = {"HOME": str(tmp_path)}
    if home == "elsewhere":
        environment["COMPOSER_HOME"] = str(place)
    settings = composer_settings.detect(environment)
    assert sorted(settings.files) == ["auth.json", "config.json"]
    assert redact("shop: first-password") == "shop: ***"


def test_the_variable_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text(LOGIN % "second-password")
    variables = {"COMPOSER_HOME": str(tmp_path), "COMPOSER_AUTH": LOGIN % "third-password"}
    settings = composer_settings.detect(variables)
    assert settings.files == {"auth.json": (LOGIN % "third-password").encode()}
    assert redact("third-password") == "***"


def test_a_machine_without_composer_has_no_files(tmp_path: Path) -> None:
    assert composer_settings.detect({"HOME": str(tmp_path)}) == ComposerSettings()


@pytest.mark.parametrize(
    ("repositories", "is_needed"),
    [
        ([{"type": "composer", "url": "http://127.0.0.1:8081"}], True),
        ({"company": {"url": "http://localhost/x"}, "packagist.org": False}, True),
        ({"company": {"url": "https://repo.example"}}, False),
        (None, False),
    ],
)
def test_a_mirror_on_loopback_needs_the_hosts_network(
    repositories: object, *, is_needed: bool
) -> None:
    content = json.dumps({"repositories": repositories} if repositories else {}).encode()
    host = BuildHost(composer=ComposerSettings({"config.json": content}))
    assert host.needs_host_network() is is_needed
    assert ".host/composer/config.json" in host.files()


def test_a_file_that_is_no_json_goes_along_as_it_is() -> None:
    assert ComposerSettings({"config.json": b"{"}).addresses == []
