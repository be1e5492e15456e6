"""The places of the project's own files: sources, container images, scenarios."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The package ``harness``."""
_IN_WHEEL = PACKAGE / "bundled"
IS_INSTALLED = _IN_WHEEL.is_dir()
"""Whether this is the wheel, and not a clone."""
ROOT = _IN_WHEEL if IS_INSTALLED else PACKAGE.parent
"""The folder that holds ``compose`` and ``scenarios``."""
SCENARIOS = ROOT / "scenarios"
