"""The runbook: checklist, commands, diagram and policies, from production's files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.phases import commands, console, diagram, markdown, plan, teardown
from harness.phases.catalog import PHASES
from harness.target import naming, observer, rehearser
from harness.target.resources.ecs import SERVICES_AT_ONCE
from harness.target.resources.task_logs import awslogs_groups

if TYPE_CHECKING:
    from jinja2 import Environment

    from harness.inputs.production import Production
    from harness.phases.calls import FileCall, Leaf
    from harness.phases.phase import Phase, Step

_FOLDER = Path(__file__).with_name("templates")
_NO_REHEARSAL = "No rehearsal is recorded here, so no durations are known."


@dataclass(frozen=True)
class Row:
    """One field in the checklist."""

    label: str
    field: str
    value: str
    source: str
    """Path and line of the file."""
    key: str
    """Path of the field in it."""

    @property
    def is_cli_only(self) -> bool:
        """Whether the console has no place for it."""
        return self.label == console.CLI_ONLY


@dataclass(frozen=True)
class Entry:
    """One call in the checklist."""

    call: FileCall
    production: Production

    @property
    def form(self) -> console.Form:
        """The call's place in the console."""
        return console.form_of(self.call)

    @property
    def operation(self) -> str:
        """The API operation."""
        return self.call.operation

    @property
    def aside(self) -> str:
        """Why there is nothing to type in this step; empty where there is."""
        return self.call.aside

    @property
    def file(self) -> str:
        """Path of the file, from the folder of cutover.toml."""
        return self.production.path_of(self.call.key)

    @property
    def rows(self) -> list[Row]:
        """The fields, in the file's order."""
        return [self._row(leaf) for leaf in self.call.leaves]

    def _row(self, leaf: Leaf) -> Row:
        key = leaf.keys[-1] if len(leaf.keys) <= 2 else f"{self.call.at}.{leaf.field}".strip(".")
        _, line = self.production.documents[self.call.key].place(leaf.keys[0])
        label = self.form.label(leaf)
        return Row(label, leaf.field, leaf.text, f"{self.file}:{line}", key)


@dataclass(frozen=True)
class Instruction:
    """One step of a phase, with its calls and commands."""

    step: Step
    calls: tuple[FileCall, ...]
    production: Production

    @property
    def action(self) -> str:
        """The step's own words."""
        return self.step.action

    @property
    def takes(self) -> str:
        """How long AWS takes."""
        return self.step.takes

    @property
    def entries(self) -> list[Entry]:
        """Its calls, for the checklist."""
        return [Entry(call, self.production) for call in self.calls]

    @property
    def files(self) -> str:
        """The files of its calls."""
        files = dict.fromkeys(self.production.path_of(call.key) for call in self.calls)
        return ", ".join(files)

    @cached_property
    def commands(self) -> list[str]:
        """Commands that no file holds."""
        return plan.besides(self.step, self.calls, self.production)

    @property
    def every_command(self) -> list[str]:
        """Its calls as commands, and the others."""
        calls = [call for call in self.calls if not call.aside]
        return [*(call.command(self.production) for call in calls), *self.commands]


def pages(production: Production, *, report: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the text of each file of the runbook, by its name.

    Args:
        production: The files.
        report: report.json of the last rehearsal, for the durations.
    """
    access = naming.names_in(production)
    values = {
        "production": production,
        "phases": [(phase, list(_instructions(phase, production))) for phase in PHASES],
        "region": commands.region(production),
        "as_of": console.as_of(),
        "picture": diagram.diagram(production),
        "teardown": teardown.commands(production, PHASES),
        "triage": list(_triage(production)),
        "durations_text": durations(report) if report else _NO_REHEARSAL,
        "rehearsed_s": {phase.number: _rehearsed_s(phase, report or {}) for phase in PHASES},
    }
    environment = _environment()
    names = ("checklist.md", "runbook.md", "diagram.svg", "diagram.mmd")
    return {
        **{name: environment.get_template(f"{name}.j2").render(values) for name in names},
        "observer-policy.json": json.dumps(observer.policy(access), indent=2) + "\n",
        "rehearser-policy.json": json.dumps(rehearser.policy(access), indent=2) + "\n",
        "observer-trust.json": json.dumps(observer.trust(access), indent=2) + "\n",
    }


def _instructions(phase: Phase, production: Production) -> Iterator[Instruction]:
    for step in phase.steps:
        instruction = Instruction(step, tuple(plan.calls_for(step, production)), production)
        if instruction.calls or instruction.commands:
            yield instruction


def durations(report: Mapping[str, Any]) -> str:
    """Return how long the last rehearsal took, in a sentence."""
    return (
        f"The last rehearsal, of {str(report['started_at'])[:10]}: {report['verdict']}"
        f" The scenarios took {report['seconds']:.0f} s on the local stack; AWS's own durations"
        " are at the steps."
    )


def _rehearsed_s(phase: Phase, report: Mapping[str, Any]) -> float:
    """Return how long the last rehearsal of a phase's rollback took; 0 if it did not."""
    words = [word for word in phase.rollback.rehearsed.split(" or ") if word]
    return sum(
        float(scenario["seconds"])
        for scenario in report.get("scenarios", ())
        if scenario["result"] == "passed" and any(word in scenario["scenario"] for word in words)
    )


def _triage(production: Production) -> Iterator[str]:
    access = naming.names_in(production)
    groups = dict.fromkeys(
        name for definition in production.definitions for name in awslogs_groups(definition.raw)
    )
    yield from (f"aws logs tail {name} --since 15m" for name in groups)
    services = list(access.services.values())
    for first in range(0, len(services), SERVICES_AT_ONCE):
        names = " ".join(services[first : first + SERVICES_AT_ONCE])
        yield (
            f"aws ecs describe-services --cluster {access.cluster} --services {names}"
            " --query 'services[].events[:5].message'"
        )
    yield f"aws elbv2 describe-target-health --target-group-arn '<ARN of {access.target_group}>'"
    if access.proxy_name:
        yield f"aws rds describe-db-proxy-targets --db-proxy-name {access.proxy_name}"


def _environment() -> Environment:
    """Return the environment of the templates: values are escaped for Markdown, or for XML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=markdown.escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "code": markdown.code,
        "fenced": markdown.fenced,
        "fitting": diagram.fitting,
    }
    return environment
