"""Every mistake, by the story of the scenarios that it turns red."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.mistakes import (
    capacity,
    cluster,
    configuration,
    database,
    definitions,
    edge,
    image,
    inputs,
    laravel,
    leftovers,
    logs,
    mail,
    network,
    pages,
    php,
    programs,
    queue,
    references,
    releases,
    roles,
    scheduler,
    schedules,
    secrets,
    sessions,
    shared_state,
    start,
    steadiness,
    stopping,
    uploads,
    waits,
)
from tests.mistakes.mistake import Mistake

STORIES: Mapping[str, Sequence[Mistake]] = {
    module.__name__.rpartition(".")[2]: module.MISTAKES
    for module in (
        inputs,
        references,
        cluster,
        start,
        waits,
        programs,
        leftovers,
        sessions,
        secrets,
        configuration,
        shared_state,
        capacity,
        releases,
        database,
        image,
        php,
        edge,
        stopping,
        steadiness,
        uploads,
        laravel,
        pages,
        mail,
        queue,
        scheduler,
        schedules,
        logs,
        roles,
        network,
        definitions,
    )
}
"""Story -> its mistakes; those that are rejected, or do not start, come first."""
