"""The report of a replay: terminal, HTML, JUnit, JSON."""

from __future__ import annotations

from harness.report.model import Outcome, Report
from harness.target.truth import Label, emulated, not_covered, proved

__all__ = ["Label", "Outcome", "Report", "emulated", "not_covered", "proved"]
