"""Tasks with an environment file in a bucket, and with a container that comes before the app's."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.mistakes.edits import (
    CONFIG,
    EXECUTION_ROLE,
    WEB_TASK,
    WORKER_TASK,
    Edit,
    append,
    combine,
    edit_definition,
)
from tests.variants.edits import add_statement
from tests.variants.variant import Variant

_TASKS = (WEB_TASK, WORKER_TASK, "app/ecs/scheduler.json")
_BUCKET = "arn:aws:s3:::876events-tickets-settings"
_OBJECT = f"{_BUCKET}/production/app.env"
_FILE = "app/aws/app.env"


def _move_variables() -> Edit:
    """Put the variables that all tasks share into the file of a bucket."""

    def apply(root: Path) -> None:
        definitions = {name: json.loads((root / name).read_text()) for name in _TASKS}
        containers = [definition["containerDefinitions"][0] for definition in definitions.values()]
        own = [
            {variable["name"]: variable["value"] for variable in each["environment"]}
            for each in containers
        ]
        shared = {
            name: value
            for name, value in own[0].items()
            if all(other.get(name) == value for other in own)
        }
        lines = ["# The settings of every task", *(f"{k}={v}" for k, v in shared.items())]
        (root / _FILE).write_text("\n".join(lines) + "\n")
        for each in containers:
            rest = [variable for variable in each["environment"] if variable["name"] not in shared]
            each.update(environment=rest, environmentFiles=[{"value": _OBJECT, "type": "s3"}])
        for name, content in definitions.items():
            (root / name).write_text(json.dumps(content, indent=2))

    return combine(
        Edit(_TASKS, apply),
        append(CONFIG, f'\n[environment_files]\n"{_OBJECT}" = "{_FILE}"\n'),
        add_statement(EXECUTION_ROLE, Action="s3:GetObject", Resource=f"{_BUCKET}/production/*"),
        add_statement(EXECUTION_ROLE, Action="s3:GetBucketLocation", Resource=_BUCKET),
    )


def _migrate_first(definition: dict[str, Any]) -> None:
    """Have a container of the web task migrate the database, and end, before the app's starts."""
    (app,) = definition["containerDefinitions"]
    before = copy.deepcopy(app)
    for name in ("portMappings", "healthCheck", "stopTimeout", "dependsOn"):
        before.pop(name, None)
    command = ["php", "artisan", "migrate", "--force"]
    before.update(name="migrate", essential=False, command=command)
    app["dependsOn"] = [{"containerName": "migrate", "condition": "SUCCESS"}]
    definition["containerDefinitions"].append(before)


STARTS = [
    Variant("the variables that all tasks share are in a file of a bucket", _move_variables()),
    Variant(
        "a container of the web task migrates before the app's starts",
        edit_definition("web", _migrate_first),
    ),
]
