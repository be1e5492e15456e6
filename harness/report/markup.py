"""Pieces of HTML that the parts of the page share; every text in them is redacted and escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING
from zlib import crc32

from harness.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def words(value: object) -> str:
    """Return a text for the page; secrets are blanked before quotes in them are escaped."""
    return escape(redact(str(value)))


def anchor(*parts: str) -> str:
    """Return an id that is unique for these parts, and tells a reader what it is."""
    readable = re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")
    return f"{readable[:60]}-{crc32(repr(parts).encode()):08x}"


def clock(at: datetime | None) -> str:
    """Return the time of day, UTC; nothing where it is not known."""
    return at.astimezone(UTC).strftime("%H:%M:%S") if at else ""


def moment(at: datetime | None) -> str:
    """Return the time of day for a cell, never broken over lines."""
    return f'<time datetime="{at.astimezone(UTC).isoformat()}">{clock(at)}</time>' if at else ""


def tag(kind: str, *, tone: str) -> str:
    """Return a small label in one of the tones of the style sheet."""
    return f'<span class="tag {words(tone)}">{words(kind)}</span>'


def note(text: str) -> str:
    """Return a quiet line below something; nothing for no text."""
    return f'<span class="note">{words(text)}</span>' if text else ""


def section(id_: str, title: str, lines: Iterable[str]) -> Iterator[str]:
    """Wrap lines of HTML into a section with a heading; nothing for no lines."""
    told = list(lines)
    if told:
        yield f'<section id="{id_}" aria-label="{words(title)}"><h2>{words(title)}</h2>'
        yield from told
        yield "</section>"


def scrolled(
    caption: str, heads: Iterable[str], rows: Iterable[str], *, tone: str = ""
) -> Iterator[str]:
    """Return a table that scrolls in a box of its own where it is wider than the page."""
    box = f"scroll {tone}".strip()
    yield f'<div class="{box}" role="region" tabindex="0" aria-label="{words(caption)}">'
    yield f'<table><caption class="unseen">{words(caption)}</caption><thead><tr>'
    yield "".join(f'<th scope="col">{words(head)}</th>' for head in heads)
    yield "</tr></thead><tbody>"
    yield from rows
    yield "</tbody></table></div>"


def row(*cells: str, id_: str = "", tone: str = "") -> str:
    """Return one row; the cells are HTML."""
    marks = (f' id="{id_}"' if id_ else "") + (f' class="{tone}"' if tone else "")
    return f"<tr{marks}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
