"""Programs that a supervisor cannot keep running, by its log."""

from __future__ import annotations

import pytest

from scenarios.supervision import failed_program

EXIT = "2026-11-28 12:00:0{},101 WARN exited: worker (exit status 1; not expected)"
GIVES_UP = (
    "2026-11-28 12:00:08,101 INFO gave up: worker entered FATAL state, too many start retries too"
    " quickly"
)
ERROR = 'Command "queue:wrok" is not defined.'
SPAWNED = "2026-11-28 12:00:00,100 INFO spawned: 'worker' with pid 12"


@pytest.mark.parametrize(
    ("lines", "program"),
    [
        (
            [SPAWNED, ERROR, EXIT.format(1), GIVES_UP],
            f"worker (exit status 1); its last words: {ERROR}",
        ),
        (
            ["2026-11-28 12:00:00,100 INFO spawnerr: can't find command 'php8.3'", GIVES_UP],
            "worker (can't find command 'php8.3')",
        ),
        ([EXIT.format(1), EXIT.format(2), EXIT.format(3)], "worker (exit status 1)"),
        ([EXIT.format(1), EXIT.format(2)], "None"),
        (["INFO exited: worker (exit status 0; expected)"] * 5, "None"),
        ([ERROR], "None"),
    ],
)
def test_a_program_fails_when_its_supervisor_gives_up_or_starts_it_anew_for_ever(
    lines: list[str], program: str
) -> None:
    assert str(failed_program("\n".join(lines))) == program
