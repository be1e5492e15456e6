"""Where the project's own files are: sources, container images, scenarios."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The package ``harness``."""
ROOT = PACKAGE.parent
"""The folder that holds ``harness``, ``compose`` and ``scenarios``."""
