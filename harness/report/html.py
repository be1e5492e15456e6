"""``report.html``: one page that needs nothing else, for a phone, a desk and a printer.

The templates are in ``page/``. Jinja2 takes 50 ms to import, so that only a replay's end does it.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.report import activity, anchors, timeline
from harness.report.faults import FOLLOWING
from harness.report.model import ACCEPTED, FLAKY, PASSED, SKIPPED, Outcome, Report
from harness.target.truth import NOT_COVERED

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_NAME = "report.html"
_FOLDER = Path(__file__).with_name("page")


def text(report: Report) -> str:
    """Return the report as one HTML page without any outside resource."""
    from markupsafe import Markup

    style = f"\n{(_FOLDER / 'page.css').read_text(encoding='utf-8')}"
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _environment().get_template("page.html.j2")
    return page.render(
        report=report,
        view=View(report),
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file
    )


def _environment() -> Environment:
    """Return the environment of the templates: every value is redacted, then escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def blank_secrets(value: object) -> object:
        # The result of a macro is markup whose values have been through here.
        return value if isinstance(value, Markup) else redact(str(value))

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=blank_secrets,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "FOLLOWING": FOLLOWING,
        "activity": activity,
        "anchors": anchors,
        "timeline": timeline,
    }
    environment.filters |= {"clock": timeline.clock, "utc": _utc}
    return environment


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


@dataclass(frozen=True)
class Story:
    """The scenarios of one file."""

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(outcome.result == PASSED for outcome in self.outcomes)

    @property
    def red(self) -> int:
        """How many are red."""
        return sum(outcome.is_red for outcome in self.outcomes)

    @property
    def accepted(self) -> int:
        """How many are red and accepted."""
        return sum(outcome.result == ACCEPTED for outcome in self.outcomes)

    @property
    def flaky(self) -> int:
        """How many are flaky."""
        return sum(outcome.result == FLAKY for outcome in self.outcomes)

    @property
    def skipped(self) -> int:
        """How many were skipped."""
        return sum(outcome.result == SKIPPED for outcome in self.outcomes)

    @property
    def seconds(self) -> float:
        """How long they took together."""
        return sum(outcome.seconds for outcome in self.outcomes)


class View:
    """The values that the templates show besides the report's own."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.timeline = timeline.timeline(report)
        self.red = [outcome for fault in report.faults for outcome in fault.outcomes]
        names = dict.fromkeys(outcome.story for outcome in report.outcomes)
        self.stories = [
            Story(name, tuple(outcome for outcome in report.outcomes if outcome.story == name))
            for name in names
        ]
        self.targets = list(
            dict.fromkeys(name for outcome in report.outcomes for name in outcome.labels)
        )

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The id and the heading of each section that has something to show."""
        history = self.report.history
        all_sections = (
            ("red", "Red scenarios", self.red),
            ("flaky", "Flaky scenarios", self.report.flaky),
            ("scenarios", "Scenarios", self.stories),
            ("timeline", "Timeline", self.timeline),
            ("ticks", "Scheduled runs", history.ticks),
            ("tasks", "Components, tasks and their logs", history.lifespans),
            ("events", "ECS service events", history.events),
            ("health", "Target health", history.health or history.targets),
            ("unread", "Could not be read", history.unread),
            ("about", "About this run", True),
        )
        return [(id_, title) for id_, title, content in all_sections if content]

    @property
    def lead(self) -> str:
        """The line below the title."""
        report = self.report
        run = f"run {report.run}" if report.run else ""
        parts = (report.public_url, f"target {report.target_title}", report.started_at, run)
        return " · ".join([*filter(None, parts), f"{report.seconds:.1f} s"])

    def last_run(self, name: str) -> str:
        """Return when the scenarios last ran on a target."""
        if name == self.report.target and not self.report.has_local_endpoints:
            return "this run"
        run = self.report.recorded_runs.get(name)
        return f"last run {run.date}" if run else "never run"

    def label(self, outcome: Outcome, name: str) -> tuple[str, str, str]:
        """Return the worth of a pass on a target, its tone, and its note."""
        label, tried = outcome.label_on(name), self.report.was_tried(name)
        tone = label.worth if tried and label.worth != NOT_COVERED else ""
        return label.worth_on(tried=tried), tone, label.note
