"""Files on EFS, which all tasks share."""

from __future__ import annotations

import pytest

from scenarios.shared_files import SHARED, is_shared, with_shared_files
from scenarios.shared_state import lock_cause, maintenance_cause

APP, STORAGE = ["/srv/app/storage/app"], ["/srv/app/storage"]


@pytest.mark.parametrize(
    ("path", "mounts", "expected"),
    [
        ("/srv/app/storage/app/public", APP, True),
        ("/srv/app/storage/app", APP, True),
        ("/srv/app/storage/application", APP, False),
        ("storage/app/total.txt", APP, True),
        ("storage/total.txt", APP, False),
        ("storage/framework/down", STORAGE, True),
        ("bootstrap/cache/x.php", STORAGE, False),
        ("storage/app/total.txt", [], False),
    ],
)
def test_a_path_below_a_mount_is_shared(path: str, mounts: list[str], *, expected: bool) -> None:
    assert is_shared(path, mounts) is expected


def configuration() -> dict[str, object]:
    return {
        "resources": {
            "disk": {
                "local": {"driver": "local", "root": "/srv/app/storage/app/private"},
                "tmp": {"driver": "local", "root": "/tmp"},
            },
            "store": {"file": {"driver": "file", "path": "/srv/app/storage/framework/cache/data"}},
        },
        "maintenance": {"driver": "file", "store": None},
    }


def test_a_store_and_a_disk_on_a_mount_are_no_tasks_own() -> None:
    settings = with_shared_files(configuration(), STORAGE)
    resources = settings["resources"]
    assert resources["disk"]["local"]["driver"] == SHARED
    assert resources["disk"]["tmp"]["driver"] == "local"
    assert not lock_cause({"use": "a lock", "store": "file"}, resources)
    assert not maintenance_cause(settings["maintenance"], resources)


def test_without_a_mount_they_are() -> None:
    settings = with_shared_files(configuration(), APP)
    assert lock_cause({"use": "a lock", "store": "file"}, settings["resources"])
    assert maintenance_cause(settings["maintenance"], settings["resources"])
