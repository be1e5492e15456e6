"""The places at which task definitions set a variable: where a cause that names it is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.inputs.document import Document
    from harness.inputs.production import Production


def place_of(production: Production, variable: str) -> tuple[str, int] | None:
    """Return the file and the line of a variable; None where no place is better than another.

    Of several definitions it is the first, or the one that differs from all others.
    """
    places = [
        (value, document.place(key))
        for document in production.documents.values()
        for key, value in _values(document, variable)
    ]
    counts = Counter(value for value, _ in places).most_common()
    is_clear = len(counts) == 1 or (len(counts) == 2 and counts[0][1] > counts[1][1] == 1)
    if not is_clear:
        return None
    path, line = next(place for value, place in places if value == counts[-1][0])
    return str(path), line


def _values(document: Document, variable: str) -> Iterator[tuple[str, str]]:
    """Yield the key and the value of a variable in each container."""
    for number, container in enumerate(document.data.get("containerDefinitions") or ()):
        for table, field in (("environment", "value"), ("secrets", "valueFrom")):
            for index, entry in enumerate(container.get(table) or ()):
                if entry["name"] == variable:
                    yield f"containerDefinitions[{number}].{table}[{index}].{field}", entry[field]
