"""Values in Markdown: exact in the browser, with any character."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from harness.core.redact import redact

_MARKS = re.compile(r"[\\`*\[\]|~\n]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escaped(value: object) -> Markup:
    """Return text that neither HTML nor Markdown reads as a mark; markup is left as it is."""
    if isinstance(value, Markup):
        return value
    html = escape(redact(str(value)), quote=False)
    marked = _MARKS.sub(lambda match: f"&#{ord(match[0])};", html)
    return Markup(marked)  # noqa: S704 - escaped above


def code(value: object) -> Markup:
    """Return a value in code type, within a line or a table."""
    return Markup("<code>{}</code>").format(escaped(value))


def fenced(commands: Iterable[str]) -> Markup:
    """Return commands as a block of shell code."""
    text = redact("\n".join(commands))
    fence = "```" + "`" * max(map(len, re.findall(r"`{3,}", text)), default=0)
    return Markup(f"{fence}sh\n{text}\n{fence}")  # noqa: S704 - a fenced block is not markup
