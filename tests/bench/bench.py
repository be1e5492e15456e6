"""The costs of start, stop and memory on this machine; prints numbers, judges nothing.

Runs bin/cutover as a user does, in a home of its own, with the images already built.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from harness.stack import engine, logs

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
MIB = 1024**2
READY = re.compile(r"^component\s+(\S+)\s+ready\s+([\d.]+) s", flags=re.MULTILINE)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "CUTOVER_HOME": home}
        harness("images", "build", environ=environ)
        rounds = [measure(environ, Path(home)) for _ in range(ROUNDS)]
    print("\n".join(table(rounds)))
    return 0


def table(rounds: list[dict[str, float]]) -> list[str]:
    """Write one line for each figure: its median, and its value in each round that has it."""
    lines = []
    for name in dict.fromkeys(name for measured in rounds for name in measured):
        values = [measured[name] for measured in rounds if name in measured]
        series = ", ".join(f"{value:.1f}" for value in values)
        lines.append(f"{name:<44} median {median(values):7.1f}   of {series}")
    return lines


def measure(environ: dict[str, str], home: Path) -> dict[str, float]:
    """Start, look and stop once."""
    began = time.monotonic()
    output = harness("up", environ=environ)
    up_s = time.monotonic() - began
    began = time.monotonic()
    harness("up", environ=environ)
    again_s = time.monotonic() - began
    run_id = json.loads((home / "current.json").read_text())["run"]
    memory = memory_mib(run_id)
    began = time.monotonic()
    harness("down", environ=environ)
    return {
        "up, images present, s": up_s,
        **{f"{name} ready, s": float(seconds) for name, seconds in READY.findall(output)},
        "up again, s": again_s,
        "down, s": time.monotonic() - began,
        "memory of the whole stack, MiB": memory,
    }


def memory_mib(run_id: str) -> float:
    """Sum the memory of a run's containers, without the page cache, as `docker stats` does."""
    total = 0.0
    for container in logs.containers_of(engine.connect(), run_id):
        if container.status == "running":
            stats: Any = container.stats(stream=False)
            usage = stats["memory_stats"]
            cache = usage.get("stats", {}).get("total_inactive_file", 0)
            total += (usage.get("usage", 0) - cache) / MIB
    return total


def harness(*words: str, environ: dict[str, str]) -> str:
    """Run bin/cutover; stop the bench when it fails."""
    result = subprocess.run(
        [str(ROOT / "bin" / "cutover"), *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"bin/cutover {' '.join(words)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
