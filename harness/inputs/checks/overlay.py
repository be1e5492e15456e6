"""The overlay: variables and files that every task gets here, and the proxy's connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.inputs.files import variables
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production


def problems(production: Production) -> Iterator[Problem]:
    """Report variables and files that no task could use, and a setting of a proxy that is none."""
    config = production.config
    if not config.overlay.connection_sharing and not config.database.proxy_endpoint:
        key, message = "overlay.connection_sharing", "is false, and no RDS Proxy is configured"
        yield Problem(key, message, "leave it out", file=str(config.file))
    for name, value in config.overlay.environment.items():
        for message, hint in variables.of_overlay(name, value):
            key = f"overlay.environment.{name}"
            yield Problem(key, message, hint, file=str(config.file))
    for path in config.overlay.files:
        if not path.startswith("/") or path.endswith("/"):
            message = "is no absolute path of a file in the containers"
            hint = "write the path of the CA bundle that the app trusts"
            yield Problem(f"overlay.files.{path}", message, hint, file=str(config.file))
