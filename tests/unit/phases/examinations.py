"""The checks by id, and the result of one on made-up answers of AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from harness.inputs.production import Production
from harness.phases import examination
from harness.phases.account import Account
from harness.phases.catalog import PHASES
from harness.phases.phase import Check, Result
from harness.target import naming
from tests.unit.phases import contracts
from tests.unit.phases.contracts import NOW

CHECKS = {check.id: check for phase in PHASES for check in phase.checks}


def result_of(
    check: Check,
    files: Production,
    answers: Mapping[str, Any],
    calls: list[tuple[str, str]] | None = None,
) -> Result:
    client = contracts.client_of(answers, [] if calls is None else calls)
    account = Account(files, naming.names_in(files), client, now=lambda: NOW)
    (result,) = examination.examine([check], account, files_only=False)
    return result


def changed(answer: Any, path: str, value: Any) -> Any:
    """Return an answer with another value at a path: ``services[0].runningCount``."""
    answer = deepcopy(answer)
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    holder = answer
    for step in steps[:-1]:
        holder = holder[step]
    if value is None:
        del holder[steps[-1]]
    else:
        holder[steps[-1]] = value
    return answer


def answering(answer: Any) -> Any:
    return lambda _: answer
