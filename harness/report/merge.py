"""One report of the reports of all shards."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harness.core import codec
from harness.core.errors import ConfigError
from harness.report import html, json_file
from harness.report.model import Outcome, Report
from harness.report.shard import Part, Shard
from harness.target.recorded_runs import recorded_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_HINT = (
    "let every shard rehearse the same commit with the same --durations and the same arguments;"
    " only K of --shard K/N differs"
)

_KEYS = ("target", "public_url", "started_at", "seconds", "vendor", "overlay", "notes", "scenarios")
"""Keys of a shard's report that the merged one needs."""


def merge(directories: Iterable[Path], *, out: Path) -> Report:
    """Return the report of all shards; one that left no report is named as lost.

    The history of tasks and deployments stays in the report of each shard.

    Args:
        directories: The directories of the shards' reports.
        out: The merged report's directory, for the addresses in it.

    Raises:
        ConfigError: There is no report of a shard, or those there are do not fit together.
    """
    places = list(directories)
    reports = dict(_reports(places))
    if not reports:
        raise ConfigError(
            f"no report of a shard is in {', '.join(map(str, places))}",
            hint="name the directories that `cutover rehearse --shard K/N --ci` wrote",
        )
    shards = {place: _shard(data, place=place) for place, data in reports.items()}
    _check(shards)
    placed = sorted(reports, key=lambda place: shards[place].number)
    first = reports[placed[0]]
    outcomes = [outcome for place in placed for outcome in _outcomes(reports[place], place=place)]
    return Report(
        target=outcomes[0].target if outcomes else first["target"],
        public_url=first["public_url"],
        started_at=min(data["started_at"] for data in reports.values()),
        seconds=max(data["seconds"] for data in reports.values()),
        outcomes=tuple(sorted(outcomes, key=lambda outcome: outcome.story)),
        has_local_endpoints=first["target"].endswith("(local endpoints)"),
        vendor=first["vendor"],
        overlay=tuple(first["overlay"]),
        recorded_runs=recorded_runs(),
        notes=tuple(dict.fromkeys(note for place in placed for note in reports[place]["notes"])),
        parts=tuple(
            Part(
                shards[place].name,
                os.path.relpath(place / html.FILE_NAME, out),
                reports[place]["seconds"],
            )
            for place in placed
        ),
        lost=tuple(_lost(shards)),
    )


def _reports(places: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for place in places:
        try:
            report = json_file.read(place)
        except (FileNotFoundError, NotADirectoryError):
            continue  # the shard is named as lost
        except (ValueError, RecursionError) as error:
            raise _no_report(place, str(error)) from error
        if not isinstance(report, dict):
            raise _no_report(place, "it holds no object")
        yield place, report


def _no_report(place: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"{place / json_file.FILE_NAME} is no report: {reason}",
        hint="copy the shard's directory again, or leave it out: its shard is then lost",
    )


def _shard(data: Mapping[str, Any], *, place: Path) -> Shard:
    if not data.get("shard"):
        raise ConfigError(
            f"{place / json_file.FILE_NAME} is the report of a whole rehearsal, and of no shard",
            hint="name the directories that `cutover rehearse --shard K/N` wrote",
        )
    try:
        return codec.decode(Shard, data["shard"])
    except codec.FormatError as error:
        raise _no_report(place, f"its shard cannot be read: {error}") from error


def _outcomes(data: dict[str, Any], *, place: Path) -> list[Outcome]:
    for key in _KEYS:
        if key not in data:
            raise _no_report(place, f"it has no {key}")
    try:
        return list(json_file.outcomes_of(data))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_report(place, f"its scenarios cannot be read: {error!r}") from error


def _check(shards: Mapping[Path, Shard]) -> None:
    """Reject shards of different rehearsals, and two reports of one shard."""
    (first, base), *rest = shards.items()
    for place, other in rest:
        if (other.total, other.stories) != (base.total, base.stories):
            raise ConfigError(
                f"shard {base.name} in {first} and shard {other.name} in {place} are of rehearsals"
                " that were divided differently",
                hint=_HINT,
            )
    by_number: dict[int, Path] = {}
    for place, shard in shards.items():
        if shard.number in by_number:
            raise ConfigError(
                f"{by_number[shard.number]} and {place} are both of shard {shard.name}",
                hint="name each shard once",
            )
        by_number[shard.number] = place


def _lost(shards: Mapping[Path, Shard]) -> Iterator[str]:
    first_shard = next(iter(shards.values()))
    numbers = {shard.number for shard in shards.values()}
    for number in sorted(set(range(1, first_shard.total + 1)) - numbers):
        stories = ", ".join(first_shard.stories_of(number))
        yield f"Shard {number}/{first_shard.total} is lost: it left no report of {stories}."
