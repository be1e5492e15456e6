"""State that several tasks must share, and where one of them would keep it for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.diagnosis.expect import SettingCause
from scenarios.named_resources import driver_of_disk
from scenarios.shared_files import SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenarios.named_resources import Resources

OWN_DRIVERS = ("file", "array", "null", "apc", "session", "octane")
"""Drivers of cache stores that one task, or one request, has for itself."""


def own_store(name: str, resources: Resources) -> str:
    """Return why a cache store is each task's own, in words; empty if the tasks share it."""
    fields = resources["store"].get(name)
    if fields is None:
        return "which is not configured"
    driver = str(fields.get("driver", ""))
    if driver in OWN_DRIVERS:
        return f'whose driver is "{driver}"'
    if driver == "failover" and fields.get("stores"):
        return own_store(str(fields["stores"][0]), resources)
    disk = resources["disk"].get(str(fields.get("disk", "")), {})
    if driver == "storage" and driver_of_disk(disk, resources) == "local":
        return "which is on a local disk"
    if driver == "database" and _is_sqlite(fields, resources):
        return "which is in a SQLite file"
    return ""


def _is_sqlite(fields: Mapping[str, Any], resources: Resources) -> bool:
    connection = fields.get("lock_connection") or fields.get("connection")
    return resources["database"].get(str(connection), {}).get("driver") == "sqlite"


def lock_cause(lock: Mapping[str, str], resources: Resources) -> str:
    """Return why a lock or counter does not reach the other tasks; empty if it does."""
    reason = own_store(lock["store"], resources)
    if not reason:
        return ""
    return (
        f'{lock["use"]} uses the cache store "{lock["store"]}", {reason}: each task has one of its'
        " own, so that it holds nothing back in the others: use a store that all tasks share"
    )


def maintenance_cause(settings: Mapping[str, Any], resources: Resources) -> str:
    """Return why `artisan down` does not reach every task; empty if it does."""
    if settings["driver"] == SHARED:
        return ""
    if settings["driver"] != "cache":
        return SettingCause(
            "APP_MAINTENANCE_DRIVER",
            f'maintenance mode is kept by the driver "{settings["driver"]}", in the task in which'
            " artisan down runs, and the others go on: set APP_MAINTENANCE_DRIVER=cache, and"
            " APP_MAINTENANCE_STORE to a store that all tasks share",
        )
    store = settings["store"] or ""
    reason = own_store(store, resources) if store else ""
    if not reason:
        return ""
    return SettingCause(
        "APP_MAINTENANCE_STORE",
        f'maintenance mode is kept in the cache store "{store}", {reason}: the other tasks go on:'
        " set APP_MAINTENANCE_STORE to a store that all tasks share",
    )
