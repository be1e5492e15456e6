"""Composer packages of an image that are for development alone."""

from __future__ import annotations

import json

DEVELOPMENT = frozenset(
    {
        *("barryvdh/laravel-debugbar", "barryvdh/laravel-ide-helper", "fakerphp/faker"),
        *("larastan/larastan", "laravel/breeze", "laravel/dusk", "laravel/pail", "laravel/pint"),
        *("laravel/sail", "mockery/mockery", "nunomaduro/collision", "pestphp/pest"),
        *("phpstan/phpstan", "phpunit/phpunit", "spatie/laravel-ignition", "vimeo/psalm"),
    }
)
"""Packages that have no business in production, wherever composer.json lists them."""


def development_packages(installed: str) -> list[str]:
    """Name the packages that Composer installed for development, by its ``installed.json``."""
    document = json.loads(installed)
    if isinstance(document, list):
        return []
    present = {str(package["name"]) for package in document.get("packages", [])}
    dev_packages = {str(package) for package in document.get("dev-package-names", [])}
    return sorted((dev_packages & present) | (present & DEVELOPMENT))
