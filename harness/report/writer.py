"""Writing a report's files into the run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report import html, json_file, junit, markdown

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.model import Report


def write_report(report: Report, *, directory: Path) -> Path:
    """Write every file format and return the path of the page to open."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (
        (json_file.FILE_NAME, json_file.text(report)),
        (junit.FILE_NAME, junit.text(report)),
        (markdown.FILE_NAME, markdown.text(report)),
        (html.FILE_NAME, html.text(report)),
    ):
        (directory / name).write_text(text, encoding="utf-8")
    return directory / html.FILE_NAME
