r"""Rules for what tasks and the platform say: secrets, images, start-up, health checks.

A rule is a pattern over the whole evidence, and the sentence that it stands for. A sentence may use
its pattern's groups, ``{task}`` (the kind of task that the line names) and, with a group ``key``,
``{secret}``. Texts of AWS, MySQL, PHP and Laravel are theirs, word by word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What the evidence says, and what to tell the reader."""

    pattern: re.Pattern[str]
    sentence: str


def rule(pattern: str, sentence: str) -> Rule:
    """Make a rule from a regular expression, which ignores case."""
    return Rule(re.compile(pattern, re.IGNORECASE), sentence)


HEALTH = (
    rule(
        r"visitors at once, some were answered with \[[^\]]*429",
        "visitors are turned away with 429: a rate limit counts them as one, since the app does not"
        " trust the load balancer and takes its address for theirs, or it is lower than a burst",
    ),
    rule(
        r"answer(?:s|ed) 503[\s\S]*?(?:\"status\":|HTTP/1\.\d\" )503\b",
        "the app itself answers 503: it is in maintenance, since php artisan down was run in the"
        " task or by the image's entrypoint",
    ),
    rule(r"answered 503[^\n]*maintenance", "the app is in maintenance: php artisan down was run"),
    rule(r"answered 504", "the app takes longer than the edge waits"),
    rule(r"answered 503", "the load balancer has no target: no web task is registered"),
    rule(r"answered 502", "the task closed the connection: PHP-FPM or nginx stopped in it"),
)
