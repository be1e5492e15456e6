"""One command as a shell takes it."""

from __future__ import annotations

import shlex


def line(*words: str) -> str:
    """Return one command as a shell takes it; a placeholder stands in angle brackets."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """Quote a word; a shell finds no home directory in the middle of one, or in quotes."""
    before, home, after = word.partition(",src=~/")
    if not home:
        return shlex.quote(word)
    return f'{shlex.quote(before)},src="$HOME"/{shlex.quote(after)}'
