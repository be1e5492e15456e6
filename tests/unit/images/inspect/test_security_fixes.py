"""Debian's versions, and their state in its security tracker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.images.inspect import security_fixes
from tests.unit.local_servers import serve

if TYPE_CHECKING:
    from pathlib import Path

DATA = {
    "curl": {
        "CVE-2026-1": {
            "releases": {"trixie": {"status": "resolved", "fixed_version": "8.14.1-2+deb13u2"}}
        },
        "CVE-2026-2": {"releases": {"trixie": {"status": "open", "urgency": "low"}}},
        "CVE-2020-3": {"releases": {"trixie": {"status": "resolved", "fixed_version": "0"}}},
        "CVE-2026-4": {"releases": {"sid": {"status": "resolved", "fixed_version": "9"}}},
    },
    "nginx": {
        "CVE-2026-5": {
            "releases": {
                "trixie": {"status": "resolved", "fixed_version": "9", "urgency": "unimportant"}
            }
        }
    },
}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0-1", "1.0-2"),
        ("1.0-1", "1:0.1-1"),
        ("1.0~rc1-1", "1.0-1"),
        ("1.2.9-1", "1.2.10-1"),
        ("8.14.1-2+deb13u1", "8.14.1-2+deb13u2"),
        ("8.14.1-2", "8.14.1-2+deb13u1"),
        ("1.0a-1", "1.0+b-1"),
        ("0", "1.0-1"),
        ("1.0", "1.0-1"),
    ],
)
def test_versions_are_compared_as_dpkg_does(older: str, newer: str) -> None:
    assert security_fixes.compare(older, newer) < 0 < security_fixes.compare(newer, older)
    assert security_fixes.compare(older, older) == 0


def test_a_package_without_its_fix_is_named_with_what_it_fixes() -> None:
    packages = {"curl": "8.14.1-2+deb13u1", "nginx": "1.26-1", "own": "1"}
    (finding,) = security_fixes.outdated(packages, data=DATA, release="trixie")
    assert str(finding) == "curl 8.14.1-2+deb13u1, fixed in 8.14.1-2+deb13u2: CVE-2026-1"


def test_a_package_with_its_fix_is_no_finding() -> None:
    packages = {"curl": "8.14.1-2+deb13u2"}
    assert security_fixes.outdated(packages, data=DATA, release="trixie") == []


def test_an_accepted_fault_does_not_count() -> None:
    packages = {"curl": "8.14.1-2+deb13u1"}
    data = {"curl": dict.fromkeys(("CVE-2026-1", "CVE-2026-9"), DATA["curl"]["CVE-2026-1"])}
    (finding,) = security_fixes.outdated(
        packages, data=data, release="trixie", accepted={"CVE-2026-1"}
    )
    assert finding.names == ("CVE-2026-9",)
    assert not security_fixes.outdated(
        packages, data=data, release="trixie", accepted={"CVE-2026-1", "CVE-2026-9"}
    )


def test_a_file_is_the_same_for_every_runner(tmp_path: Path) -> None:
    file, cache = tmp_path / "tracker.json", tmp_path / "cache.json"
    file.write_text(json.dumps(DATA))
    assert security_fixes.tracker(cache, now_s=0, place=str(file)) == DATA
    assert not cache.exists()
    file.write_text("{")
    with pytest.raises(security_fixes.NoData, match="has something that is not JSON"):
        security_fixes.tracker(cache, now_s=0, place=str(file))
    with pytest.raises(security_fixes.NoData, match="cannot be read: No such file"):
        security_fixes.tracker(cache, now_s=0, place=str(tmp_path / "none"))


def test_the_release_is_debians_and_nobody_elses() -> None:
    assert security_fixes.release_of('ID=debian\nVERSION_CODENAME="trixie"\n') == "trixie"
    for other in ("ID=alpine\n", "ID=debian\n", ""):
        with pytest.raises(security_fixes.NoData, match="not a Debian release"):
            security_fixes.release_of(other)


def test_the_trackers_data_is_kept_for_a_day(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "tracker.json"
    with serve(lambda _: (200, {}, json.dumps(DATA).encode())) as server:
        url = f"http://{server.address}/"
        first = security_fixes.tracker(cache, now_s=0, place=url)
        mtime = cache.stat().st_mtime
        again = security_fixes.tracker(cache, now_s=mtime + 60, place=url)
        assert len(server.seen) == 1
        security_fixes.tracker(cache, now_s=mtime + security_fixes.FRESH_S + 60, place=url)
        assert len(server.seen) == 2
    assert first == again == DATA


def test_data_that_cannot_be_had_says_so(tmp_path: Path) -> None:
    for body, message in ((b"<html>", "not JSON"), (b"{}", "no data")):
        answer = (200, {"Content-Type": "text/html"}, body)
        with serve(lambda _, answer=answer: answer) as server:  # type: ignore[misc]
            url = f"http://{server.address}/"
            with pytest.raises(security_fixes.NoData, match=message):
                security_fixes.tracker(tmp_path / "none", now_s=0, place=url)
    with pytest.raises(security_fixes.NoData, match="cannot be read: ConnectionError"):
        security_fixes.tracker(tmp_path / "none", now_s=0, place=url)


def test_packages_are_listed_by_source() -> None:
    assert security_fixes.installed("curl 8.14.1-2\nphp8.4 8.4.11-1\n") == {
        "curl": "8.14.1-2",
        "php8.4": "8.4.11-1",
    }
