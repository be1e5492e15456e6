"""Made-up replays, green and red, through the real model: the page's test data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from harness.diagnosis.history import SERVICE, Event, HealthChange, History, Image, Lifespan, Tick
from harness.report import Outcome, Report, emulated, not_covered, proved
from harness.report.overlay import overlay_lines

BEGAN = datetime(2026, 11, 23, 4, 43, 30, tzinfo=UTC)
SECRET = 'Tr0ub4dor "&" <three> + \\ N'
"""As a password may be: quotes and signs that HTML and JSON escape."""
STORIES = ("database", "edge", "sessions", "uploads", "scheduler")
CAUSE = "the web task never started: secret key 'password' is missing in tickets/db"
LONG = "x" * 300


def at(seconds: float) -> datetime:
    """Return a moment of the replay."""
    return BEGAN + timedelta(seconds=seconds)


def outcome(story: str, number: int, *, result: str = "passed") -> Outcome:
    """Make up a scenario that shows something of a story."""
    return Outcome(
        scenario=f"scenarios/test_{story}.py::test_thing_{number}_survives_what_comes[a {number}]",
        result=result,
        target="local",
        labels={
            "local": emulated("MySQL Router stands in for RDS Proxy, whose CA is Amazon's"),
            "aws": proved,
            "url": not_covered("no command can be run in a task there"),
        },
        seconds=3.5 + number,
        started_at=at(8 + 17 * STORIES.index(story) + 3 * number).isoformat(),
        measured=(("start lag of a tick, s", "[0.41, 0.5]"),) if story == "scheduler" else (),
        reason="needs the capability exec" if result == "skipped" else "",
    )


def red(one: Outcome, *, cause: str = "") -> Outcome:
    """Make a scenario fail, with evidence."""
    return replace(
        one,
        result="failed",
        message=f"expected: 200\nseen: 503 <html> & the password {SECRET}\n{LONG}",
        cause=cause,
        cause_lines=(f"04:44:01 the secret lacks the json key: {SECRET}",) if cause else (),
        sections=(
            ("ECS service events", "04:44:00 has started 1 tasks"),
            ("log of cutover-06eb26-tickets-web-c45e20b2-app", f"signed in as {SECRET}\n{LONG}"),
        ),
    )


def _task(number: int, *, family: str = "tickets-web", **more: object) -> Lifespan:
    name = f"{number:08x}".replace("0", "c") + "d308699d921f142b74691aa0"
    lifespan = Lifespan(
        kind=family,
        name=name,
        detail=f"revision 1, of service {family}",
        created_at=at(5 * number),
        started_at=at(5 * number + 2),
        ready_at=at(5 * number + 4) if family == "tickets-web" else None,
        folders=(("app", f"tasks/{family}-{name}/app"),),
    )
    return replace(lifespan, **more)  # type: ignore[arg-type]


def _lifespans() -> tuple[Lifespan, ...]:
    services = tuple(
        Lifespan(
            kind=SERVICE,
            name=name,
            created_at=at(-12),
            started_at=at(-11),
            ready_at=at(-9 + number),
            folders=((name, f"services/{name}"),),
        )
        for number, name in enumerate(("emulator", "mysql", "proxy", "edge", "control"))
    )
    stopped = "ServiceSchedulerInitiated: Scaling activity initiated by deployment ecs-svc/84526804"
    return (
        *services,
        _task(1, stopping_at=at(40), stopped_at=at(44), end=f"{stopped}; app: exit code 0"),
        _task(2),
        _task(9, failed=True, stopped_at=at(52), end="EssentialContainerExited; app: exit code 1"),
        _task(3, family="tickets-worker"),
        _task(4, family="tickets-scheduler", stopped_at=at(27), end="app: exit code 0"),
    )


def history() -> History:
    """Make up the stack's history."""
    lifespans = _lifespans()
    web, scheduler = lifespans[6], lifespans[-1]
    group = "(target-group arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/t/2bee)"
    return History(
        lifespans=lifespans,
        events=tuple(
            Event(at(3 * n), "tickets-web", f"registered 1 targets in {group}") for n in range(14)
        ),
        health=(
            HealthChange(at(14), "10.40.196.128", "healthy", "", web.name),
            HealthChange(at(30), "10.40.196.128", "unhealthy", "codes: [500]", web.name),
        ),
        ticks=(
            Tick(
                at(20), scheduler.name, at(22.4), "app: exit code 0", ("release-holds succeeded",)
            ),
            Tick(at(80), end="dropped: the rule is disabled"),
        ),
        images=(Image("app", "cutover/app:ba5f874333310667", "sha256:" + "a9" * 32),),
        targets=("10.40.196.128 healthy", "10.40.196.129 healthy"),
        logs_at=".",
        unread=("what the scheduler ran: 503",),
    )


def report(*outcomes: Outcome, target: str = "local") -> Report:
    """Make a report of these outcomes."""
    return Report(
        target=target,
        public_url="https://tickets.876events.example",
        started_at=BEGAN.isoformat(),
        seconds=104.2,
        outcomes=outcomes,
        run="06eb26",
        vendor="debian",
        overlay=overlay_lines(
            {
                "environment": {"AWS_ENDPOINT_URL": "http://emulator:4566"},
                "files": {"/etc/ssl/certs/ca-certificates.crt": "ca"},
            }
        ),
        history=history() if target == "local" else History(),
    )


def passed() -> tuple[Outcome, ...]:
    """Return scenarios that all pass, but for one that is skipped."""
    outcomes = [outcome(story, number) for story in STORIES for number in range(3)]
    return (*outcomes[:-1], replace(outcomes[-1], result="skipped", reason="needs exec"))


def green() -> Report:
    """Return a replay that is green."""
    return report(*passed())


def failed() -> Report:
    """Return a replay with three red scenarios, two of them for one cause."""
    first, second, third, *rest = passed()
    last = red(rest[0])
    return report(red(first, cause=CAUSE), red(second, cause=CAUSE), third, last, *rest[1:])


def from_outside() -> Report:
    """Return a replay against a site of which only the URL is known."""
    return report(*passed(), target="url")
