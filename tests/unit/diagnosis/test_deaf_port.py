"""Sockets that listen where the load balancer reaches nobody, from the kernel's tables."""

from __future__ import annotations

import pytest

from harness.diagnosis import task_causes
from harness.diagnosis.deaf_port import deaf_port

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
END = "00000000:00000000 00:00000000 00000000    33        0 1"
ANY, LOOPBACK, NODE = "0" * 8, "0100007F", "0510280A"
ANY6, LOOPBACK6 = "0" * 32, "00000000000000000000000001000000"


def row(address: str, port: int, *, state: str = "0A") -> str:
    remote = f"{'0' * len(address)}:0000"
    return f"   0: {address}:{port:04X} {remote} {state} {END}\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (row(ANY6, 8080), "listens on [::]:8080 alone: nothing listens on the target's port by"),
        (row(LOOPBACK, 8080), "listens on 127.0.0.1:8080 alone: nothing listens on the target's"),
        (
            row(LOOPBACK, 8080) + row(LOOPBACK6, 8080),
            "listens on 127.0.0.1:8080, [::1]:8080 alone",
        ),
        (row(ANY, 8081), "listens on 0.0.0.0:8081 alone: nothing listens on the target's port, 8"),
        (row(ANY, 8081) + row(LOOPBACK, 9000), "listens on 0.0.0.0:8081 alone"),
        (row(ANY, 8080), ""),
        (row(NODE, 8080), ""),
        (row(ANY6, 8080) + row(ANY, 8080), ""),
        (row(ANY, 9000) + row(LOOPBACK, 9001), ""),
        (row(ANY, 8081, state="01"), ""),
        ("", ""),
    ],
)
def test_a_port_on_which_the_load_balancer_reaches_nobody(rows: str, said: str) -> None:
    fact = deaf_port(HEAD + rows, group="web", port=8080)
    sentence = task_causes.deaf_port(fact) if fact else ""
    assert bool(sentence) == bool(said)
    assert said in sentence
    assert fact is None or str(fact).startswith("the web task listens on ")
