"""Security groups that admit strangers, and those that admit more than the app needs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.target.access import Opening, Origin
from scenarios.test_network import engine_mounts, is_strange

DECLARED = {("tasks", "proxy"), ("proxy", "mysql"), ("tasks", "cache"), ("edge", "tasks")}


def opening(source: str, destination: str, origin: Origin = "component") -> Opening:
    return Opening(source, destination, "tcp", 8000, 8999, origin)


@pytest.mark.parametrize(
    "stranger",
    [
        opening("0.0.0.0/0", "tasks", "public"),
        opening("203.0.113.0/24", "mysql", "public"),
        opening("tasks", "mysql"),
        opening("edge", "cache"),
        opening("10.40.0.0/16", "mysql", "vpc"),
    ],
    ids=str,
)
def test_who_has_no_business_with_an_app_is_a_stranger(stranger: Opening) -> None:
    assert is_strange(stranger, DECLARED)


@pytest.mark.parametrize(
    "known",
    [
        opening("internet", "edge", "public"),
        opening("edge", "tasks"),
        opening("tasks", "tasks"),
        opening("proxy", "mysql"),
        opening("mysql", "mysql"),
        opening("10.40.0.0/16", "emulator", "vpc"),
        opening("10.40.0.0/16", "cache", "vpc"),
        opening("10.9.0.0/16", "mysql", "private"),
    ],
    ids=str,
)
def test_who_has_is_none(known: Opening) -> None:
    assert not is_strange(known, DECLARED)


@pytest.mark.parametrize(
    ("mount", "found"),
    [
        (("volume", "/var/lib/docker/volumes/a/_data", "/run"), []),
        (("bind", "/srv/uploads", "/srv/app/storage"), []),
        (("bind", "/run/docker.sock", "/tmp/engine"), ["/run/docker.sock"]),
        (("bind", "/run", "/host"), ["/run"]),
        (("volume", "/var/lib/docker/volumes/b/_data", "/run/control"), ["/run/control"]),
    ],
)
def test_a_mount_of_the_engine_is_found_without_a_command_in_the_container(
    mount: tuple[str, str, str], found: list[str]
) -> None:
    kind, source, destination = mount
    described = {"Type": kind, "Source": source, "Destination": destination}
    container = SimpleNamespace(attrs={"Mounts": [described]})
    assert engine_mounts(container) == found
