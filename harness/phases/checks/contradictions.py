"""Contradictions of the files of [phases], as `config check` and the gate reject them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.inputs.files import phase_files
from harness.inputs.problem import InputError, Problem
from harness.phases.account import of_files
from harness.phases.checks import agreement, soundness
from harness.phases.checks.difference import REMEDY

if TYPE_CHECKING:
    from harness.inputs.production import Production


def find(production: Production) -> list[Problem]:
    """Return where the files of [phases] contradict each other, the other files, or AWS."""
    account = of_files(production)
    problems: list[Problem] = []
    for name in phase_files.PHASE_FILES:
        calls = phase_files.calls(production, name)
        if not calls:
            continue
        phase_problems = [
            Problem(difference.key, f"{difference.actual}, expected {difference.expected}", REMEDY)
            for rules in (agreement.RULES, soundness.RULES)
            if name in rules
            for difference in rules[name](account, calls)
        ]
        try:
            if phase_problems:
                production.documents[f"phases.{name}"].reject(phase_problems)
        except InputError as error:
            problems += error.problems
    return problems


def reject(production: Production) -> None:
    """Reject files of [phases] with contradictions.

    Raises:
        InputError: Every contradiction.
    """
    if problems := find(production):
        raise InputError(problems)
