"""References of templates that were not replaced: AWS takes them as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.inputs.problem import Problem

_REFERENCE = re.compile(r"\$\{[A-Za-z_][\w.:]*\}|\{\{resolve:[^}]*\}\}")
"""References of .env files, shells, Terraform and CloudFormation."""
_FREE = (
    *("command", "containerDefinitions", "entryPoint", "Input", "MessageBody", "Tags", "tags"),
    *("Policy", "PolicyDocument", "AssumeRolePolicyDocument"),
)
"""Fields in which such a text is at home, or that a rule of their own judges."""


def reference_in(text: str) -> str:
    """Return the first reference in a text; empty without one."""
    match = _REFERENCE.search(text)
    return match[0] if match else ""


def problems(value: Any, *, key: str = "") -> Iterator[Problem]:
    """Find references in the names, ids and ARNs of an input."""
    if isinstance(value, str):
        if reference := reference_in(value):
            message = f'is "{value}", and AWS takes {reference} as it is'
            hint = "put in what the placeholder stands for: render the template first"
            yield Problem(key, message, hint)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _FREE:
                yield from problems(item, key=f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(item, key=f"{key}[{index}]")
