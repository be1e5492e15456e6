"""The locks pin pyproject.toml's packages, with hashes, and agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
COMPILE = "CONTRIBUTING.md says how a lock is made"
HASHES = r"(?:\n    --hash=sha256:[0-9a-f]{64}.*)*"
PIN = re.compile(rf"^([\w.-]+)==(\S+)(.*{HASHES})", re.MULTILINE)


def pins(lock: str) -> dict[str, tuple[str, str]]:
    """Name -> version, and the lines that follow it."""
    matches = PIN.findall((ROOT / lock).read_text())
    return {str(canonicalize_name(name)): (version, rest) for name, version, rest in matches}


def asked(lock: str) -> list[Requirement]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    is_dev = lock == "requirements-dev.lock"
    words = project["dependency-groups"]["dev"] if is_dev else project["project"]["dependencies"]
    return [Requirement(word) for word in words]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_what_is_asked_for(lock: str) -> None:
    pinned = pins(lock)
    for requirement in asked(lock):
        version, _ = pinned.get(str(canonicalize_name(requirement.name)), ("", ""))
        assert version, f"{lock} lacks {requirement.name}; {COMPILE}"
        assert requirement.specifier.contains(version), (
            f"{lock} has {requirement.name} {version}, and {requirement} is asked for; {COMPILE}"
        )


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_a_hash_and_no_index_is_named(lock: str) -> None:
    without = [name for name, (_, rest) in pins(lock).items() if "--hash=" not in rest]
    assert not without, f"{lock}: no hash for {', '.join(without)}; {COMPILE}"
    assert "index-url" not in (ROOT / lock).read_text()


def test_both_locks_have_the_same_version_of_what_they_share() -> None:
    run_time, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    differing = {
        name: (run_time[name][0], dev[name][0])
        for name in run_time.keys() & dev.keys()
        if run_time[name][0] != dev[name][0]
    }
    assert not differing, COMPILE
