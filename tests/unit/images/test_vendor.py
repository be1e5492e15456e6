"""The source of the app's PHP packages."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.images.vendor import keep_vendor, pick_vendor, vendor_of
from harness.inputs.toml.schema import BuiltImage


def test_vendor_that_was_asked_for_is_used(tmp_path: Path) -> None:
    assert pick_vendor("composer", memory=tmp_path / "vendor") == "composer"
    assert not (tmp_path / "vendor").exists()


def test_vendor_is_debian_where_packagist_does_not_answer_and_that_is_remembered(
    tmp_path: Path,
) -> None:
    memory = tmp_path / "home" / "vendor"
    nothing_listens = "http://127.0.0.1:9/packages.json"
    assert pick_vendor("auto", memory=memory, address=nothing_listens) == "debian"
    memory.write_text("composer")
    assert pick_vendor("auto", memory=memory, address=nothing_listens) == "composer"


def test_a_machine_with_imported_images_asks_nobody(tmp_path: Path) -> None:
    nothing_listens = "http://127.0.0.1:9/packages.json"
    keep_vendor("composer", home=tmp_path)
    os.utime(tmp_path / "vendor", (0, 0))
    assert pick_vendor("auto", memory=tmp_path / "vendor", address=nothing_listens) == "composer"
    keep_vendor("image", home=tmp_path)
    assert pick_vendor("auto", memory=tmp_path / "vendor", address=nothing_listens) == "composer"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ({}, "composer"),
        ({"mysql": "mysql:8.4"}, "composer"),
        ({"vendor": "registry.example/vendor:7"}, "registry.example/vendor:7"),
        ({"app": "registry.example/app:7", "vendor": "registry.example/vendor:7"}, "image"),
    ],
)
def test_a_vendor_image_that_was_named_is_reported_by_its_name(
    images: dict[str, str], expected: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("ARG VENDOR_IMAGE\nFROM ${VENDOR_IMAGE}\n")
    config: Any = SimpleNamespace(
        images=images, vendor="composer", home=tmp_path, app_context=tmp_path
    )
    assert vendor_of(config) == expected


def test_a_dockerfile_that_takes_no_vendor_image_has_its_own_packages(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ARG VENDOR_IMAGE\nFROM ${VENDOR_IMAGE}\n")
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM php:8.4-fpm\nRUN composer install\n")
    built = BuiltImage(context="docker")
    config: Any = SimpleNamespace(images={"app": built}, root=tmp_path, app_context=tmp_path)
    assert vendor_of(config) == "dockerfile"
