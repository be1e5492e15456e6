"""The plan of a rehearsal: a mistake, or the harmless twins of a story together."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mistakes.choice import twins_of
from tests.mistakes.mistake import Mistake
from tests.rehearsals import Plan, node_id

NO_SCENARIO = ("-k", "nothing")
"""For a stack that must not come up."""


def plan_mistake(mistake: Mistake) -> Plan:
    """Plan the rehearsal of one mistake."""
    scenarios = (*mistake.breaks, *mistake.also_green) if mistake.breaks else ()
    return Plan(mistake.name, (mistake.edit,), tuple(map(node_id, scenarios)) or NO_SCENARIO)


def plan_twins(story: str, mistakes: Sequence[Mistake]) -> Plan:
    """Plan one rehearsal of all twins of a story: harmless edits stay harmless together."""
    twins = [mistake for mistake in mistakes if mistake.twin]
    scenarios = (
        node_id(scenario) for twin in twins for scenario in (*twin.breaks, *twin.also_green)
    )
    edits = tuple(mistake.twin.edit for mistake in twins if mistake.twin)
    return Plan(twins_of(story), edits, tuple(dict.fromkeys(scenarios)) or NO_SCENARIO)
