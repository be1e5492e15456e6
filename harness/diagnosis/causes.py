"""The likely cause of a failure, in one sentence, and the order in which causes are believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.expectation import StatusError
from harness.core.redact import redact
from harness.diagnosis import fact_causes
from harness.diagnosis.evidence import Cause, Evidence, Line
from harness.diagnosis.expect import ExpectationError, ExpectationTimeout
from harness.diagnosis.patterns import PATTERNS, SELF_REPORT
from harness.diagnosis.patterns.pattern import Pattern, Source
from harness.target.clients.http import GATEWAY_CAUSES
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from harness.diagnosis.fact_causes import FactCause
    from harness.diagnosis.facts import Fact

LINES_SHOWN = 6
_LINE_WIDTH = 400
_RANK = (
    Source.STOPPED_REASON,
    Source.HTTP_CLIENT,
    Source.APP,
    Source.TICK,
    Source.AWS_CLIENT,
    Source.SERVICE_EVENT,
    Source.TARGET_HEALTH,
)
"""The earliest link of the chain first: a task that never started explains a 503."""


def rank(error: BaseException | None, message: str, *, evidence: Evidence) -> Cause | None:
    """Return the cause of a failure.

    A check that is certain goes first. Then comes foreign text that names a reason, then facts,
    then the cause that the check thinks likely, then foreign text that tells of a symptom, then a
    status of the load balancer's own, and last the app's own report of an error.

    Args:
        error: The failure's exception, which may carry a cause.
        message: Its message, which may quote the app or a client.
        evidence: What the target shows.
    """
    check = error if isinstance(error, ExpectationError) else None
    likely = Cause(redact(check.cause)) if check is not None and check.cause else None
    if check is not None and check.certain and likely is not None:
        return likely
    whole = replace(evidence, lines=(Line(message, Source.FAILURE), *evidence.lines))
    late = fact_causes.LATE if isinstance(error, ExpectationTimeout) else ()
    return (
        _from_patterns((one for one in PATTERNS if not one.symptom), evidence=whole)
        or _from_facts((*fact_causes.CAUSES, *late), evidence=whole)
        or likely
        or _from_patterns((one for one in PATTERNS if one.symptom), evidence=whole)
        or _from_facts(fact_causes.SYMPTOMS, evidence=whole)
        or _sentence_alone(_gateway_cause(error))
        or _from_patterns(SELF_REPORT, evidence=whole)
    )


def find_cause(evidence: Evidence) -> Cause | None:
    """Return the cause that the evidence alone speaks for."""
    return rank(None, "", evidence=evidence)


def _sentence_alone(sentence: str) -> Cause | None:
    return Cause(redact(sentence)) if sentence else None


def _gateway_cause(error: BaseException | None) -> str:
    return GATEWAY_CAUSES.get(error.status, "") if isinstance(error, StatusError) else ""


def _from_facts(causes: Iterable[FactCause], *, evidence: Evidence) -> Cause | None:
    found = next(filter(None, (cause(evidence) for cause in causes)), None)
    return found and Cause(redact(found.sentence), tuple(map(redact, found.lines)))


def _from_patterns(patterns: Iterable[Pattern], *, evidence: Evidence) -> Cause | None:
    every = tuple(patterns)
    for source in _RANK:
        lines = [one for one in evidence.lines if one.source and source in one.source]
        for pattern in every:
            if source not in pattern.source:
                continue
            for line in lines:
                if match := pattern.search(line.text):
                    sentence = _sentence(pattern, match, subject=line.subject, facts=evidence.facts)
                    return Cause(redact(sentence), _matching_lines(pattern, lines))
    return None


def _sentence(
    pattern: Pattern, match: re.Match[str], *, subject: str, facts: Iterable[Fact]
) -> str:
    """Fill a pattern's cause from its groups, its line's subject and the secrets in evidence."""
    values = {name: value.strip() for name, value in match.groupdict().items() if value}
    secrets = [one for one in facts if isinstance(one, NamedSecret)]
    named = (one.secret for one in secrets if one.key and one.key == values.get("key"))
    faulty = (fact_causes.reference(one) for one in secrets if one.fault)
    values.setdefault("secret", next(named, "the secret that its task definition names"))
    values["reference"] = next(faulty, "a secret that its task definition names")
    return pattern.cause.format_map({**values, "task": subject or "a task", "rule": subject})


def _matching_lines(pattern: Pattern, lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the lines of text that match, once each."""
    texts = (text.strip() for one in lines for text in one.text.splitlines())
    found = (redact(text[:_LINE_WIDTH]) for text in texts if pattern.search(text))
    return tuple(dict.fromkeys(found))[:LINES_SHOWN]
