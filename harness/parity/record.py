"""A record: the observations of one replay in their normal form, kept in the app's repository."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import __version__
from harness.core import codec
from harness.core.errors import ConfigError
from harness.parity.normal_form import NormalForm
from harness.report import json_file
from harness.report.model import FAILED, PASSED, RED, Outcome

VERSION = 1
JUDGED = (PASSED, *RED)


@dataclass(frozen=True)
class Scene:
    """One scenario's result, and its observations."""

    result: str
    """``passed`` or ``failed``; one that was skipped is in no record."""
    seconds: float = 0.0
    saw: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name -> type and value."""


@dataclass(frozen=True)
class Record:
    """The observations of one replay."""

    version: int
    target: str
    """Such as ``aws``, or ``aws (local endpoints)``."""
    recorded: str
    """UTC, ISO 8601."""
    harness: str
    scenarios: Mapping[str, Scene]
    """``story::name`` of a scenario -> its scene."""


def of_report(directory: Path, *, form: NormalForm) -> Record:
    """Return the record of the report that a replay wrote.

    Raises:
        ConfigError: There is no report, or it is damaged.
    """
    try:
        data = json_file.read(directory)
        outcomes = [outcome for outcome in json_file.outcomes_of(data) if outcome.result in JUDGED]
        target, recorded = str(data["target"]), str(data["started_at"])
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no report in {directory}",
            hint="`cutover rehearse` or `cutover verify` writes one",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{directory / json_file.FILE_NAME} is no report of a replay",
            last_answer=str(error),
            hint="replay again, or name another one with --report-dir",
        ) from error
    return Record(
        version=VERSION,
        target=target,
        recorded=recorded,
        harness=__version__,
        scenarios={key(outcome): _scene(outcome, form=form) for outcome in outcomes},
    )


def key(outcome: Outcome) -> str:
    """Return a scenario's name in a record: the same in a clone and in site-packages."""
    return f"{outcome.story}::{outcome.name}"


def _scene(outcome: Outcome, *, form: NormalForm) -> Scene:
    result = PASSED if outcome.result == PASSED else FAILED
    return Scene(result, round(outcome.seconds, 1), form.of_value(outcome.saw))


def write(record: Record, path: Path) -> None:
    """Write a record as JSON that can be reviewed.

    Raises:
        ConfigError: The file cannot be written.
    """
    text = json.dumps(codec.encode(record), indent=2, ensure_ascii=False, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}", hint="name another file"
        ) from error


def read(path: Path) -> Record:
    """Read a record.

    Raises:
        ConfigError: There is none, or it is damaged or of another version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("version", VERSION) != VERSION:
            raise ConfigError(
                f"{path} has version {data['version']}, and this harness reads {VERSION}",
                hint="record it again: cutover parity record FILE",
            )
        return codec.decode(Record, data)
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no record {path}", hint=f"`cutover parity record {path}` writes one"
        ) from error
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"{path} is no record of observations",
            last_answer=str(error),
            hint="record it again: cutover parity record FILE",
        ) from error
