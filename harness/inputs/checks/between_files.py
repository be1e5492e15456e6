"""All checks that compare the files with each other, once each of them was read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.inputs.checks import (
    balancer_attributes,
    buckets,
    cache,
    cluster_parameters,
    commands,
    connections,
    database,
    load_balancer,
    notes,
    overlay,
    phases,
    public_names,
    queues,
    references,
    roles,
    secrets,
    services,
    trusted_proxies,
    visitor_way,
    vpc_parts,
)

if TYPE_CHECKING:
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.problem import Problem
    from harness.inputs.production import Production
    from harness.inputs.reading import Reading

CHECKS: tuple[Callable[[Production], Iterator[Problem]], ...] = (
    *references.CHECKS,
    visitor_way.problems,
    *public_names.CHECKS,
    *services.CHECKS,
    *commands.CHECKS,
    *balancer_attributes.CHECKS,
    *load_balancer.CHECKS,
    *buckets.CHECKS,
    *queues.CHECKS,
    *database.CHECKS,
    cluster_parameters.problems,
    *phases.CHECKS,
    *secrets.CHECKS,
    cache.problems,
    connections.problems,
    overlay.problems,
    roles.problems,
)
_UNFIT = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""Errors that a value of another type, or without a field, leads to; without problems of the files
one is a mistake of ours."""


def check(
    reading: Reading, production: Production, *, services: Mapping[str, Service]
) -> Production:
    """Resolve values that one file leaves to another, and report contradictions of the files.

    A check relies on files that are fine. Where one has problems of its own, a check that cannot
    judge it is left out: the problems are reported, and the check judges the mended file. So is a
    problem that rests on a key with a problem of its own: a default stood for that key.

    Args:
        reading: The files and their problems.
        production: The files' content.
        services: The services as their files have them.

    Raises:
        InputError: Every problem of every file.
    """
    try:
        production = _resolved(production, services=services)
    except _UNFIT:
        if not reading.problems:
            raise
        raise reading.failure() from None
    wrong = {entry.key for entry in reading.problems}
    for find in CHECKS:
        try:
            for problem in find(production):
                if not (problem.rests_on and problem.rests_on in wrong):
                    source = reading.documents.get(problem.file, reading.toml)
                    reading.reject(source, [problem])
        except _UNFIT:
            if not reading.problems:
                raise
    if reading.problems:
        raise reading.failure()
    return production


def _resolved(production: Production, *, services: Mapping[str, Service]) -> Production:
    more = notes.of_production(production, services=services)
    production = replace(production, notes=(*production.notes, *more))
    return trusted_proxies.resolve(vpc_parts.resolve(production))
