"""How two workers of pytest-xdist share the project's own tests."""

from __future__ import annotations

import pytest

from tests.work_units import WorkUnits, order_of


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest where workers share the tests, else with the quickest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: order_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WorkUnits:
    return WorkUnits(config, log)
