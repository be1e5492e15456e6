"""The configuration as it was read: each value with the place that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.inputs.derivation import Derivation
from harness.inputs.document import Document, toml_key
from harness.inputs.toml.schema import CutoverToml

_VARIABLES = {"app.vendor": "CUTOVER_VENDOR"}
_BLANKED = "***"


@dataclass(frozen=True)
class Setting:
    """One value of the configuration."""

    path: tuple[str | int, ...]
    value: Any
    source: str
    """File and line, a field of another file, an environment variable, or ``default``."""

    @property
    def key(self) -> str:
        """The key as TOML has it."""
        return _joined(self.path, quoted=True)


def settings(
    source: Document, environ: Mapping[str, str], derivation: Derivation
) -> Iterator[Setting]:
    """Go through the values of a configuration without problems; texts of secrets are blanked.

    A key that is not set and has no default is left out.
    """
    content = CutoverToml.model_validate(derivation.fill(source.data)).model_dump()
    for path, value in _leaves((), content):
        key = _joined(path)
        variable = _VARIABLES.get(key, "")
        if variable in environ:
            yield Setting(path, environ[variable], variable)
        elif _is_in(source.data, path):
            display = _BLANKED if path[0] == "secrets" and path[-1] != "generate" else value
            yield Setting(path, display, f"{source.path.name}:{source.line_of(key)}")
        elif key in derivation.values:
            yield Setting(path, value, derivation.values[key].place)
        elif value is not None:
            yield Setting(path, value, "default")


def _joined(path: tuple[str | int, ...], *, quoted: bool = False) -> str:
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{toml_key(step) if quoted else step}"
        for step in path
    )
    return "".join(steps).removeprefix(".")


def _leaves(path: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, (list, tuple)) and any(isinstance(entry, Mapping) for entry in value):
        items = enumerate(value)
    else:
        yield path, value
    for step, inner in items:
        yield from _leaves((*path, step), inner)


def _is_in(data: Any, path: tuple[str | int, ...]) -> bool:
    try:
        for step in path:
            data = data[step]
    except (KeyError, IndexError, TypeError):
        return False
    return True
