"""Outcomes and the report: the values behind every report format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.core import codec
from harness.diagnosis.history import History
from harness.report.faults import Fault, faults_of, first_following
from harness.report.shard import Part, Shard
from harness.target.truth import EMULATED, NOT_COVERED, PROVED, Label

if TYPE_CHECKING:
    from harness.target.recorded_runs import RecordedRun

PASSED = "passed"
FAILED = "failed"
ERROR = "error"
SKIPPED = "skipped"
ACCEPTED = "accepted"
"""Red, and known: the team lives with it until a date."""
FLAKY = "flaky"
"""Red, and green when it was run again at the end of the replay."""
RED = (FAILED, ERROR)


@dataclass(frozen=True)
class Outcome:
    """The result of one scenario on one target."""

    scenario: str
    """pytest's node id."""
    result: str
    target: str
    labels: Mapping[str, Label]
    """Target name -> the worth of a pass there."""
    seconds: float = 0.0
    started_at: str = ""
    """UTC, ISO 8601."""
    measured: tuple[tuple[str, str], ...] = ()
    """Its measurements: name and value."""
    saw: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Its observations: name -> type and value, as `harness.parity.observation` makes them."""
    reason: str = ""
    """The reason to skip it, to accept that it is red, or to call it flaky."""
    follows: str = ""
    """The failed scenario that kept it from being run; empty for every other reason."""
    message: str = ""
    """The failure in the scenario's own words: expected and actual."""
    cause: str = ""
    cause_lines: tuple[str, ...] = ()
    """The lines of evidence for the cause."""
    is_sure: bool = True
    """False where the cause is a guess, or says that something failed and not why."""
    setting: str = ""
    """The setting of the app that the cause is about; empty if it is about none."""
    first_error: str = ""
    """The app's first error meanwhile, with its task and time."""
    sections: tuple[tuple[str, str], ...] = ()
    """Title and text of each piece of evidence."""

    @property
    def story(self) -> str:
        """Its part of the cutover: the file, without test_ and .py."""
        file = self.scenario.partition("::")[0].rsplit("/", 1)[-1]
        return file.removeprefix("test_").removesuffix(".py")

    @property
    def name(self) -> str:
        """Its function, without test_."""
        return self.scenario.rpartition("::")[2].removeprefix("test_")

    @property
    def title(self) -> str:
        """The scenario's name, in words."""
        return self.name.replace("_", " ")

    @property
    def label(self) -> Label:
        """The worth of a pass on the target of this replay; only a pass proves anything."""
        if self.result in (SKIPPED, ACCEPTED, FLAKY):
            return Label(NOT_COVERED, self.reason.removeprefix(f"{NOT_COVERED}: "))
        return self.labels.get(self.target, Label(NOT_COVERED, "no label"))

    def label_on(self, name: str) -> Label:
        """Return the label on a target, this replay's own or another."""
        return self.label if name == self.target else self.labels.get(name, Label(NOT_COVERED))

    @property
    def is_red(self) -> bool:
        """Whether this one fails the rehearsal."""
        return self.result in RED

    @property
    def has_account(self) -> bool:
        """Whether the report tells of its failure: it is red, or flaky."""
        return self.is_red or self.result == FLAKY

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON, with the derived fields that a reader wants."""
        return {**codec.encode(self), "story": self.story, "title": self.title}


def outcome_from(data: Mapping[str, Any]) -> Outcome:
    """Make an outcome from its JSON; it crosses from an xdist worker in that form."""
    return codec.decode(Outcome, data, ignore_unknown=True)


_GAP = re.compile(r"no [^,;]+; (?:set|add) [^,;]+")
"""A part that the configuration lacks, and its key; a reason may name several."""


@dataclass(frozen=True)
class Report:
    """One replay of the scenarios against one target."""

    target: str
    public_url: str
    started_at: str
    """UTC, ISO 8601."""
    seconds: float
    outcomes: tuple[Outcome, ...]
    run: str = ""
    has_local_endpoints: bool = False
    """Whether an emulator answered as the account of the target aws."""
    vendor: str = ""
    """The source of the app's PHP packages."""
    overlay: tuple[str, ...] = ()
    """All that differs from production in the tasks, one line each."""
    history: History = field(default_factory=History)
    """The stack's tasks, deployments and health meanwhile, as far as the target shows them."""
    recorded_runs: Mapping[str, RecordedRun] = field(default_factory=dict)
    """The last recorded run of each target that has one."""
    notes: tuple[str, ...] = ()
    """Acceptances that are void (of no scenario, of a green one, or over), and an overload."""
    shard: Shard | None = None
    """The share of the scenarios that this is of; None for all of them."""
    parts: tuple[Part, ...] = ()
    """The shards' reports that this one was merged of."""
    lost: tuple[str, ...] = ()
    """Each shard that left no report, in one sentence."""

    @property
    def target_title(self) -> str:
        """The target as a reader is told of it: an emulated account is not called aws."""
        return f"{self.target} (local endpoints)" if self.has_local_endpoints else self.target

    def was_tried(self, name: str) -> bool:
        """Whether the scenarios ever ran on a target: now, or in a recorded run."""
        runs_there = name == self.target and not self.has_local_endpoints
        return runs_there or name in self.recorded_runs

    @property
    def counts(self) -> dict[str, int]:
        """The number of scenarios of each result."""
        return {
            result: sum(outcome.result == result for outcome in self.outcomes)
            for result in (PASSED, FAILED, ERROR, SKIPPED, ACCEPTED, FLAKY)
        }

    @property
    def is_green(self) -> bool:
        """Whether something passed, and nothing failed, is flaky or was lost."""
        return (
            bool(self.counts[PASSED])
            and not self.lost
            and not any(outcome.has_account for outcome in self.outcomes)
        )

    def not_run_for(self, outcome: Outcome) -> int:
        """Return how many scenarios were not run because of the failure of this one."""
        return sum(candidate.follows == outcome.scenario for candidate in self.outcomes)

    @property
    def verdict(self) -> str:
        """The result in one sentence, or after one for each shard that is lost."""
        return " ".join((*self.lost, self._result))

    @property
    def _result(self) -> str:
        counts = self.counts
        red = counts[FAILED] + counts[ERROR]
        accepted = f", {counts[ACCEPTED]} accepted as red" if counts[ACCEPTED] else ""
        skipped = accepted + (f", {counts[SKIPPED]} skipped" if counts[SKIPPED] else "")
        flaky = f"{counts[FLAKY]} {'is' if counts[FLAKY] == 1 else 'are'} flaky"
        if red:
            flaky = f", {flaky}" if counts[FLAKY] else ""
            return f"{red} of {len(self.outcomes)} scenarios are red{flaky}{skipped}."
        if counts[FLAKY]:
            return f"None of {len(self.outcomes)} scenarios is red, {flaky}{skipped}."
        if not counts[PASSED]:
            return f"No scenario passed{skipped}."
        plural = "" if counts[PASSED] == 1 else "s"
        return f"{counts[PASSED]} scenario{plural} passed{skipped}; none is red."

    @property
    def worth(self) -> str:
        """The worth of the passes, in one sentence; empty when nothing passed."""
        passed = Counter(
            outcome.label.worth for outcome in self.outcomes if outcome.result == PASSED
        )
        if self.has_local_endpoints and passed:
            return "The account is emulated: a pass proves nothing about AWS."
        parts = (
            (passed[PROVED], "proved"),
            (passed[EMULATED], "on emulated services (differences are listed)"),
        )
        subject = "Everything that ran" if self.is_green else "Everything else"
        worth = ", ".join(f"{number} {text}" for number, text in parts if number)
        return f"{subject} passed: {worth}." if worth else ""

    @property
    def coverage(self) -> str:
        """The scenarios that ran, of those that were selected; empty when all ran."""
        skipped = self.counts[SKIPPED]
        if not skipped:
            return ""
        total = len(self.outcomes)
        return f"{total - skipped} of {total} selected scenarios ran on target {self.target_title}."

    @property
    def flaky(self) -> tuple[Outcome, ...]:
        """The scenarios that were red, and green when run again."""
        return tuple(outcome for outcome in self.outcomes if outcome.result == FLAKY)

    @property
    def accepted(self) -> tuple[Outcome, ...]:
        """The scenarios that are red and accepted."""
        return tuple(outcome for outcome in self.outcomes if outcome.result == ACCEPTED)

    @property
    def gaps(self) -> tuple[tuple[str, int], ...]:
        """Each gap of the configuration, with its key, and how many scenarios it skips."""
        reasons = (outcome.label.note for outcome in self.outcomes if outcome.result == SKIPPED)
        return tuple(Counter(gap for note in reasons for gap in _GAP.findall(note)).most_common())

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Each cause with the red scenarios that it explains, and last those that may follow."""
        return faults_of(self.outcomes)

    @property
    def first_following(self) -> Fault | None:
        """The first fault that may follow from those above it."""
        return first_following(self.faults)

    @property
    def vendor_text(self) -> str:
        """The source of the app's PHP packages, and its consequences."""
        if self.vendor in VENDORS or not self.vendor:
            return VENDORS.get(self.vendor, "unknown")
        return f"{self.vendor} (the image named in cutover.toml)"


VENDORS = {
    "image": "the app's own image, named in cutover.toml",
    "dockerfile": "the app's own Dockerfile",
    "composer": "composer (Packagist; the packages that run on AWS)",
    "debian": "debian (Laravel itself is stock; AWS calls go through a layer over async-aws,"
    " so what is particular to aws-sdk-php is not exercised)",
}
