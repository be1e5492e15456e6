"""The table of checks in docs/operator.md, made from the checks themselves."""

from __future__ import annotations

from pathlib import Path

from harness.smoke.smoke import FAMILIES

PAGE = Path(__file__).resolve().parent / "operator.md"
BEGIN = "<!-- checks: made by docs/make.py -->"
END = "<!-- end of checks -->"


def table() -> str:
    """Return a row for each check."""
    rows = ["| family | check | |", "|---|---|---|"]
    for family in FAMILIES:
        for check in family.checks:
            line = (check.__doc__ or "").partition("\n")[0]
            rows.append(f"| {family.name} | {check.__name__.replace('_', ' ')} | {line} |")
    return "\n".join(rows)


def page() -> str:
    """Return docs/operator.md with a new table between its marks."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"
