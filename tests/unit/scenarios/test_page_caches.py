"""Cache-Control of a page with a session: kept by a shared cache, or not."""

from __future__ import annotations

import pytest

from scenarios.test_pages import is_kept


@pytest.mark.parametrize(
    "control", ["max-age=600", "public", "max-age=600, public", "S-MaxAge=60", 'max-age="5"']
)
def test_a_shared_cache_keeps_it(control: str) -> None:
    assert is_kept(control)


@pytest.mark.parametrize(
    "control",
    ["", "no-cache, private", "max-age=60, private", "max-age=0, must-revalidate", "no-store"],
)
def test_a_shared_cache_does_not_keep_it(control: str) -> None:
    assert not is_kept(control)
