"""Edits of production's files, for the tests of checks, and the problems that they lead to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.aws.task_definition import TaskDefinition
from harness.inputs.document import read_json
from harness.inputs.files import bucket, queues
from harness.inputs.files.ecs_services import Service
from harness.inputs.problem import Problem
from harness.inputs.production import Production

Checks = tuple[Callable[[Production], Iterator[Problem]], ...]


def keys(checks: Checks, app: Production) -> list[str]:
    return [problem.key for check in checks for problem in check(app)]


def texts(checks: Checks, app: Production) -> list[str]:
    return [
        f"{problem.key}: {problem.message}; {problem.hint}"
        for check in checks
        for problem in check(app)
    ]


def messages(checks: Checks, app: Production) -> list[str]:
    return [str(problem) for check in checks for problem in check(app)]


def judge(found: list[str], said: str) -> None:
    """One problem with these words, or none."""
    assert len(found) == bool(said)
    assert said in "".join(found)


def with_balancer(app: Production, **changes: Any) -> Production:
    content = {**app.load_balancer["LoadBalancer"], **changes}
    return replace(app, load_balancer={**app.load_balancer, "LoadBalancer": content})


def with_group(app: Production, **changes: Any) -> Production:
    content = {**app.target_group["TargetGroup"], **changes}
    return replace(app, target_group={**app.target_group, "TargetGroup": content})


def with_service(app: Production, name: str, **changes: Any) -> Production:
    service = app.services[name]
    changed = Service(service.definition, {**service.create, **changes})
    return replace(app, services={**app.services, name: changed})


def with_definition(app: Production, name: str, **changes: Any) -> Production:
    service = app.services[name]
    definition = TaskDefinition({**service.definition.raw, **changes}, service.definition.source)
    return replace(app, services={**app.services, name: Service(definition, service.create)})


def with_resource(app: Production, path: Path, data: Mapping[str, Any]) -> Production:
    """Give the app the bucket, or the queues, of a file with that name."""
    path.write_text(json.dumps(data))
    read = {"bucket": bucket.read, "queues": queues.read}[path.stem]
    return replace(app, resources={**app.resources, path.stem: read(read_json(path))})


def with_call(app: Production, file: str, operation: str, **changes: Any) -> Production:
    """Change each call of an operation in a file of [phases]."""
    document = app.documents[f"phases.{file}"]
    calls = document.data[operation]
    many = [{**call, **changes} for call in (calls if isinstance(calls, list) else [calls])]
    return with_phase(app, file, {**document.data, operation: many})


def with_phase(app: Production, file: str, data: Mapping[str, Any]) -> Production:
    """Give the app another file of [phases]."""
    key = f"phases.{file}"
    document = replace(app.documents[key], data=dict(data))
    return replace(app, documents={**app.documents, key: document})
