"""Variables of the overlay, which every task gets here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.files import variables
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production


def problems(production: Production) -> Iterator[Problem]:
    """Report variables that no task could use."""
    for name, value in production.config.overlay.environment.items():
        for message, hint in variables.of_overlay(name, value):
            key = f"overlay.environment.{name}"
            yield Problem(key, message, hint, file=str(production.config.file))
    for path in production.config.overlay.files:
        if not path.startswith("/") or path.endswith("/"):
            message = "is no absolute path of a file in the containers"
            hint = "write the path of the CA bundle that the app trusts"
            yield Problem(f"overlay.files.{path}", message, hint, file=str(production.config.file))
