"""For a clone: the plugin, which is not installed there, and the fixtures of its own tests."""

from __future__ import annotations

from importlib.metadata import entry_points

_PLUGIN = "harness.replay.plugin"

pytest_plugins = [
    "pytester",
    *([] if any(one.value == _PLUGIN for one in entry_points(group="pytest11")) else [_PLUGIN]),
]
