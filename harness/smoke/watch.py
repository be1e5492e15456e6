"""The watch through a DNS switch: one sample a second, as visitors of several resolvers meet it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import requests
from requests.cookies import RequestsCookieJar

from harness.core.wait import Clock
from harness.smoke import names
from harness.smoke.checks.dns import NEW, OLD, host_of
from harness.smoke.checks.sessions import form_token
from harness.smoke.content import fault_of
from harness.smoke.result import NotRun
from harness.smoke.site import Endpoint
from harness.smoke.visitor import RedirectRejected, short
from harness.target.clients.probe import ProbeRefused

if TYPE_CHECKING:
    from harness.smoke.examination import Examination
    from harness.smoke.names import Answer
    from harness.smoke.visitor import Visitor

SESSION_EVERY = 5
"""Samples between two looks at the session."""
REFRESH_EVERY = 60
"""Samples between two looks at the load balancer's own addresses."""
STEADY = 5
"""So many samples in a row make a switch complete."""
FRONT = "/"
_CLOSED = (401, 403, 404)
KEPT, LOST = "kept", "lost"


@dataclass(frozen=True)
class Sample:
    """One moment of the switch."""

    at: datetime
    since_s: float
    """Seconds since the watch began."""
    resolvers: dict[str, str]
    """Each resolver's answer: new, old, neither, or its status."""
    ttl_s: int | None
    """The longest time for which a resolver keeps its answer."""
    host: str
    """The host that was dialled: new, old or neither; empty without an address."""
    status: int | None
    error: str
    """The kind of failure; empty if the answer was good."""
    seconds: float
    task: str
    session: str
    """``kept`` or ``lost``; empty where it was not looked at."""

    def has_switched(self, host: str) -> bool:
        """Return whether every resolver, and the answer, is of this host."""
        return not self.error and {self.host, *self.resolvers.values()} == {host}


@dataclass(frozen=True)
class Summary:
    """The switch, seen from its end."""

    samples: int
    first_new: datetime | None
    last_old: datetime | None
    gap_s: float
    """The longest time without a good answer."""
    errors: dict[str, int]
    sessions_lost: int
    longest_ttl_s: int | None
    is_complete: bool
    """Whether the host that was waited for answers everywhere, if one was."""

    @property
    def is_green(self) -> bool:
        """Return whether no visitor met an error or lost a session, and the switch is complete."""
        return not self.errors and not self.sessions_lost and self.is_complete


@dataclass
class Watch:
    """One watch.

    Args:
        exam: The site.
        until: The host at which it ends; empty: it goes on for the whole time.
        for_s: The longest time.
        every_s: Seconds between two samples.
        session_every: Samples between two looks at the session.
        clock: Time and sleep.
    """

    exam: Examination
    until: str = ""
    for_s: float = 3600.0
    every_s: float = 1.0
    session_every: int = SESSION_EVERY
    clock: Clock = field(default_factory=Clock)
    samples: list[Sample] = field(default_factory=list)
    _cookies: RequestsCookieJar = field(default_factory=RequestsCookieJar)
    _token: str = ""
    _reached: set[str] = field(default_factory=set)
    _health_path: str = ""

    def run(self, *, on_sample: Callable[[Sample], None] = lambda _sample: None) -> Summary:
        """Take samples until the switch is complete, the time is over, or an interrupt."""
        try:
            for sample in self._take():
                self.samples.append(sample)
                on_sample(sample)
                if self._is_complete():
                    break
        except KeyboardInterrupt:
            pass
        return self.summary()

    def summary(self) -> Summary:
        """Sum the samples up."""
        good = [sample for sample in self.samples if not sample.error]
        ttls = [sample.ttl_s for sample in self.samples if sample.ttl_s is not None]
        return Summary(
            samples=len(self.samples),
            first_new=next((sample.at for sample in good if sample.host == NEW), None),
            last_old=next((sample.at for sample in reversed(good) if sample.host == OLD), None),
            gap_s=_longest_gap(self.samples),
            errors=dict(Counter(sample.error for sample in self.samples if sample.error)),
            sessions_lost=sum(sample.session == LOST for sample in self.samples),
            longest_ttl_s=max(ttls, default=None),
            is_complete=not self.until or self._is_complete(),
        )

    def _is_complete(self) -> bool:
        last = self.samples[-STEADY:]
        is_long_enough = len(last) == STEADY
        return bool(self.until) and is_long_enough and all(s.has_switched(self.until) for s in last)

    def _take(self) -> Iterator[Sample]:
        began = self.clock.now()
        for number in itertools.count():
            since_s = self.clock.now() - began
            self.clock.sleep(max(0.0, number * self.every_s - since_s))
            since_s = self.clock.now() - began
            if since_s > self.for_s:
                return
            yield self._sample(number, since_s)

    def _sample(self, number: int, since_s: float) -> Sample:
        exam = self.exam
        if number % REFRESH_EVERY == REFRESH_EVERY - 1:
            exam.__dict__.pop("new_addresses", None)
        answers = self._resolve()
        hosts = {answer.server.label: host_of(exam, answer) for answer in answers}
        turn = answers[number % len(answers)] if answers else None
        moment = datetime.now(UTC)
        ttl_s = max((a.ttl_s for a in answers if a.ttl_s is not None), default=None)
        status, error, seconds, task, session = None, "", 0.0, "", ""
        try:
            visitor = self._visitor(turn.records if turn else ())
            answer = self._visit(visitor)
            status, seconds = answer.status_code, answer.elapsed.total_seconds()
            error = self._fault(answer)
            if number % self.session_every == 0 and not error:
                session = self._session(visitor)
            task = self._task(visitor)
        except NotRun as reason:
            error = str(reason)
        except requests.RequestException as failure:
            error = short(failure)
        return Sample(
            at=moment,
            since_s=since_s,
            resolvers=hosts,
            ttl_s=ttl_s,
            host=hosts[turn.server.label] if turn and turn.records else "",
            status=status,
            error=error,
            seconds=seconds,
            task=task,
            session=session,
        )

    def _resolve(self) -> list[Answer]:
        """Ask every resolver; one that has never answered cannot be reached from this network."""
        answers = names.query_all(self.exam.resolvers, self.exam.site.host, "A")
        self._reached.update(a.server.label for a in answers if not a.is_silent)
        return [answer for answer in answers if answer.server.label in self._reached]

    def _visitor(self, addresses: Sequence[str]) -> Visitor:
        """Return the one visitor, at the address that a resolver gave."""
        exam = self.exam
        if not self._reached:
            raise NotRun("no resolver can be reached from here")
        if not addresses:
            raise NotRun(f"no address of {exam.site.host}")
        endpoint = Endpoint(addresses[0], exam.site.port)
        visitor = exam.visitor(at=exam.site.route(endpoint) or endpoint, is_verified=True)
        visitor.cookies = self._cookies
        return visitor

    def _visit(self, visitor: Visitor) -> requests.Response:
        """Get the health route: the first that visitors may read, where the last one is gone."""
        paths = (self._health_path, *self.exam.site.health_paths, FRONT)
        for path in filter(None, dict.fromkeys(paths)):
            answer = visitor.get(self.exam.address(path))
            if answer.status_code not in _CLOSED:
                break
        self._health_path = path
        return answer

    def _fault(self, answer: requests.Response) -> str:
        """Return the kind of failure; empty if the answer was good."""
        if answer.status_code >= 500:
            return f"HTTP {answer.status_code}"
        fault = fault_of(answer) if self._health_path == FRONT else None
        return f"HTTP {answer.status_code}{fault.value}" if fault else ""

    def _session(self, visitor: Visitor) -> str:
        """Compare the tokens of the sign-in form: the session keeps one.

        Two looks one after the other: a load balancer that alternates between two tasks could
        otherwise send all looks to the same one.
        """
        path = self.exam.site.sign_in_path
        try:
            pages = [visitor.visit(path) for _ in range(2)]
        except RedirectRejected:
            return ""  # visitors sign in elsewhere
        if failed := [page.status_code for page in pages if page.status_code >= 500]:
            raise NotRun(f"HTTP {failed[0]} at {path}")
        looks = [form_token(page) for page in pages]
        tokens = [token for token in (self._token, *looks) if token]
        self._token = tokens[-1] if tokens else ""
        if len(tokens) < 2:
            return ""
        return KEPT if len(set(tokens)) == 1 else LOST

    def _task(self, visitor: Visitor) -> str:
        """Return the id of the task that answers, as the probe knows it."""
        if self.exam.site.key is None:
            return ""
        try:
            return str(self.exam.probe(visitor).whoami()["task"] or "")
        except ProbeRefused:
            return ""


def _longest_gap(samples: Sequence[Sample]) -> float:
    """Return the longest time from a failure to the next good answer, or to the end."""
    longest, began = 0.0, None
    for sample in samples:
        if sample.error and began is None:
            began = sample.since_s
        if began is not None:
            longest = max(longest, sample.since_s - began)
        if not sample.error:
            began = None
    return longest
