"""The port that the load balancer asks, and the sockets on which a task listens.

A health check that nothing answers says no more. The kernel's tables in the task's network
namespace tell a slow start from a listener that the load balancer cannot reach.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.diagnosis.facts import DeafPort

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTENS = re.compile(r"^ *\d+: (?P<address>[0-9A-F]+):(?P<port>[0-9A-F]{4}) [0-9A-F:]+ 0A ", re.M)
"""A row of /proc/net/tcp or tcp6 in the state LISTEN: https://docs.kernel.org/networking/proc_net_tcp.html"""
_V4_CHARACTERS = 8
_LOOPBACK_V4 = "7F"
_LOOPBACK_V6 = "00000000000000000000000001000000"
_FASTCGI = 9000
"""PHP-FPM's, which may listen before nginx does."""


def deaf_port(tables: str, *, group: str, port: int) -> DeafPort | None:
    """Return where a task listens instead of on a port that visitors reach by IPv4.

    None where it listens there, or, as at the beginning of its start, nowhere.
    """
    listeners = sorted(set(_listeners(tables)))
    own = [(place, is_reached) for at, place, is_reached in listeners if at == port]
    if any(is_reached for _, is_reached in own):
        return None
    alternatives = [place for at, place, is_reached in listeners if is_reached and at != _FASTCGI]
    places = [place for place, _ in own] or alternatives
    return DeafPort(group, port, tuple(places), is_own=bool(own)) if places else None


def _listeners(tables: str) -> Iterator[tuple[int, str, bool]]:
    """Yield port, place and whether the load balancer reaches it, for each socket that listens."""
    for row in _LISTENS.finditer(tables):
        address, port = row["address"], int(row["port"], 16)
        if len(address) == _V4_CHARACTERS:
            is_loopback = address.endswith(_LOOPBACK_V4)
            yield port, f"{'127.0.0.1' if is_loopback else '0.0.0.0'}:{port}", not is_loopback
        else:
            yield port, f"{'[::1]' if address == _LOOPBACK_V6 else '[::]'}:{port}", False
