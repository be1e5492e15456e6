"""Preconditions that many scenarios share: each is waited for once in a replay.

The first failure is noted in the run directory, where every worker of pytest finds it. A scenario
that needs the same looks once whether it holds by now. If not, it is not run, and follows the
scenario that failed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from harness.core import codec

STEADY_WEB = "steady-web"
"""Every wanted web task is healthy, and visitors reach them."""
WORKING_WORKER = "working-worker"
"""A worker takes the jobs that a web task dispatches."""

FOLLOWS = pytest.StashKey[str]()
"""Of a scenario that was not run: the failed scenario before it."""


@dataclass(frozen=True)
class Failure:
    """The first failure of a precondition."""

    scenario: str
    """pytest's node id."""
    sentence: str
    detail: str = ""
    """Something by which it shows whether the precondition holds again."""


class Preconditions:
    """The failures of one replay."""

    def __init__(self, config: pytest.Config, *, directory: str) -> None:
        worker = getattr(config, "workerinput", None)
        replay = worker["testrunuid"] if worker else str(os.getpid())
        self._directory = Path(directory) / "preconditions" / replay if directory else None

    def failure(self, name: str) -> Failure | None:
        """Return the first failure of a precondition, if it has failed."""
        try:
            text = (self._directory / name).read_text(encoding="utf-8") if self._directory else ""
        except FileNotFoundError:
            return None
        return codec.decode(Failure, json.loads(text)) if text else None

    def note(self, name: str, failure: Failure) -> Failure:
        """Note a failure, and return the first one, which may be another scenario's."""
        if self._directory is None:
            return failure
        self._directory.mkdir(parents=True, exist_ok=True)
        draft = self._directory / f".{name}.{os.getpid()}"
        draft.write_text(json.dumps(codec.encode(failure)), encoding="utf-8")
        try:
            os.link(draft, self._directory / name)
        except FileExistsError:
            return self.failure(name) or failure
        finally:
            draft.unlink()
        return failure

    def forget(self, name: str) -> None:
        """Forget a failure: the precondition holds again."""
        if self._directory is not None:
            (self._directory / name).unlink(missing_ok=True)


def skip_after(failure: Failure, item: pytest.Item) -> NoReturn:
    """Leave a scenario out, since its precondition has failed before another."""
    item.stash[FOLLOWS] = failure.scenario
    name = failure.scenario.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    pytest.skip(f'not run: {failure.sentence}, as "{name}" shows')
