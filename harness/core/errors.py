"""Every failure that the harness reports, each with the same parts.

HarnessError                  exit code 3
├── ConfigError               exit code 2: a file or variable the user wrote is wrong
├── DockerUnavailable         no engine, no permission, or no room
├── ImageBuildFailed
├── ComponentError              a container of ours
│   ├── ComponentExited         it stopped while we waited (an OOM kill is named)
│   └── ComponentNotReady       it runs, but its probe did not pass in time
├── ProvisionError            the stack runs, but the app's first run or an AWS call failed
└── TargetError               exit code 2
    ├── CapabilityMissing     the target lacks what the scenario uses
    ├── NoStack               nothing is up
    └── UnsafeTarget          refused, because it could touch something real
"""

from __future__ import annotations

from typing import ClassVar

from harness.core import redact

LOG_TAIL_LINES = 50
LOG_LINE_WIDTH = 500
"""Characters that are shown of a log line; a stack trace in JSON has thousands."""


class HarnessError(Exception):
    """A failure: the fault, state, last answer, last log lines, place and remedy, in this order.

    Args:
        what: One sentence: what was attempted and what went wrong.
        state: Status, exit code, OOM, health of the thing that failed.
        last_answer: The last answer of the probe or the API.
        log_tail: The last log lines; only ``LOG_TAIL_LINES`` of them are shown.
        where: The file, key or directory to look at.
        hint: What to do next.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        what: str,
        *,
        state: str = "",
        last_answer: str = "",
        log_tail: str = "",
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.state = state
        self.last_answer = last_answer
        self.log_tail = log_tail
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.what]
        if self.state:
            lines.append(f"  state: {self.state}")
        if self.last_answer:
            lines.append(f"  last answer: {self.last_answer}")
        tail = self.log_tail.strip("\n").splitlines()[-LOG_TAIL_LINES:]
        if tail:
            lines.append("  last log lines:")
            lines.extend(f"    {_shortened(line)}" for line in tail)
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  what to do: {self.hint}")
        return redact.redact("\n".join(lines))


def _shortened(line: str) -> str:
    """Return the beginning of a long line; a secret at its cut is blanked first."""
    text = redact.redact(line)
    return text if len(text) <= LOG_LINE_WIDTH else f"{text[:LOG_LINE_WIDTH]}... ({len(text)})"


class ConfigError(HarnessError):
    """A configuration file, task definition or variable is wrong."""

    exit_code = 2


class DockerUnavailable(HarnessError):
    """The Docker engine cannot be used."""


class ImageBuildFailed(HarnessError):
    """An image could not be built."""


class ComponentError(HarnessError):
    """A container of ours failed."""


class ComponentExited(ComponentError):
    """A container stopped while its readiness was awaited."""


class ComponentNotReady(ComponentError):
    """A container runs, but its probe did not pass before the deadline."""


class ProvisionError(HarnessError):
    """Resources or the app's first run failed in a stack that runs."""


class TargetError(HarnessError):
    """The chosen target cannot be used."""

    exit_code = 2


class CapabilityMissing(TargetError):
    """The target lacks a capability."""


class NoStack(TargetError):
    """No stack is up."""


class UnsafeTarget(TargetError):
    """Refused, because the settings could reach something they must not."""
