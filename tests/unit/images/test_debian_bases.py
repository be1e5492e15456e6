"""Bases where nothing is installed: apt is asked once at a time, and its words are passed on."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from harness.core.errors import ImageBuildFailed
from harness.images import debian_bases

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root is helped by apt")

# As apt does, it refuses a second one at the same time.
APT = """#!/bin/sh
mkdir {home}/lock 2>/dev/null || {{ echo "E: Could not get lock" >&2; exit 100; }}
for argument; do
    [ "$argument" = mmdebstrap ] && {install}
done
echo "$@" >>{home}/asked
rmdir {home}/lock
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that alone is on the PATH, with an apt-get that can install mmdebstrap."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("mkdir", "rmdir", "chmod", "touch", "cat"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    write(tmp_path, install=f"touch {tmp_path}/mmdebstrap && chmod +x {tmp_path}/mmdebstrap")
    return tmp_path


def write(home: Path, *, install: str) -> None:
    (home / "apt-get").write_text(APT.format(home=home, install=install))
    (home / "apt-get").chmod(0o755)


def test_bases_made_at_the_same_time_install_mmdebstrap_once(apt: Path) -> None:
    failures: list[Exception] = []

    def work(suite: str) -> None:
        try:
            debian_bases.require_mmdebstrap(suite, log=io.StringIO(), refused="no registry")
        except ImageBuildFailed as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(suite,)) for suite in ("sid", "trixie")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    lines = (apt / "asked").read_text().splitlines()
    assert [line.split()[2] for line in lines] == ["update", "install"]


def test_what_apt_says_is_in_the_error(apt: Path) -> None:
    write(apt, install='echo "E: Unable to locate package mmdebstrap"')
    log = io.StringIO()
    with pytest.raises(ImageBuildFailed) as failure:
        debian_bases.require_mmdebstrap("sid", log=log, refused="no registry")
    assert "mmdebstrap, which would make it here, is not installed" in str(failure.value)
    assert "E: Unable to locate package mmdebstrap" in str(failure.value)
    assert "E: Unable to locate package mmdebstrap" in log.getvalue()
