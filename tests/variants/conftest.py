"""The rehearsals of variants."""

from __future__ import annotations

from tests.rehearsals import rehearsal, rehearsals

__all__ = ["rehearsal", "rehearsals"]
