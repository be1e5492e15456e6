"""Roles that tasks name and no file has, where the other roles have files.

Where there are files of roles, one without a file does not exist: ECS cannot assume it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.files.schedule import Schedule
from harness.inputs.problem import Problem, closest

if TYPE_CHECKING:
    from harness.inputs.production import Production

_FIELDS = ("taskRoleArn", "executionRoleArn")


def problems(production: Production) -> Iterator[Problem]:
    """Report each role without a file; none where no role has one."""
    known = {role.name for role in production.roles}
    for name, key, file in _named(production) if known else ():
        if name and name not in known:
            near = closest(name, known, similarity=0.8)
            meant = f'did you mean "{near}"? Or ' if near else ""
            yield Problem(
                key,
                f'is the role "{name}", and none of the {len(known)} files of roles has it',
                f"{meant}put what `aws iam get-role --role-name {name}` and the commands for its"
                " policies print beside the others; without any file no role is judged",
                file=file,
            )


def _named(production: Production) -> Iterator[tuple[str, str, str]]:
    """Go through the roles that tasks name, with key and file."""
    for place, task in production.tasks.items():
        table = place.rpartition(".")[0]
        for field in _FIELDS:
            arn = str(task.definition.raw.get(field) or "")
            yield arn.rpartition("/")[2], field, production.files[f"{table}.task_definition"]
        if isinstance(task, Schedule):
            arn = str(task.target.get("RoleArn") or "")
            yield arn.rpartition("/")[2], f"{task.target_key}.RoleArn", production.files[place]
