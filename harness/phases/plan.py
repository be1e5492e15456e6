"""The steps of a phase, and its rollback, as commands."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from harness.phases import commands
from harness.phases.calls import FileCall, calls_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.inputs.production import Production
    from harness.phases.phase import Phase, Step


@dataclass(frozen=True)
class Action:
    """One step with its commands."""

    text: str
    commands: tuple[str, ...]
    source: str = ""
    """The files that the commands are made from."""


@dataclass(frozen=True)
class Plan:
    """The actions of a phase, or of its rollback."""

    title: str
    actions: tuple[Action, ...]
    region: str
    """The command that sets the Region of the others."""
    keeps: str = ""
    """The state of data, visitors and jobs after a rollback."""

    def text(self) -> str:
        """Return the plan for a terminal: it can be pasted action by action."""
        lines = [f"# {self.title}"]
        if any(action.commands for action in self.actions):
            lines += ["", self.region]
        for number, action in enumerate(self.actions, start=1):
            source = f" ({action.source})" if action.source else ""
            lines += ["", f"# {number}. {action.text}{source}", *action.commands]
        return "\n".join([*lines, *(["", f"# After it: {self.keeps}."] if self.keeps else [])])

    def as_json(self) -> dict[str, Any]:
        """Return the plan for programs."""
        actions = [vars(action) for action in self.actions]
        return {
            "title": self.title,
            "region": self.region,
            "actions": actions,
            "keeps": self.keeps,
        }


def steps(phase: Phase, production: Production) -> Plan:
    """Return the steps of a phase that production has files or names for."""
    actions = []
    for step in phase.steps:
        calls = calls_for(step, production)
        lines = [call.command(production) for call in calls if not call.aside]
        lines += besides(step, calls, production)
        if lines:
            sources = dict.fromkeys(production.path_of(call.key) for call in calls)
            actions.append(Action(step.action, tuple(lines), ", ".join(sources)))
    title = f"phase {phase.number}, {phase.name}: {phase.goal}"
    return Plan(title, tuple(actions), commands.region(production))


def besides(step: Step, calls: Sequence[FileCall], production: Production) -> list[str]:
    """Return the commands of a step that no file holds, after a comment where a file is missing."""
    missing = [f"# no file has it: set {step.needs}"] if step.needs and not calls else []
    operations = {call.operation for call in calls}
    clusters = [call.input for call in calls if call.operation == "CreateDBCluster"]
    if "CreateDBInstance" not in operations and any(map(_is_aurora, clusters)):
        missing.append(f"# {step.needs} has no instance: append `aws rds describe-db-instances`")
    return [*missing, *(step.commands(production) if step.commands else [])]


def _is_aurora(cluster: Mapping[str, Any]) -> bool:
    """Whether a cluster has no instance unless one is made in it."""
    return str(cluster.get("Engine")).startswith("aurora")


def rollback(phase: Phase, production: Production) -> Plan:
    """Return the rollback of a phase."""
    back = phase.rollback
    rehearsal = f" Rehearsed by: cutover verify -k '{back.rehearsed}'." if back.rehearsed else ""
    actions = [Action(f"{back.action}{rehearsal}", tuple(back.commands(production)))]
    onward = back.onward(production) if back.onward else []
    if onward:
        actions.append(Action("Later, to go on again.", tuple(onward)))
    title = f"rollback of phase {phase.number}, {phase.name}"
    return Plan(title, tuple(actions), commands.region(production), back.keeps)


def calls_for(step: Step, production: Production) -> list[FileCall]:
    """Return the calls of a step's files, in the order of the step."""
    patterns = [
        pattern.replace("<web>", production.web)
        for pattern in step.files
        if "<other>" not in pattern
    ]
    for pattern in step.files:
        if "<other>" in pattern:
            names = [name for name in production.services if name != production.web]
            patterns += [pattern.replace("<other>", name) for name in names]
    return [
        call
        for pattern in patterns
        for call in calls_of(production)
        if fnmatch(call.key, pattern) and call.operation in (step.operations or (call.operation,))
    ]
