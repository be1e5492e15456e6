"""Runs the scenarios in a pytest of their own, and turns its exit code into ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import bundle
from harness.core.errors import ConfigError

if TYPE_CHECKING:
    from harness.inputs.config import Config

PARALLEL = ("-n", "3")
"""What a rehearsal gives pytest before the user's own arguments; scenarios wait more than they
compute, so that on two processors three are quicker than two."""
_PYTEST_INTERRUPTED = 2
_PYTEST_NOTHING_RAN = 5


def replay(
    config: Config,
    *,
    environ: Mapping[str, str],
    home: Path,
    pytest_args: list[str],
    target: str = "local",
) -> int:
    """Run the scenarios in a pytest of their own, and turn its exit code into ours.

    Args:
        config: The configuration, for its file.
        environ: The variables of the caller.
        home: Directory with the ``current.json`` of the stack to use.
        pytest_args: The user's own arguments for pytest.
        target: Where the scenarios run.
    """
    named = any(_is_there(bundle.ROOT / arg.partition("::")[0]) for arg in pytest_args)
    command = [sys.executable, "-m", "pytest", "--cutover-target", target, *pytest_args]
    variables = {
        **environ,
        "CUTOVER_CONFIG": str(config.file),
        "CUTOVER_HOME": str(home),
    }
    code = subprocess.run(
        [*command, *([] if named else ["scenarios"])], cwd=bundle.ROOT, env=variables, check=False
    ).returncode
    if code == _PYTEST_INTERRUPTED:
        raise KeyboardInterrupt
    if code == _PYTEST_NOTHING_RAN:
        raise ConfigError(
            "no scenario matches these arguments",
            hint="`pytest scenarios --collect-only` lists them",
        )
    return code if code <= 1 else ConfigError.exit_code


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # an expression after -k can be longer than a name may be
        return False
