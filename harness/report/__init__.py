"""The report of a replay: terminal, HTML, JUnit, JSON."""

from __future__ import annotations

from harness.report.model import Outcome, Report
from harness.target.truth import Truth, emulated, not_covered, proved

__all__ = ["Outcome", "Report", "Truth", "emulated", "not_covered", "proved"]
