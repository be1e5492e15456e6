"""One image build: the call to the engine, its log file, and the error when a step fails."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from harness.core.errors import LOG_TAIL_LINES, ImageBuildFailed
from harness.core.labels import LABEL_ROLE
from harness.core.redact import redact
from harness.images.context import Context
from harness.images.host_settings import BuildHost

if TYPE_CHECKING:
    import docker

LABELS = {LABEL_ROLE: "image"}
MEMORY_BYTES = 3 * 1024**3
_STEP = re.compile(r"^Step (\d+/\d+) : (.*)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
HINTS = (
    (
        r"failed to do request: head|pull access denied|manifest (?:unknown|for )|/v2/[^\n]*(?:dial"
        r" tcp|no such host|connection refused)",
        "the engine cannot pull an image that the Dockerfile begins with (FROM, or # syntax=): let"
        " it reach that registry, or a mirror of it; or build the app's image where it is reached,"
        ' and name it: [images] app = "..."; FROM ${BASE} needs no registry (configuration.md)',
    ),
    ("no space left on device", "the disk is full: `cutover images prune`, or free some space"),
    (
        r"temporary failure (in name resolution|resolving)|could not resolve|no route to host"
        r"|network is unreachable|connection timed out|connection refused|unable to connect to",
        "containers have no network for this build: check the engine's DNS and the proxy variables"
        " (http_proxy, https_proxy, no_proxy) that this machine needs",
    ),
    (
        r"404\s+not found|hash sum mismatch|unable to locate package",
        "the package lists do not fit the mirror: `docker rmi cutover/base:trixie cutover/base:sid`"
        " makes the bases anew at the next build",
    ),
    (
        r"is not valid yet|release file .* expired",
        "the mirror's Release file is too old or the clock is wrong: set the clock, or set"
        ' Acquire::Check-Valid-Until "false" in this machine\'s apt settings',
    ),
    (
        r"certificate.verify.failed|self.signed certificate|unable to get local issuer",
        "a company's authority is not known: name its bundle in SSL_CERT_FILE or PIP_CERT",
    ),
    (
        r"could not authenticate against|invalid credentials (for '|\(http 40)"
        r"|required authentication",
        "a registry of private packages asks for a login: give the build the file with it, as a"
        ' secret of its Dockerfile: [images.app] secrets = { composer_auth = "auth.json" }',
    ),
    ("do not match the hashes", "the package index serves other files than the lock names"),
    (r"\bkilled\b|returned a non-zero code: 137", "a step ran out of memory: give the engine more"),
)
NO_HINT = "the build log above has every line; `docker build` in that directory repeats it"


@dataclass(frozen=True)
class Order:
    """A context to build, its tag and its parents."""

    context: Context
    tag: str
    parents: Mapping[str, str]
    """Build argument to the tag of an image."""
    host: BuildHost

    @property
    def arguments(self) -> dict[str, str]:
        """The build arguments, by name."""
        return {**self.host.build_args(), **self.context.args, **self.parents}

    def archive(self, extra: Mapping[str, bytes] = MappingProxyType({})) -> io.BytesIO:
        """Pack the context; this machine's settings go along where the Dockerfile copies them.

        A Dockerfile that copies all of its context would keep them, and the logins among them.
        ``extra`` has files that take the place of the context's.
        """
        of_host = self.host.files() if self.context.copies_host else {}
        return self.context.archive({**of_host, **extra})


def run(
    client: docker.DockerClient, order: Order, *, log: TextIO, stopped: threading.Event
) -> None:
    """Build one image with the engine's own builder, which every engine since 20.10 has.

    Raises:
        ImageBuildFailed: A step failed, or ``stopped`` was set.
    """
    stream = client.api.build(
        fileobj=order.archive(),
        custom_context=True,
        dockerfile=order.context.dockerfile,
        tag=order.tag,
        buildargs=order.arguments,
        target=order.context.target or None,
        labels=LABELS,
        container_limits={"memory": MEMORY_BYTES},
        network_mode="host" if order.host.needs_host_network() else None,
        rm=True,
        forcerm=True,
        decode=True,
    )
    step = ""
    lines: list[str] = []
    for event in stream:
        if stopped.is_set():
            raise ImageBuildFailed(f"image {order.context.name}: the build was stopped")
        text = redact(_COLOURS.sub("", event.get("stream", "") or event.get("error", "")))
        log.write(text)
        lines += text.splitlines()
        match = _STEP.match(text)
        step = f"step {match[1]}: {match[2].strip()[:120]}" if match else step
        if "error" in event:
            raise failure(order.context.name, step=step, lines=lines, where=log.name)


def failure(name: str, *, step: str, lines: list[str], where: str) -> ImageBuildFailed:
    """Return an error with the step that failed, its last lines and a likely remedy."""
    tail = "\n".join(lines[-LOG_TAIL_LINES:])
    return ImageBuildFailed(
        f"image {name} could not be built: {step or 'the build did not begin'}",
        log_tail=tail,
        where=where,
        hint=next(
            (hint for pattern, hint in HINTS if re.search(pattern, tail, re.IGNORECASE)), NO_HINT
        ),
    )
