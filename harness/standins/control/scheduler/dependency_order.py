"""The order of a task's containers: created, started and stopped as they depend on each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.standins.control.state import model
from harness.standins.control.state.model import STOPPED, Container, Task


def condition_met(other: Container, *, wanted: str) -> bool | None:
    """Return whether a dependency's condition holds; None while that is open."""
    if wanted == "START":
        return True if other.status != "PENDING" else None
    if wanted == "HEALTHY":
        if other.health == model.HEALTHY:
            return True
        # A service replaces the task; one that is not essential may still recover.
        hopeless = other.essential and other.health == model.UNHEALTHY
        return False if other.status == STOPPED or hopeless else None
    if other.status != STOPPED:
        return None
    return wanted == "COMPLETE" or other.exit_code == 0


def of_creation(task: Task, *, raw: Mapping[str, Any]) -> list[Container]:
    """Return the containers so that each comes after those that share their volumes with it."""
    return _in_order(task, needs=_needs(raw, of="volumesFrom", name="sourceContainer"))


def of_start(task: Task, *, raw: Mapping[str, Any]) -> list[Container]:
    """Return the containers so that each comes after those that it depends on."""
    return _in_order(task, needs=_needs(raw, of="dependsOn", name="containerName"))


def levels(task: Task, *, raw: Mapping[str, Any]) -> list[list[Container]]:
    """Group containers that may stop together: none of a group depends on another of it."""
    needs = _needs(raw, of="dependsOn", name="containerName")
    groups: list[list[Container]] = []
    for item in _in_order(task, needs=needs):
        if groups and not any(other.name in needs[item.name] for other in groups[-1]):
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _in_order(task: Task, *, needs: Mapping[str, set[str]]) -> list[Container]:
    placed: list[Container] = []
    waiting = list(task.containers)
    while waiting:
        done = {item.name for item in placed}
        ready = [item for item in waiting if needs[item.name] <= done] or waiting[:1]
        placed += ready
        waiting = [item for item in waiting if item not in ready]
    return placed


def _needs(raw: Mapping[str, Any], *, of: str, name: str) -> dict[str, set[str]]:
    return {
        item["name"]: {entry[name] for entry in item.get(of) or ()}
        for item in raw["containerDefinitions"]
    }
