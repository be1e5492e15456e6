"""Reads the settings file that the harness wrote before control started."""

from __future__ import annotations

import json
from pathlib import Path

from harness.core import codec
from harness.core.errors import ConfigError
from harness.standins.contract import ControlSettings

STATE_PATH = Path("/var/lib/harness/state.json")


def load(path: Path) -> ControlSettings:
    """Read the settings.

    Raises:
        ConfigError: The file is missing, not JSON, or does not fit this version.
    """
    try:
        return codec.decode(ControlSettings, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot read {path}: {error}",
            where=str(path),
            hint="the harness writes this file into the container before the start; rebuild the"
            " control image if it is older than the harness",
        ) from error
