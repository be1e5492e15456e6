"""Names of time zones, as PHP, MySQL and EventBridge Scheduler take them: those of IANA."""

from __future__ import annotations

import difflib
import re
from zoneinfo import available_timezones

HINT = "write a name of IANA's, as Europe/Berlin or UTC"
_CLOSE = 0.9
_WITHOUT_AREA = re.compile(
    r"UTC|UCT|GMT[+-]?0?|Zulu|Universal|Greenwich|[ECMW]ET|[EMH]ST|[ECMP]ST\d[ECMP]DT|Cuba|Egypt"
    r"|Eire|GB(-Eire)?|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|NZ(-CHAT)?"
    r"|Navajo|PRC|Poland|ROC|ROK|Singapore|Turkey|Portugal|W-SU",
    re.IGNORECASE,
)
"""Names without an area; some systems have them in a package of its own."""


def is_zone(name: str) -> bool:
    """Whether a zone may have this name: a machine lacks some, and a slip is nearly one."""
    if _WITHOUT_AREA.fullmatch(name):
        return True
    zones = {zone.lower() for zone in available_timezones()}
    lower = name.lower()
    is_slip = lower not in zones and difflib.get_close_matches(lower, zones, n=1, cutoff=_CLOSE)
    return bool(re.fullmatch(r"[A-Za-z]+/[\w/+-]+", name)) and not is_slip
