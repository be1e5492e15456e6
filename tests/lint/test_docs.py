"""The generated pages are up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import make

PAGES = make.pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text() == PAGES[path], "run `.venv/bin/python -m docs.make`"
