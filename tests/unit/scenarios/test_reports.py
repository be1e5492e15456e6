"""Reports on an app without the probe: its classes travel in the script."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Sequence

from harness.target.resources.ecs_exec import ExecResult
from scenarios import reports

LONGEST = 100_000
"""Linux takes 128 KiB as one argument of a command."""


def test_the_probes_classes_are_in_the_script() -> None:
    def run(command: Sequence[str], *, task: str) -> ExecResult:
        code = command[command.index("-r") + 1]
        assert len(code) < LONGEST
        (packed,) = re.findall(r"base64_decode\('([^']+)'\)", code)
        sources = json.loads(gzip.decompress(base64.b64decode(packed)))
        assert {"CutoverProbe\\Code\\SourceFile", "CutoverProbe\\Console\\CodeCommand"} <= {
            *sources
        }
        for name, source in sources.items():
            assert source.startswith("\nnamespace CutoverProbe"), name
        assert (json.loads(command[-1]), task) == ({"report": "code"}, "")
        return ExecResult(0, '\ncutover-answer:{"report":{"names":[]}}\n', "")

    assert reports.of_task(reports.CODE, run_in_task=run) == {"names": []}
