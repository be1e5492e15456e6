"""The Debian images under all others: pulled where a registry answers, made here elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TextIO

from harness.core.errors import ImageBuildFailed
from harness.core.labels import LABEL_ROLE
from harness.core.redact import redact
from harness.images.host_settings import CA_BUNDLES, BuildHost

if TYPE_CHECKING:
    import docker

REPOSITORY = "cutover/base"
PULL_ANSWER_S = 6
"""So long a registry may take for its first answer before a base is made here."""
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LABELS = f'LABEL {LABEL_ROLE}="image"'
_PACKAGES = ("mmdebstrap", "debian-archive-keyring")
_WAIT_FOR_OTHERS = ("-o", "DPkg::Lock::Timeout=120")
"""A machine that has just booted may be upgrading itself."""
_INSTALLING = threading.Lock()


def make(client: docker.DockerClient, suite: str, *, host: BuildHost, log: TextIO) -> str:
    """Get the base image of a Debian suite and return its tag.

    Raises:
        ImageBuildFailed: Neither a registry nor mmdebstrap could give it.
    """
    tag = f"{REPOSITORY}:{suite}"
    refused = pull(client, f"debian:{suite}-slim", tag=tag, log=log)
    if refused:
        log.write(f"debian:{suite}-slim was not pulled: {refused}\n")
        debootstrap(client, suite, host=host, log=log, refused=refused)
    return tag


def pull(
    client: docker.DockerClient,
    reference: str,
    *,
    tag: str,
    log: TextIO,
    answer_s: float = PULL_ANSWER_S,
) -> str:
    """Try a registry once; returns why there is no image, or nothing when there is one."""
    import docker.errors
    import requests

    events: SimpleQueue[str | None] = SimpleQueue()

    def work() -> None:
        try:
            for event in client.api.pull(reference, stream=True, decode=True):
                if "error" in event:
                    events.put(event["error"])
                    return
                events.put("")
            events.put(None)
        except (docker.errors.APIError, requests.RequestException) as error:
            events.put(str(getattr(error, "explanation", "") or error))

    # Not joined: where packets to a registry vanish, the engine tries for minutes.
    threading.Thread(target=work, daemon=True).start()
    wait_s: float | None = answer_s
    while True:
        try:
            event = events.get(timeout=wait_s)
        except Empty:
            return f"no registry answered within {answer_s:.0f} s"
        if event is None:
            if tag != reference:
                client.images.get(reference).tag(tag)
            log.write(f"pulled {reference}\n")
            return ""
        if event:
            return event
        wait_s = None


def debootstrap(
    client: docker.DockerClient, suite: str, *, host: BuildHost, log: TextIO, refused: str
) -> None:
    """Make a base with mmdebstrap from this machine's own Debian mirror, and import it.

    Raises:
        ImageBuildFailed: mmdebstrap is missing and cannot be installed, or it failed.
    """
    require_mmdebstrap(suite, log=log, refused=refused)
    with tempfile.TemporaryDirectory(prefix="cutover-base-") as directory:
        archive = Path(directory) / f"{suite}.tar"
        command = mmdebstrap_command(suite, archive=archive, host=host)
        proxies = host.build_args()
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.defpath + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", **proxies},
        )
        log.write(redact(f"{' '.join(command)}\n{done.stdout}{done.stderr}"))
        if done.returncode != 0:
            raise ImageBuildFailed(
                f"image base-{suite}: mmdebstrap ended with exit code {done.returncode}",
                log_tail=done.stderr,
                where=getattr(log, "name", ""),
                hint="check apt's sources on this machine with `apt-get update`; or let the engine"
                f" pull debian:{suite}-slim, from a registry mirror if need be",
            )
        client.api.import_image_from_file(
            str(archive), repository=REPOSITORY, tag=suite, changes=[_LABELS, 'CMD ["bash"]']
        )


def mmdebstrap_command(suite: str, *, archive: Path, host: BuildHost) -> list[str]:
    """Write the command line; it has a mirror only where this machine's own is Debian's."""
    command = [
        *("mmdebstrap", "--variant=minbase"),
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/info/*",
        '--aptopt=Acquire::Languages "none"',
    ]
    command += [f'--aptopt={name} "{value}"' for name, value in host.apt.items()]
    if Path(_KEYRING).is_file():
        command.append(f"--keyring={_KEYRING}")
    if host.apt_mirror.startswith("https:"):
        command.append("--include=ca-certificates")
        bundle = next((path for path in CA_BUNDLES if Path(path).is_file()), "")
        if bundle:
            command.append(f"--customize-hook=upload {bundle} /etc/ssl/certs/ca-certificates.crt")
    command += [suite, str(archive)]
    return [*command, host.apt_mirror] if host.apt_mirror else command


def require_mmdebstrap(suite: str, *, log: TextIO, refused: str) -> None:
    """Install mmdebstrap where it is missing and may be installed: as root, with apt.

    Raises:
        ImageBuildFailed: It is not there; apt's output is in the error.
    """
    # Bases are made at the same time, and apt lets one at a time install.
    with _INSTALLING:
        if shutil.which("mmdebstrap"):
            return
        output = _install_mmdebstrap(log) if os.geteuid() == 0 and shutil.which("apt-get") else ""
        if shutil.which("mmdebstrap"):
            return
    raise ImageBuildFailed(
        f"image base-{suite}: no registry gave debian:{suite}-slim, and mmdebstrap, which would"
        " make it here, is not installed",
        last_answer=refused,
        log_tail=output,
        hint=f"let the engine reach a registry (or a mirror of one) that has debian:{suite}-slim;"
        " or, on Debian or Ubuntu, `sudo apt-get install mmdebstrap debian-archive-keyring`",
    )


def _install_mmdebstrap(log: TextIO) -> str:
    """Install it with apt, and return apt's output."""
    output = ""
    for arguments in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", *_PACKAGES),
    ):
        done = subprocess.run(
            ["apt-get", *_WAIT_FOR_OTHERS, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        output += redact(done.stdout + done.stderr)
    log.write(output)
    return output
