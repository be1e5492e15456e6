"""The project's own style and types, so that one command judges everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"


def tracked(*patterns: str) -> list[str]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [name for name in names if (ROOT / name).is_file()]


def test_ruff_finds_nothing() -> None:
    run(str(BIN / "ruff"), "check", "--no-cache", ".")


def test_ruff_would_format_nothing() -> None:
    run(str(BIN / "ruff"), "format", "--no-cache", "--check", ".")


def test_mypy_strict_finds_nothing() -> None:
    run(sys.executable, "-m", "mypy", "--cache-dir", "/dev/null")


def test_shellcheck_finds_nothing() -> None:
    scripts = [
        name
        for name in tracked()
        if (ROOT / name).read_bytes()[:20].startswith((b"#!/bin/sh", b"#!/usr/bin/env bash"))
        or name.endswith(".sh")
    ]
    assert {"bin/cutover", "bin/machine.sh"} <= set(scripts)
    run(str(BIN / "shellcheck"), "--external-sources", *scripts)


def test_hadolint_finds_nothing() -> None:
    files = tracked("*Dockerfile*")
    assert files
    run(str(BIN / "hadolint"), "--config", ".hadolint.yaml", *files)


@pytest.mark.parametrize("name", tracked("*.json"))
def test_json_is_json(name: str) -> None:
    """The AWS CLI's outputs may stand in one file, one after another."""
    rest = (ROOT / name).read_text().strip()
    assert rest
    while rest:
        _, end = json.JSONDecoder().raw_decode(rest)
        rest = rest[end:].strip()
