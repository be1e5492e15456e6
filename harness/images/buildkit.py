"""A build by BuildKit, through the ``docker`` command: for Dockerfiles that ask for its features.

docker-py speaks to the engine's own builder alone. The context is the same, on standard input.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, TextIO

from harness.core.errors import ImageBuildFailed
from harness.core.redact import redact
from harness.images.build import LABELS, Order, failure

if TYPE_CHECKING:
    import docker

_OWN_BUILDKIT = range(19, 23)
"""Major versions of the command that bring BuildKit's client; later ones need buildx."""
_STEP = re.compile(r"^#\d+ (\[[^\]]*\d+/\d+\] .*)")
_FRONTEND = re.compile(r"^#(\d+) resolve image config for (?:docker-image://)?(\S+)")
"""The step in which BuildKit asks a registry for the image of ``# syntax=``."""
_ANSWER_S = 20
_OF_COMMAND = ("HOME", "LD_LIBRARY_PATH", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR")
"""Variables of the ``docker`` command's own, and those that begin as Docker's do."""


def run(
    client: docker.DockerClient,
    order: Order,
    *,
    log: TextIO,
    feature: str,
    stopped: threading.Event,
) -> None:
    """Build one image with BuildKit.

    Args:
        client: The engine that gets the image.
        order: The build.
        log: File for the output.
        feature: The part of the Dockerfile that needs BuildKit, for the error.
        stopped: Set when another build has failed.

    Raises:
        ImageBuildFailed: No command of this machine has BuildKit, a step failed, or ``stopped``.
    """
    environment = {**os.environ, **engine_address(client), "DOCKER_BUILDKIT": "1"}
    program = find_program(environment)
    name, context = order.context.name, order.context
    if not program:
        raise ImageBuildFailed(
            f"image {name} needs BuildKit, for `{feature}` in {context.dockerfile}, and this"
            " machine has none: `docker buildx version` fails",
            hint="install buildx (docker-buildx-plugin, or Debian's docker-buildx), or build the"
            f' image yourself and name it in cutover.toml: [images] {name} = "shop:local"',
        )
    # The values of arguments go by the environment: a process list shows no proxy's password.
    arguments = {name: value for name, value in order.arguments.items() if not _is_own(name)}
    variables = {**environment, **arguments, "BUILDX_BUILDER": "default"}
    lines: list[str] = []

    def build(extra: Mapping[str, bytes]) -> int:
        lines.clear()
        with (
            tempfile.TemporaryFile() as archive,
            _start(program, archive, order=order, extra=extra, environment=variables) as process,
        ):
            for raw in process.stdout or ():
                if stopped.is_set():
                    process.terminate()
                    raise ImageBuildFailed(f"image {name}: the build was stopped")
                text = redact(raw.decode(errors="replace"))
                log.write(text)
                lines.append(text.rstrip())
        return process.returncode

    code = build({})
    if code and (image := missing_frontend(lines)):
        # BuildKit has one of its own, which lacks the newest features at the most.
        log.write(f"{image} is not to be had: once more without the Dockerfile's line for it\n")
        code = build({context.dockerfile: context.without_syntax()})
    if code:
        steps = [match[1][:120] for match in map(_STEP.match, lines) if match]
        raise failure(name, step=steps[-1] if steps else "", lines=lines, where=log.name)


def missing_frontend(lines: Sequence[str]) -> str:
    """Return the image of a Dockerfile's first line, ``# syntax=``, that BuildKit did not get."""
    frontend = next((match for match in map(_FRONTEND.match, lines) if match), None)
    failed = frontend and any(line.startswith(f"#{frontend[1]} ERROR") for line in lines)
    return frontend[2].rstrip(":") if frontend and failed else ""


def _start(
    program: str,
    archive: IO[bytes],
    *,
    order: Order,
    extra: Mapping[str, bytes],
    environment: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Start a build, which reads its context from a file."""
    archive.write(order.archive(extra).getvalue())
    archive.seek(0)
    return subprocess.Popen(
        [program, "build", *options(order), "-"],
        stdin=archive,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )


def options(order: Order) -> Iterator[str]:
    """Go through the options of ``docker build``; most arguments have their values elsewhere."""
    context = order.context
    yield from ("--progress=plain", "--file", context.dockerfile, "--tag", order.tag)
    for label, value in LABELS.items():
        yield from ("--label", f"{label}={value}")
    for argument, value in order.arguments.items():
        yield from ("--build-arg", f"{argument}={value}" if _is_own(argument) else argument)
    if context.target:
        yield from ("--target", context.target)
    for secret, file in context.secrets.items():
        yield from ("--secret", f"id={secret},src={file}")
    if order.host.needs_host_network():
        yield from ("--network", "host")


def _is_own(argument: str) -> bool:
    """Whether the command itself reads the variable of this name: an argument would hide it."""
    return argument in _OF_COMMAND or argument.startswith(("BUILDX_", "DOCKER_"))


def engine_address(client: docker.DockerClient) -> Mapping[str, str]:
    """Return the variables that lead the command to a client's engine."""
    if os.environ.get("DOCKER_HOST"):
        return {}
    path = getattr(client.api.get_adapter(client.api.base_url), "socket_path", "")
    return {"DOCKER_HOST": f"unix://{path}"} if path else {}


def find_program(environment: Mapping[str, str]) -> str:
    """Return the first ``docker`` of PATH that has BuildKit; empty where none has."""
    directories = environment.get("PATH", os.defpath).split(os.pathsep)
    programs = (shutil.which("docker", path=directory) for directory in directories)
    return next(
        (program for program in programs if program and _has_buildkit(program, environment)), ""
    )


def _has_buildkit(program: str, environment: Mapping[str, str]) -> bool:
    if _answer((program, "buildx", "version"), environment):
        return True
    major = re.search(r"version (\d+)\.", _answer((program, "--version"), environment))
    return major is not None and int(major[1]) in _OWN_BUILDKIT


def _answer(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the output of a command; empty where it fails."""
    try:
        ended = subprocess.run(
            command, capture_output=True, env=environment, timeout=_ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.decode(errors="replace") if ended.returncode == 0 else ""
