"""The scenarios' fixtures, options and reports come from the harness."""

from __future__ import annotations

pytest_plugins = ["harness.replay.plugin"]
