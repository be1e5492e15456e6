"""The likely cause of a failure, in one sentence, and the order in which causes are believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.expectation import StatusError, setting_of
from harness.core.redact import redact
from harness.diagnosis import fact_causes, task_causes
from harness.diagnosis.evidence import Cause, Evidence, Line
from harness.diagnosis.expect import ExpectationError, ExpectationTimeout
from harness.diagnosis.facts import MissingRight, StoppedTask
from harness.diagnosis.first_error import first_error, last_words, place_of
from harness.diagnosis.patterns import PATTERNS
from harness.diagnosis.patterns.aws_api import without_key
from harness.diagnosis.patterns.pattern import Pattern, Source
from harness.target.clients.http import GATEWAY_CAUSES
from harness.target.resources.secret_references import NamedSecret

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from harness.diagnosis.fact_causes import FactCause
    from harness.diagnosis.facts import Fact

_WRITERS = {
    "requests": Source.HTTP_CLIENT,
    "urllib3": Source.HTTP_CLIENT,
    "botocore": Source.AWS_CLIENT,
    "harness": Source.FAILURE,
    "_pytest": Source.FAILURE,
}
"""Package of an exception -> the source of its text; a failed check quotes its evidence."""
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

    What is known goes before what is guessed: a check that is certain; a reason in the failure's
    own text; the cause of a check that read a value and did not wait. Then come reasons in the
    logs and states of the tasks that the scenario met, then facts, then the app's own line that
    PHP or the database rejects, then the guess of a check that waited or met a wrong status. A
    symptom comes last.

    Args:
        error: The failure's exception, which may carry a cause.
        message: Its message, which may quote the app or a client.
        evidence: The target's lines and facts in the scope of the failure.
    """
    check = error if isinstance(error, ExpectationError) else None
    own = _sentence_alone(check.cause) if check is not None else None
    if check is not None and check.certain and own is not None:
        return own
    quoted = replace(evidence, lines=(Line(message, _writer(error)),))
    reasons = [pattern for pattern in PATTERNS if not pattern.symptom]
    symptoms = [pattern for pattern in PATTERNS if pattern.symptom]
    check_cause = None if check is not None and check.guess else own
    facts = [
        *fact_causes.CAUSES,
        *(fact_causes.ABOUT.get(check.about, ()) if check is not None else ()),
        *(fact_causes.LATE if isinstance(error, ExpectationTimeout) else ()),
    ]
    symptom = (
        _from_facts(fact_causes.CHECKS, evidence=evidence)
        or _from_patterns(symptoms, evidence=quoted)
        or _from_patterns(symptoms, evidence=evidence)
        or _from_facts(fact_causes.SYMPTOMS, evidence=evidence)
        or _sentence_alone(_gateway_cause(error))
    )
    unsure = own or symptom
    return (
        _from_patterns(reasons, evidence=quoted)
        or check_cause
        or _from_patterns(reasons, evidence=evidence)
        or _from_facts(facts, evidence=evidence)
        or _own_fault(evidence)
        or (replace(unsure, is_sure=False) if unsure else None)
    )


def _writer(error: BaseException | None) -> Source | None:
    """Return the source of a failure's message.

    An error of the harness's own client is never the app's.
    """
    if error is None or isinstance(error, AssertionError):
        return Source.FAILURE
    packages = {base.__module__.partition(".")[0] for base in type(error).__mro__}
    return next((source for name, source in _WRITERS.items() if name in packages), None)


def find_cause(evidence: Evidence) -> Cause | None:
    """Return the cause that the evidence alone speaks for."""
    return rank(None, "", evidence=evidence)


def explain(evidence: Evidence, *, symptom: str = "") -> str:
    """Return the cause, and where it is not sure the app's first error, to end a sentence with.

    Args:
        evidence: Lines and facts.
        symptom: The likely cause where the evidence speaks for none.
    """
    cause, error = find_cause(evidence), first_error(evidence.lines)
    if cause is None and symptom:
        cause = Cause(symptom, is_sure=False)
    if cause and cause.is_sure:
        return f": {cause.sentence}"
    likely = f"; likely, not sure: {cause.sentence}" if cause else ""
    if error:
        return f"{likely}; the app's first error is that of the {error}"
    stopped = (fact for fact in evidence.facts if isinstance(fact, StoppedTask))
    ended = any(task_causes.task_that_ends(task) for task in stopped)
    words = last_words(evidence.lines) if ended else None
    return likely + (f"; the last words are those of the {words}" if words else "")


def _own_fault(evidence: Evidence) -> Cause | None:
    error = first_error(evidence.lines)
    if error is None or not error.is_own_fault:
        return None
    text, _, _ = error.text.partition(" (SQL: ")
    return Cause(f"the app's own code fails at {error.place}: {text}", (str(error),))


def _sentence_alone(sentence: str) -> Cause | None:
    return _redacted(sentence) if sentence else None


def _redacted(sentence: str, lines: Iterable[str] = ()) -> Cause:
    return Cause(redact(sentence), tuple(map(redact, lines)), setting=setting_of(sentence))


def _gateway_cause(error: BaseException | None) -> str:
    if not isinstance(error, StatusError) or error.by_app:
        return ""
    return GATEWAY_CAUSES.get(error.status, "")


def _from_facts(causes: Iterable[FactCause], *, evidence: Evidence) -> Cause | None:
    first_cause = next(filter(None, (cause(evidence) for cause in causes)), None)
    return first_cause and _redacted(first_cause.sentence, first_cause.lines)


def _from_patterns(patterns: Iterable[Pattern], *, evidence: Evidence) -> Cause | None:
    every = tuple(patterns)
    for source in _RANK:
        lines = [entry for entry in evidence.lines if entry.source and source in entry.source]
        for pattern in every:
            if source not in pattern.source:
                continue
            for at, line in enumerate(lines):
                if match := pattern.search(line.text):
                    code = place_of(line, lines[at + 1 :])
                    sentence = _sentence(
                        pattern, match, subject=line.subject, code=code, facts=evidence.facts
                    )
                    excerpt = _matching_lines(pattern, lines)
                    return Cause(redact(sentence), excerpt, setting=pattern.setting)
    return None


def _sentence(
    pattern: Pattern, match: re.Match[str], *, subject: str, code: str, facts: Iterable[Fact]
) -> str:
    """Fill a pattern's cause from its groups, its line's subject and the secrets in evidence."""
    values = {name: value.strip() for name, value in match.groupdict().items() if value}
    secrets = [fact for fact in facts if isinstance(fact, NamedSecret)]
    names = (secret.secret for secret in secrets if secret.key and secret.key == values.get("key"))
    faulty = (task_causes.reference(secret) for secret in secrets if secret.fault)
    values.setdefault("secret", next(names, "the secret that its task definition names"))
    values["reference"] = next(faulty, "a secret that its task definition names")
    if "arn" in values:
        values["arn"] = without_key(values["arn"])
    action = values.get("action")
    rights = [fact for fact in facts if isinstance(fact, MissingRight) and fact.action == action]
    denied = (right.denied_by for right in rights if right.denied_by)
    values["statement"] = next(denied, "an explicit deny")
    values["remedy"] = fact_causes.remedy(
        max(rights, key=lambda right: bool(right.unmet), default=None)
    )
    values["at"] = f" at {code}" if code else ""
    return pattern.cause.format_map({**values, "task": subject or "a task", "rule": subject})


def _matching_lines(pattern: Pattern, lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the lines of text that match, once each."""
    texts = (text.strip() for line in lines for text in line.text.splitlines())
    matches = (redact(text[:_LINE_WIDTH]) for text in texts if pattern.search(text))
    return tuple(dict.fromkeys(matches))[:LINES_SHOWN]
