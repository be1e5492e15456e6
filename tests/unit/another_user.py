"""Another user of this machine: this process with that user's rights."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@contextmanager
def another_user() -> Iterator[None]:
    """Have the rights of nobody inside the block."""
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Make a folder for everybody, as /tmp is."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="cutover-test-") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        yield folder
