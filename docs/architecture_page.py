"""The picture and the table of docs/architecture.md, made from the import contracts."""

from __future__ import annotations

import ast
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "architecture.svg"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- packages: made by docs/make.py -->"
END = "<!-- end of packages -->"

_WIDTH, _FLOOR, _BOX, _GAP = 860, 58, 44, 14
_STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#1b2733}"
    ".name{font-size:15px;font-weight:600}.line{font-size:11.5px;fill:#4a5866}"
    "rect{fill:#eef3f8;stroke:#9db2c6;rx:6px}.inside rect{fill:#fbf1e2;stroke:#d8b47a}"
)


def floors() -> list[list[str]]:
    """Return the packages of each floor, the highest first, as the contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [
        [name.strip().removeprefix("harness.") for name in layer.split("|")] for layer in layers
    ]


def first_line(package: str) -> str:
    """Return the first line of a package's docstring."""
    text = (ROOT / "harness" / package / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def table() -> str:
    """Return the table of packages, the lowest first."""
    rows = ["| package of `harness/` | purpose |", "|---|---|"]
    for floor in reversed(floors()):
        rows += [
            f"| `{package}/` | {first_line(package).replace('``', '`')} |" for package in floor
        ]
    return "\n".join(rows)


def page() -> str:
    """Return docs/architecture.md with a new table between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def picture() -> str:
    """Return the floors as an SVG: a package imports only from floors below its own."""
    rows = floors()
    height = len(rows) * _FLOOR + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>Packages of the harness; each imports only from floors below its own</title>",
        f"<style>{_STYLE}</style>",
    ]
    for number, packages in enumerate(rows):
        width = (_WIDTH - 20 - _GAP * (len(packages) - 1)) / len(packages)
        for place, package in enumerate(packages):
            parts.append(_box(package, 10 + place * (width + _GAP), number * _FLOOR + 10, width))
    note = "A package imports only from floors below its own. The stand-ins run inside containers."
    parts.append(f'<text class="line" x="10" y="{height - 8}">{note}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(package: str, x: float, y: int, width: float) -> str:
    inside = ' class="inside"' if package == "standins" else ""
    line = first_line(package).replace("``", "")
    room = int((width - 24) / 6.1)
    line = line if len(line) <= room else line[: room - 1].rsplit(" ", 1)[0] + " ..."
    return (
        f'<g{inside}><rect x="{x:g}" y="{y}" width="{width:g}" height="{_BOX}"/>'
        f'<text class="name" x="{x + 12:g}" y="{y + 18}">{package}</text>'
        f'<text class="line" x="{x + 12:g}" y="{y + 35}">{escape(line)}</text></g>'
    )
