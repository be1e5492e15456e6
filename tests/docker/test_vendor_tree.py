"""The vendor tree of Debian's packages: own code and own packages, as Composer has them."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.images import builder
from harness.images.builder import Plan
from harness.images.context import Sources
from harness.stack.engine import file_of
from tests.project import ROOT

if TYPE_CHECKING:
    import docker

OWN, INSTALLED = "debian/own.php", "composer/installed.json"
APP: dict[str, Any] = {
    "name": "shop/app",
    "require": {"laravel/framework": "^13.0", "shop/billing": "*@dev", "shop/tools": "*@dev"},
    "autoload": {
        "psr-4": {"App\\": "app/", "Database\\Seeders\\": ["database/seeders/", "seeds"]},
        "files": ["app/helpers.php"],
    },
}
BILLING: dict[str, Any] = {
    "name": "shop/billing",
    "type": "library",
    "autoload": {"psr-4": {"Billing\\": "src/"}, "files": ["functions.php"]},
    "extra": {"laravel": {"providers": ["Billing\\Provider"]}},
}
TOOLS = {"name": "shop/tools"}
UNUSED = {
    "name": "shop/unused",
    "autoload": {"psr-4": {"Unused\\": "src/"}},
    "extra": {"laravel": {"providers": ["Unused\\Provider"]}},
}
PACKAGES: dict[str, dict[str, Any]] = {"billing": BILLING, "tools": TOOLS, "unused": UNUSED}


def content_of(client: docker.DockerClient, image: str) -> dict[str, str]:
    """Return the texts of the tree that are made for one app."""
    container = client.containers.create(image, ["none"])
    try:
        files = {name: file_of(container, f"/vendor/{name}") for name in (OWN, INSTALLED)}
    finally:
        container.remove()
    return {name: (content or b"").decode() for name, content in files.items()}


def texts_in(php: str) -> list[str]:
    """Return the texts of an exported array, in their order."""
    return [text.replace("\\\\", "\\") for text in re.findall(r"'((?:[^'\\]|\\.)*)'", php)]


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_own_code_is_loaded_and_discovered_as_composer_json_says(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    write(app / "composer.json", APP)
    for name, content in PACKAGES.items():
        write(app / "packages" / name / "composer.json", content)
    sources = Sources(root=ROOT, app_context=app, vendor="debian")
    plan = Plan(sources=sources, log_directory=tmp_path / "logs")
    built = builder.build_images(client, plan, only=["vendor"])
    try:
        files = content_of(client, built["vendor"])
    finally:
        client.images.remove(built.references["vendor"], force=True)
    texts = texts_in(files[OWN])
    pairs = list(itertools.pairwise(texts))
    assert ("Billing\\", "packages/billing/src/") in pairs
    assert ("App\\", "app/") in pairs
    assert ("Database\\Seeders\\", "database/seeders/") in pairs
    assert ("Database\\Seeders\\", "seeds/") in pairs
    assert ("packages/billing/functions.php", "app/helpers.php") in pairs
    assert "Unused\\" not in texts
    packages = json.loads(files[INSTALLED])["packages"]
    assert {package["name"] for package in packages} == {"shop/billing", "shop/tools"}
    assert packages[0]["extra"] == BILLING["extra"]
