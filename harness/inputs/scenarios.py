"""The scenarios that cutover.toml names: folders of the team's own, and known red ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core import bundle
from harness.inputs.problem import Problem, closest

_SCENARIO = re.compile(r"^\s*(?:async )?def test_(\w+)", flags=re.MULTILINE)


def plain_name(name: str) -> str:
    """Return a scenario's name without its file and ``test_``."""
    return name.rpartition("::")[2].removeprefix("test_")


def problems(data: Mapping[str, Any], *, root: Path) -> Iterator[Problem]:
    """Reject a folder or a scenario that is none, and one that is accepted twice.

    Args:
        data: The content of cutover.toml.
        root: Its folder, from which the team's own scenarios are named.
    """
    folders = {key: root / path for key, path in _own_folders(data).items()}
    for key, path in folders.items():
        if not path.is_dir():
            message = f'is "{path}", and there is no such folder'
            hint = "`cutover scenarios new NAME` makes it, with a first scenario"
            yield Problem(key, message, hint)
    entries = data.get("accept")
    accepted = (
        [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    names = _names_in([bundle.SCENARIOS, *folders.values()]) if accepted else ()
    pairs: set[tuple[str, str]] = set()
    for number, entry in enumerate(accepted):
        name, finding = (_text(entry, key) for key in ("scenario", "finding"))
        plain = plain_name(name).partition("[")[0]
        if name.strip() and plain not in names:
            suggestion = closest(plain, names)
            yield Problem(
                f"accept[{number}].scenario",
                f'is "{name}", and no scenario has this name',
                f'did you mean "{suggestion}"?'
                if suggestion
                else "`cutover scenarios list` names them all",
            )
        if name and (plain_name(name), finding) in pairs:
            both = " and its finding ".join(f'"{each}"' for each in (name, finding) if each)
            hint = "leave one [[accept]] of it, with one day"
            yield Problem(f"accept[{number}]", f"accepts {both} again", hint)
        pairs.add((plain_name(name), finding))


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _own_folders(data: Mapping[str, Any]) -> dict[str, str]:
    """Key of cutover.toml -> path of a folder of the team's own."""
    table = data.get("scenarios")
    paths = table.get("paths") if isinstance(table, dict) else None
    entries = enumerate(paths if isinstance(paths, list) else ())
    return {f"scenarios.paths[{index}]": path for index, path in entries if isinstance(path, str)}


def _names_in(folders: Iterable[Path]) -> frozenset[str]:
    """Return the names of all scenarios in folders."""
    files = (file for folder in folders for file in folder.rglob("test_*.py") if file.is_file())
    texts = (file.read_bytes().decode("utf-8", "replace") for file in files)
    return frozenset(name for text in texts for name in _SCENARIO.findall(text))
