"""The likely cause of a failure, in one sentence, from what logs, events and answers say.

`likely_cause` goes through ordered rules, the earliest link of the cutover's chain first: a task
that never started explains a 503, and a table that is missing explains a 500. The rules are data;
one that needs more than its own match finds it in the whole evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.redact import redact
from harness.diagnosis.expect import ExpectationError
from harness.diagnosis.patterns.app import AWS, DATABASE, OWN_WORDS, SEEN
from harness.diagnosis.patterns.background import JOBS, SCHEDULED, TICKS
from harness.diagnosis.patterns.network import NETWORK, PUBLIC
from harness.diagnosis.patterns.platform import BOOT, HEALTH, IMAGE, SECRETS, Rule
from harness.diagnosis.patterns.scenario_messages import FACTS, MAIL, RELEASES, UPLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable

EVIDENCE: tuple[Rule, ...] = (
    *RELEASES,
    *SECRETS,
    *NETWORK,
    *FACTS,
    *SCHEDULED,
    *IMAGE,
    *BOOT,
    *PUBLIC,
    *DATABASE,
    *TICKS,
    *AWS,
    *JOBS,
    *UPLOADS,
    *MAIL,
    *SEEN,
    *HEALTH,
)
RULES = (*EVIDENCE, *OWN_WORDS)
LINES_SHOWN = 6
_LINE_WIDTH = 400


@dataclass(frozen=True)
class Cause:
    """A sentence, and the lines of evidence that speak for it."""

    sentence: str
    lines: tuple[str, ...]


def find_cause(texts: Iterable[str], *, rules: Iterable[Rule] = RULES) -> Cause | None:
    """Return the first rule's cause that the evidence speaks for, or nothing."""
    whole = _plain("\n".join(texts))
    for rule in rules:
        match = rule.pattern.search(whole)
        if match is not None:
            sentence = redact(_filled(rule.sentence, match=match, whole=whole))
            return Cause(sentence, _lines(rule.pattern, whole=whole))
    return None


def rank(error: BaseException | None, *, texts: Iterable[str]) -> Cause | None:
    """Return the cause of a scenario's failure.

    A check that is certain goes first, then what the evidence says, then what the check thinks
    likely, and last what the app says of itself.
    """
    own = Cause(redact(error.cause), ()) if isinstance(error, ExpectationError) else None
    own = own if own and own.sentence else None
    if own and isinstance(error, ExpectationError) and error.certain:
        return own
    whole = tuple(texts)
    return find_cause(whole, rules=EVIDENCE) or own or find_cause(whole, rules=OWN_WORDS)


def likely_cause(texts: Iterable[str]) -> str | None:
    """Return one sentence on the likely cause, or nothing when no rule fits."""
    cause = find_cause(texts)
    return cause.sentence if cause else None


def _plain(text: str) -> str:
    """Undo the escapes of log lines that are JSON, so that a rule need not know both forms."""
    for escaped, plain in ((r"\"", '"'), (r"\/", "/"), (r"\\", "\\")):
        text = text.replace(escaped, plain)
    return text


def _filled(sentence: str, *, match: re.Match[str], whole: str) -> str:
    """Fill a sentence: the groups, ``{task}``, and the ``{secret}`` that has the ``{key}``."""
    facts = {name: value.strip() for name, value in match.groupdict().items() if value}
    facts["task"] = _task(match, whole=whole)
    facts.setdefault("secret", _secret_with(facts.get("key", ""), whole=whole))
    return sentence.format_map(facts)


def _task(match: re.Match[str], *, whole: str) -> str:
    """Name the kind of task that the match speaks of: evidence lines begin with it."""
    begin = whole.rfind("\n", 0, match.start()) + 1
    found = re.match(r"(\w[\w-]*) task \w+", whole[begin : match.end()])
    return f"the {found[1]} task" if found else "a task"


def _secret_with(key: str, *, whole: str) -> str:
    """Find the secret from which a task definition in the evidence takes this key."""
    found = re.search(rf":secret:([\w/+=.@*-]+?)(?:-\w{{6}})?:{re.escape(key)}:", whole)
    return found[1] if found else "the secret that its task definition names"


def _lines(pattern: re.Pattern[str], *, whole: str) -> tuple[str, ...]:
    found = (line.strip() for line in whole.splitlines() if pattern.search(line))
    shown = list(dict.fromkeys(redact(line[:_LINE_WIDTH]) for line in found))
    return tuple(shown[:LINES_SHOWN])
