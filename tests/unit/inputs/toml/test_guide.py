"""The configuration that docs/your-app.md tells a stranger to write has no problem."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from harness.inputs.toml import validation

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "your-app.md"


def blocks() -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_the_first_configuration_is_complete() -> None:
    first = next(block for block in blocks() if "[app]" in block)
    assert validation.problems(tomllib.loads(first)) == []


def test_what_is_added_later_has_known_keys() -> None:
    problems = [
        problem for block in blocks() for problem in validation.problems(tomllib.loads(block))
    ]
    assert {problem.message for problem in problems} <= {"is missing"}
