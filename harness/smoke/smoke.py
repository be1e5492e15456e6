"""The run of all checks: their order, the needs of each family, and the report of their results."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import requests

from harness.smoke.checks import (
    app,
    assets,
    dns,
    exposure,
    http,
    links,
    old_host,
    other_hosts,
    page,
    probe,
    sessions,
    sign_in,
    tls,
    zone,
)
from harness.smoke.examination import Examination
from harness.smoke.result import URGENCY, Action, NotRun, Result, State, red
from harness.smoke.site import Site
from harness.smoke.visitor import RedirectRejected, short
from harness.target.clients.probe import ProbeRefused

Check = Callable[[Examination], Result]
_GOOD_ENOUGH = (State.GREEN, State.WARNING)
_RAN = (*_GOOD_ENOUGH, State.RED)


@dataclass(frozen=True)
class Family:
    """Checks of one subject, and the check that must be green for them to make sense."""

    name: str
    checks: tuple[Check, ...]
    needs: str = ""
    obstacle: Callable[[Site], str] = lambda _site: ""
    """Returns the reason for which nothing of the family can run; empty if it can."""
    is_wanted: Callable[[Site], bool] = lambda _site: True
    """Returns whether the operator wants the family at all."""


CONNECTION, FRONT_PAGE, SESSION, PROBE = "connection", "front page", "session lasts", "probe"
FAMILIES = (
    Family("dns", (*dns.CHECKS, *zone.CHECKS), obstacle=dns.obstacle),
    Family("tls", tls.CHECKS, needs=CONNECTION),
    Family("app", (*app.CHECKS, *sign_in.CHECKS, *page.CHECKS, *links.CHECKS), needs=CONNECTION),
    Family("http", http.CHECKS, needs=CONNECTION),
    Family("exposure", exposure.CHECKS, needs=FRONT_PAGE),
    Family("assets", (*assets.CHECKS, *other_hosts.CHECKS), needs=FRONT_PAGE),
    Family("session", sessions.CHECKS, needs=FRONT_PAGE),
    Family("session", (sign_in.sign_in_form,), needs=SESSION),
    Family("old host", old_host.CHECKS, obstacle=old_host.obstacle),
    Family("probe", probe.CHECKS, needs=PROBE, obstacle=probe.obstacle),
    Family(
        "probe",
        (probe.mail,),
        needs=PROBE,
        obstacle=probe.obstacle,
        is_wanted=lambda site: bool(site.mail_to),
    ),
)


@dataclass(frozen=True)
class Line:
    """One check of the report."""

    family: str
    name: str
    result: Result


@dataclass(frozen=True)
class Report:
    """The results of one run."""

    url: str
    run_id: str
    began: datetime
    seconds: float
    requests: int
    max_requests: int
    lines: tuple[Line, ...]

    def of(self, *states: State) -> list[Line]:
        """Return the lines in these states, the most urgent first."""
        lines = [line for line in self.lines if line.result.state in states]
        return sorted(lines, key=lambda line: URGENCY.index(line.result.action or Action.WAIT))

    @property
    def ran(self) -> int:
        """The number of checks that ran."""
        return len(self.lines) - len(self.of(State.NOT_RUN))

    @property
    def action(self) -> Action | None:
        """The most urgent action of a red check; None without one."""
        reds = self.of(State.RED)
        return reds[0].result.action if reds else None

    @property
    def has_front_page(self) -> bool:
        """Whether the front page was checked: without it, a report says little of the site."""
        return any(line.name == FRONT_PAGE for line in self.lines if line.result.state in _RAN)

    def is_green(self, *, strict: bool) -> bool:
        """Return whether no check is red; strictly, every check ran and none has a warning."""
        bad = (State.RED, State.WARNING, State.NOT_RUN) if strict else (State.RED,)
        return self.has_front_page and not self.of(*bad)


def run(exam: Examination, families: Iterable[Family] = FAMILIES) -> Iterator[Line]:
    """Run the checks in their order, and yield each with its result."""
    states: dict[str, State] = {}
    for family in (family for family in families if family.is_wanted(exam.site)):
        obstacle = family.obstacle(exam.site)
        for check in family.checks:
            name = check.__name__.replace("_", " ")
            result = _result(exam, check, obstacle or _obstacle(family, name, states))
            states[name] = result.state
            yield Line(family.name, name, result)


def report_of(exam: Examination, lines: Sequence[Line]) -> Report:
    """Return the report of a run that has ended."""
    return Report(
        url=exam.site.url,
        run_id=exam.run_id,
        began=exam.began,
        seconds=exam.traffic.deadline.elapsed_s,
        requests=exam.traffic.requests,
        max_requests=exam.traffic.max_requests,
        lines=tuple(lines),
    )


def _obstacle(family: Family, name: str, states: dict[str, State]) -> str:
    """Return the reason for which a check cannot run; empty if it can."""
    if name == family.needs or states.get(family.needs, State.GREEN) in _GOOD_ENOUGH:
        return ""
    return f"needs the check {family.needs}, which is {states[family.needs]}"


def _result(exam: Examination, check: Check, obstacle: str) -> Result:
    if obstacle:
        return Result(State.NOT_RUN, obstacle, "")
    try:
        return check(exam)
    except NotRun as reason:
        return Result(State.NOT_RUN, str(reason), "")
    except RedirectRejected as rejected:
        return Result(State.NOT_RUN, str(rejected), "")
    except ProbeRefused as refused:
        meaning = refused.cause or "read the web tasks' logs"
        return red(Action.MEND, refused.message, "probe", meaning)
    except (requests.RequestException, ssl.SSLError, OSError) as error:
        request = getattr(error, "request", None)
        source = f"{request.method} {request.url}" if request is not None else exam.site.url
        is_unreadable = isinstance(error, requests.exceptions.ContentDecodingError)
        return red(
            Action.ROLL_BACK,
            f"no answer: {short(error)}",
            source,
            "visitors get an error here: "
            + (
                "the body is not compressed as its Content-Encoding says"
                if is_unreadable
                else "look at the load balancer's targets and the tasks' logs"
            ),
        )
