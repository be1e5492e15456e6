"""Paging as boto3 does it for every client: pages of an operation, here one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any


class Paged:
    """A fake client with operations of one page."""

    def get_paginator(self, name: str) -> Any:
        """Return a paginator that calls the operation once."""

        def paginate(**given: Any) -> Iterator[Any]:
            yield getattr(self, name)(**given)

        return SimpleNamespace(paginate=paginate)
