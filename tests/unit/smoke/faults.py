"""The form of a fault: an edit of the world, and the one check that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.smoke.result import Action, State
from tests.unit.smoke.conftest import World, result, states


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a site."""

    name: str
    edit: Callable[[World], object]
    check: str
    value: str
    """Part of the check's value."""
    meaning: str
    """Part of the check's meaning."""
    action: Action = Action.MEND
    state: State = State.RED
    also: tuple[str, ...] = ()
    """Other checks that the same fault turns red or gives a warning, as it must."""

    def __str__(self) -> str:
        return self.name

    def require(self, world: World, *families: str) -> None:
        """Break the site, and require that this check, and no other of these, names it."""
        self.edit(world)
        report = world.report(*families)
        outcome = result(report, self.check)
        assert self.value in outcome.value
        assert self.meaning in outcome.meaning
        assert (outcome.state, outcome.action) == (self.state, self.action)
        assert set(states(report, State.RED, State.WARNING)) == {self.check, *self.also}
