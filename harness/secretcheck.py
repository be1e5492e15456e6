"""What task definitions ask of secrets, held against the secrets that harness.toml describes.

ECS does not say which secret was no JSON object; this does. It explains failures and causes none:
whether a task starts is ``control``'s to find out, as it is ECS's on AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness import taskdef

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config


def mismatches(config: Config) -> list[str]:
    """Say each thing that a task definition asks for and no secret gives."""
    return [
        said
        for files in config.services.values()
        for container in taskdef.load(files.task_definition).containers
        for variable, value_from in container.secrets.items()
        for said in _mismatch(config, files.task_definition, variable, value_from)
    ]


def _mismatch(config: Config, path: Path, variable: str, value_from: str) -> Iterator[str]:
    asked = taskdef.parse_value_from(value_from)
    place = path.relative_to(config.root) if path.is_relative_to(config.root) else path
    name = _known_name(config, asked.name)
    if name is None:
        yield f"{place} takes {variable} from the secret {asked.name}, which does not exist"
    elif asked.json_key:
        shape = config.secrets[name]
        if isinstance(shape, str):
            yield (
                f"{place} takes {variable} from a key of the secret {name}, which is plain text and"
                " no JSON object"
            )
        elif asked.json_key not in shape:
            missing = f'secret key "{asked.json_key}" is missing in {name}'
            yield f"{missing}: {place} takes {variable} from it"


def _known_name(config: Config, name: str) -> str | None:
    """Find the secret; an ARN's name has six characters more, drawn by AWS."""
    known = (name, name.rpartition("-")[0])
    return next((one for one in known if one in config.secrets), None)
