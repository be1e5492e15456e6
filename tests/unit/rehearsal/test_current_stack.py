"""Containers of the stack that is up, by the names that a user types."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core import runs
from harness.core.errors import NoStack
from harness.core.labels import LABEL_CONTAINER, LABEL_FAMILY, LABEL_ROLE, LABEL_SERVICE
from harness.rehearsal import current_stack
from harness.stack import logs

STACK = {
    "run": "abc123",
    "web": "shop",
    "worker": "horizon",
    "services": {"shop": "acme-shop", "horizon": "acme-horizon"},
}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("shop", "shop-family"),
        ("web", "shop-family"),
        ("acme-shop", "shop-family"),
        ("worker", "acme-horizon"),
        ("acme-horizon", "acme-horizon"),
        ("shop-family", "shop-family"),
    ],
)
def test_a_service_is_known_by_name_and_by_purpose(
    name: str, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    containers = [container("shop-family", service="acme-shop"), container("acme-horizon")]
    monkeypatch.setattr(runs, "read_current", lambda _: STACK)
    monkeypatch.setattr(logs, "containers_of", lambda *_: containers)
    client: Any = None
    (match,) = current_stack.containers_named(Path(), client, name, running=True)
    assert match.labels[LABEL_FAMILY] == family
    with pytest.raises(NoStack, match='nothing called "services" runs'):
        current_stack.containers_named(Path(), client, "services", running=True)


def container(family: str, *, service: str = "") -> SimpleNamespace:
    labels = {LABEL_ROLE: "task", LABEL_FAMILY: family, LABEL_CONTAINER: "app"}
    labels[LABEL_SERVICE] = service
    return SimpleNamespace(name=f"cutover-abc123-{family}", labels=labels, status="running")
