"""Atelier counts its visits: in the cache, behind a lock, in whichever task."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from harness.diagnosis.expect import expect
from harness.report import not_covered, proved

if TYPE_CHECKING:
    from harness.target.clients.browser import Browser

VISITS = 12


@pytest.mark.truth(local=proved, aws=proved, url=not_covered("it would count visits"))
@pytest.mark.requires("http", "cache")
@pytest.mark.mutates
def test_visits_at_once_are_all_counted(visitor: Browser) -> None:
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: visitor.get("/visits").json()["visits"], range(VISITS)))
    expect(
        len(set(counts)) == VISITS,
        f"{VISITS} visits were counted as {sorted(counts)}",
        cause="the tasks do not share the lock or the value: CACHE_STORE is one task's own",
    )
