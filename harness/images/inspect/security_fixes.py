"""Debian packages of an image with a security fix that the image was built without.

The data is Debian's security tracker's. Where it cannot be had, this says so, and a scenario that
asks for it is skipped: nothing here turns into a silent pass.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.images.host_settings import debian_codename

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

URL = "https://security-tracker.debian.org/tracker/data/json"
LISTING = ("dpkg-query", "-W", "-f", "${source:Package} ${source:Version}\\n")
FRESH_S = 24 * 3600
_CONNECT_S = 3
_READ_S = 30
_PIECE = re.compile(r"(\D*)(\d*)")


class NoData(Exception):
    """The tracker's data cannot be had; the text gives the reason."""


@dataclass(frozen=True)
class Outdated:
    """A source package with a fix that is not in the image."""

    package: str
    installed: str
    fixed: str
    names: tuple[str, ...]
    """The names of the fixed faults, such as CVE-2026-12345."""

    def __str__(self) -> str:
        return f"{self.package} {self.installed}, fixed in {self.fixed}: {', '.join(self.names)}"


def tracker(cache: Path, *, now_s: float, place: str = "") -> dict[str, Any]:
    """Return the tracker's data, not older than a day, or that of a file.

    Args:
        cache: The file that keeps it for a day.
        now_s: The time.
        place: Another address than Debian's own, or the path of a file.

    Raises:
        NoData: It does not answer, or with something else.
    """
    if place and "://" not in place:
        return _of_file(Path(place))
    import requests

    url = place or URL
    if cache.is_file() and now_s - cache.stat().st_mtime < FRESH_S:
        return _parsed(cache.read_text(encoding="utf-8"), place=url)
    try:
        answer = requests.get(url, timeout=(_CONNECT_S, _READ_S))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise NoData(f"{url} cannot be read: {type(error).__name__}") from error
    document = _parsed(answer.text, place=url)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(answer.text, encoding="utf-8")
    return document


def _of_file(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), place=str(path))
    except OSError as error:
        raise NoData(f"{path} cannot be read: {error.strerror}") from error


def _parsed(text: str, *, place: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NoData(f"{place} has something that is not JSON") from error
    if not isinstance(document, dict) or not document:
        raise NoData(f"{place} has no data")
    return document


def release_of(os_release: str) -> str:
    """Return Debian's release name from /etc/os-release.

    Raises:
        NoData: The image is not Debian.
    """
    name = debian_codename(os_release)
    if not name:
        raise NoData("the image is not a Debian release, and the tracker knows no other")
    return name


def installed(listing: str) -> dict[str, str]:
    """Return source package -> version from `LISTING`'s output."""
    return dict(line.split(" ", 1) for line in listing.splitlines() if " " in line)


def outdated(
    packages: Mapping[str, str],
    *,
    data: Mapping[str, Any],
    release: str,
    accepted: Container[str] = (),
) -> list[Outdated]:
    """Return the packages for which the release has a fix newer than the installed version.

    Args:
        packages: Source package -> version.
        data: The tracker's.
        release: Debian's release.
        accepted: Names of faults that do not count.
    """
    findings = []
    for package, version in sorted(packages.items()):
        pairs = _missing(data.get(package, {}), version=version, release=release)
        missing = {name: fixed for name, fixed in pairs if name not in accepted}
        if missing:
            newest = max(missing.values(), key=cmp_to_key(compare))
            findings.append(Outdated(package, version, newest, tuple(sorted(missing))))
    return findings


def _missing(issues: Mapping[str, Any], *, version: str, release: str) -> Iterable[tuple[str, str]]:
    for name, issue in issues.items():
        state = issue.get("releases", {}).get(release, {})
        fixed = state.get("fixed_version", "")
        if state.get("status") != "resolved" or state.get("urgency") == "unimportant":
            continue
        if fixed and compare(version, fixed) < 0:
            yield name, fixed


def compare(version: str, other: str) -> int:
    """Compare two Debian versions: negative when the first is older, as dpkg does."""
    epoch_one, rest_one = _epoch(version)
    epoch_other, rest_other = _epoch(other)
    if epoch_one != epoch_other:
        return epoch_one - epoch_other
    (upstream_one, _, revision_one), (upstream_other, _, revision_other) = (
        rest.rpartition("-") if "-" in rest else (rest, "", "") for rest in (rest_one, rest_other)
    )
    return _compare_part(upstream_one, upstream_other) or _compare_part(
        revision_one, revision_other
    )


def _epoch(version: str) -> tuple[int, str]:
    head, colon, rest = version.partition(":")
    return (int(head), rest) if colon and head.isdigit() else (0, version)


def _compare_part(part: str, other: str) -> int:
    """Compare text and numbers by turns; ~ comes before the end, and letters before signs."""
    pieces = zip_longest(_PIECE.findall(part), _PIECE.findall(other), fillvalue=("", ""))
    for (text_one, number_one), (text_other, number_other) in pieces:
        for sign_one, sign_other in zip_longest(text_one, text_other, fillvalue=""):
            order = _order(sign_one) - _order(sign_other)
            if order:
                return order
        difference = int(number_one or 0) - int(number_other or 0)
        if difference:
            return difference
    return 0


def _order(sign: str) -> int:
    if sign == "~":
        return -1
    if not sign:
        return 0
    return ord(sign) if sign.isalpha() else ord(sign) + 256
