"""The stores that are one task's own, and the loss with them."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.shared_state import lock_cause, maintenance_cause

RESOURCES: dict[str, dict[str, dict[str, Any]]] = {
    "store": {
        "file": {"driver": "file"},
        "database": {"driver": "database"},
        "redis": {"driver": "redis"},
        "lite": {"driver": "database", "connection": "sqlite"},
        "lite_locks": {"driver": "database", "connection": "mysql", "lock_connection": "sqlite"},
        "failover": {"driver": "failover", "stores": ["database", "array"]},
        "fallen": {"driver": "failover", "stores": ["array"]},
        "array": {"driver": "array"},
        "on_disk": {"driver": "storage", "disk": "local"},
        "on_scoped": {"driver": "storage", "disk": "scoped"},
        "on_s3": {"driver": "storage", "disk": "s3"},
        "new": {"driver": "mongodb"},
    },
    "database": {"sqlite": {"driver": "sqlite"}, "mysql": {"driver": "mysql"}},
    "disk": {
        "local": {"driver": "local"},
        "s3": {"driver": "s3"},
        "scoped": {"driver": "scoped", "disk": "local"},
    },
}


@pytest.mark.parametrize(
    "store", ["file", "lite", "lite_locks", "fallen", "array", "on_disk", "on_scoped"]
)
def test_a_store_of_one_task_holds_nothing_back(store: str) -> None:
    cause = lock_cause({"use": "lock() in app/A.php line 7", "store": store}, RESOURCES)
    assert cause.startswith(
        f'lock() in app/A.php line 7 uses the cache store "{store}", which'
    ) or (f'"{store}", whose driver is' in cause)


@pytest.mark.parametrize("store", ["database", "redis", "failover", "on_s3", "new"])
def test_a_store_of_all_tasks_is_good(store: str) -> None:
    assert lock_cause({"use": "a lock", "store": store}, RESOURCES) == ""


@pytest.mark.parametrize(
    ("driver", "store", "words"),
    [
        ("file", None, 'the driver "file"'),
        ("cache", "file", 'the cache store "file", whose driver is "file"'),
        ("cache", "database", ""),
        ("cache", None, ""),
    ],
)
def test_maintenance_must_reach_every_task(driver: str, store: str | None, words: str) -> None:
    cause = maintenance_cause({"driver": driver, "store": store}, RESOURCES)
    assert words in cause
    assert bool(words) == bool(cause)
