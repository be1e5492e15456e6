"""One command as a shell takes it."""

from __future__ import annotations

import shlex


def line(*words: str) -> str:
    """Return one command as a shell takes it; a placeholder stands in angle brackets."""
    return shlex.join(words)
