"""The engine, and the rehearsals of variants."""

from __future__ import annotations

from tests.project import client
from tests.rehearsals import rehearsal, rehearsals

__all__ = ["client", "rehearsal", "rehearsals"]
