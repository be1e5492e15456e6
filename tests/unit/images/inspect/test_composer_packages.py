"""Composer packages for development."""

from __future__ import annotations

import json

from harness.images.inspect import composer_packages


def test_development_packages_are_known_by_composers_list_and_by_name() -> None:
    installed = {
        "packages": [{"name": "laravel/framework"}, {"name": "own/tool"}, {"name": "laravel/sail"}],
        "dev-package-names": ["own/tool", "phpunit/phpunit"],
    }
    packages = composer_packages.development_packages(json.dumps(installed))
    assert packages == ["laravel/sail", "own/tool"]
