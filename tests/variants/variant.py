"""A harmless variant of the reference app: AWS takes it, production works with it, all is green."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.mistakes.edits import Edit
from tests.rehearsals import Plan


@dataclass(frozen=True)
class Variant:
    """One harmless edit.

    Args:
        name: The variant in one sentence.
        edit: The change of the app's files.
    """

    name: str
    edit: Edit = field(repr=False)


def plan_bundle(name: str, variants: Sequence[Variant]) -> Plan:
    """Plan one rehearsal of several variants, with every scenario: together they do no harm."""
    return Plan(name, tuple(variant.edit for variant in variants), ())


def plan_variant(variant: Variant) -> Plan:
    """Plan the rehearsal of a variant alone, to find the one that turns its bundle red."""
    return plan_bundle(variant.name, [variant])
