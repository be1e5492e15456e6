"""The texts that pytest has of a red or skipped scenario, shortened for a reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import bundle
from harness.diagnosis.expect import ExpectationError

if TYPE_CHECKING:
    import pytest


def shorten_traceback(error: BaseException) -> None:
    """Leave the frames of libraries out; the exception's message is enough of them."""
    last, entry = None, error.__traceback__
    while entry is not None:
        if _is_ours(Path(entry.tb_frame.f_code.co_filename)):
            last = entry
        entry = entry.tb_next
    if last is not None and last.tb_next is not None:
        last.tb_next = None
        error.__cause__, error.__suppress_context__ = None, True


def _is_ours(path: Path) -> bool:
    """Whether a traceback shows the frames of this file."""
    # The project itself may be checked out below a folder of this name.
    inside = path.relative_to(bundle.ROOT) if path.is_relative_to(bundle.ROOT) else path
    return path.is_relative_to(bundle.PACKAGE) or "scenarios" in inside.parts


def failure_text(report: pytest.TestReport, error: BaseException | None) -> str:
    """Return the failure in the scenario's own words."""
    if isinstance(error, ExpectationError):
        return error.message
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    message = text.removeprefix("AssertionError: ")
    # After an assertion's own message, pytest repeats its operands.
    return message if message.startswith("assert ") else message.partition("\nassert ")[0]


def skip_reason(report: pytest.TestReport) -> str:
    """Return the reason that a scenario was skipped for."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
