"""Acceptances: known red scenarios that a team lives with until a date."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from harness.inputs.scenarios import plain_name

OPTION = "cutover_accept"
"""The ini option with the acceptances, one in each line as JSON."""
ACCEPTED_FINDING = "accepted"
"""The measurement of a scenario that met an accepted finding."""


@dataclass(frozen=True)
class Acceptance:
    """One ``[[accept]]`` of cutover.toml."""

    scenario: str
    """The scenario's name, with or without ``test_`` and its parameters."""
    why: str
    until: str
    """The last day, ISO 8601."""
    finding: str = ""
    """One finding of the scenario; empty for the whole scenario."""

    @property
    def subject(self) -> str:
        """The scenario, and the finding where there is one."""
        return f"{self.scenario}: {self.finding}" if self.finding else self.scenario

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > date.fromisoformat(self.until)

    def matches(self, node_id: str) -> bool:
        """Whether it is about this scenario."""
        name = plain_name(node_id)
        return plain_name(self.scenario) in (name, name.partition("[")[0])


def of_findings(
    acceptances: Iterable[Acceptance], *, node_id: str, today: date
) -> dict[str, Acceptance]:
    """Return the findings of a scenario that are accepted today."""
    return {
        acceptance.finding: acceptance
        for acceptance in acceptances
        if acceptance.finding and acceptance.matches(node_id) and not acceptance.is_over(today)
    }


def as_line(acceptance: Acceptance) -> str:
    """Return an acceptance as a line of the ini option."""
    return json.dumps(asdict(acceptance))


def from_lines(lines: Iterable[str]) -> tuple[Acceptance, ...]:
    """Read the lines of the ini option."""
    return tuple(Acceptance(**json.loads(line)) for line in lines)


def notes(
    acceptances: Iterable[Acceptance],
    *,
    passed: Mapping[str, bool],
    findings: Container[str],
    today: date,
) -> Iterator[str]:
    """Name each acceptance that is void.

    Args:
        acceptances: Those of the configuration.
        passed: Node id of each scenario that ran -> whether it was green.
        findings: The accepted findings that the scenarios met.
        today: The day of the replay.
    """
    for acceptance in acceptances:
        outcomes = [green for node_id, green in passed.items() if acceptance.matches(node_id)]
        if not acceptance.finding and outcomes and all(outcomes):
            yield f'[[accept]] "{acceptance.subject}" is green now: remove it'
        elif acceptance.is_over(today):
            yield (
                f'[[accept]] "{acceptance.subject}" ended on {acceptance.until}: mend its cause,'
                " or set a later date"
            )
        elif acceptance.finding and outcomes and acceptance.finding not in findings:
            yield f'[[accept]] "{acceptance.subject}" was not found: remove it'
