"""The Docker engine, as far as tasks need it; the only module here that imports docker."""

from __future__ import annotations

import io
import socket
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound

from harness.core.labels import LABEL_ROLE, LABEL_RUN
from harness.core.redact import redact
from harness.standins.control.agent import archives, edge_files
from harness.standins.control.agent.gate import Gate

_POLL_S = 0.02
_EXIT_CODE_WITHIN_S = 5.0
_A_LONG_TIME_S = 10**6
_READ_BYTES = 65536
_TERMINAL = {"TERM": "xterm-256color"}
"""Variables that the agent of ECS Exec sets."""


class EngineError(Exception):
    """The engine refused a call; the text is the engine's, without secrets."""


@dataclass(frozen=True)
class ContainerState:
    """A container's labels and state."""

    docker_id: str
    labels: Mapping[str, str]
    running: bool
    started: bool
    exit_code: int
    oom_killed: bool
    started_at: str = ""
    """The engine's own stamp of the latest start."""


class Engine:
    """Calls to the Docker engine; each may take long and is made outside the lock.

    Those that make, connect or start something raise `Closed` once the gate is closed.
    """

    def __init__(self, *, run: str) -> None:
        self._client = docker.DockerClient.from_env(max_pool_size=32, timeout=60)
        # Events may be minutes apart; a read time-out would end the stream.
        self._events = docker.DockerClient.from_env(max_pool_size=64, timeout=_A_LONG_TIME_S)
        self._run = run
        self._gate = Gate()

    def close(self, *, within_s: float) -> int:
        """Make, connect and start nothing from now on; return the number of calls under way.

        It is 0 unless the engine takes longer than the time given.
        """
        return self._gate.close(within_s=within_s)

    def ping(self) -> None:
        """Raise EngineError when the engine does not answer."""
        with _engine_errors():
            self._client.ping()

    def architecture(self, image_id: str) -> str:
        """Return the CPU architecture of an image; empty when the engine has no such image."""
        try:
            return str(self._client.images.get(image_id).attrs["Architecture"])
        except NotFound:
            return ""

    def declared_volumes(self, image_id: str) -> frozenset[str]:
        """Return the paths that an image's VOLUME directives name."""
        with _engine_errors():
            attrs = self._client.images.get(image_id).attrs
        return frozenset(attrs["Config"].get("Volumes") or ())

    def subnet(self, network: str) -> str:
        """Return a network's CIDR."""
        with _engine_errors():
            attrs = self._client.api.inspect_network(network)
        return str(attrs["IPAM"]["Config"][0]["Subnet"])

    def create(self, *, networks: Sequence[str] = (), **options: Any) -> str:
        """Create a container and connect it to the networks; return its id."""
        with self._gate.passage():
            return self._create(networks=networks, **options)

    def _create(self, *, networks: Sequence[str] = (), **options: Any) -> str:
        with _engine_errors():
            if networks:
                options["network"] = networks[0]
            created = self._client.containers.create(**options)
            docker_id = str(created.id)
            for network in networks[1:]:
                self._client.api.connect_container_to_network(docker_id, network)
        return docker_id

    def create_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Create a volume; one that exists is left as it is."""
        with self._gate.passage(), _engine_errors():
            self._client.api.create_volume(name, labels=dict(labels))

    def remove_volumes(self, task_label: str) -> None:
        """Remove a task's volumes; one in use stays."""
        for volume in self._client.volumes.list(filters={"label": task_label}):
            with _engine_errors():
                volume.remove(force=True)

    def put(self, docker_id: str, *, files: Mapping[str, str]) -> None:
        """Put files, by absolute path, into a container; its volumes may be in a read-only root.

        A container that lacks a file's directory goes without the file.
        """
        by_directory: dict[str, dict[str, str]] = {}
        for path, text in files.items():
            directory, _, name = path.rpartition("/")
            by_directory.setdefault(directory or "/", {})[name] = text
        for directory, texts in by_directory.items():
            with self._gate.passage(), _engine_errors(), suppress(NotFound):
                self._client.api.put_archive(docker_id, directory, archives.of_files(texts))

    def let_write(self, docker_id: str, *, path: str) -> None:
        """Let every user write to a directory of a container, which may be that of a volume."""
        parent, _, name = path.rstrip("/").rpartition("/")
        with self._gate.passage(), _engine_errors():
            self._client.api.put_archive(docker_id, parent or "/", archives.of_open_directory(name))

    def read(self, docker_id: str, *, path: str) -> str:
        """Return a text file of a container, empty when there is none."""
        try:
            with _engine_errors():
                chunks, _ = self._client.api.get_archive(docker_id, path)
                packed = io.BytesIO(b"".join(chunks))
        except EngineError as error:
            if "Could not find the file" in str(error):
                return ""
            raise
        with tarfile.open(fileobj=packed) as tar:
            member = tar.extractfile(tar.getmembers()[0])
            return member.read().decode() if member else ""

    def start(self, docker_id: str) -> None:
        """Start a created container."""
        with self._gate.passage(), _engine_errors():
            self._client.api.start(docker_id)

    def stop(self, docker_id: str, *, timeout_s: int) -> None:
        """Send the image's stop signal, and SIGKILL after the time; return when it is stopped."""
        with _engine_errors():
            self._client.api.stop(docker_id, timeout=timeout_s)

    def kill(self, docker_id: str, *, signal: str = "SIGKILL") -> None:
        """Send a signal; a container that does not run is none of our concern."""
        try:
            self._client.api.kill(docker_id, signal=signal)
        except APIError as error:
            if error.status_code not in (404, 409):
                raise EngineError(_text(error)) from error

    def remove(self, docker_id: str) -> None:
        """Remove a container with its anonymous volumes, running or not."""
        try:
            self._client.api.remove_container(docker_id, v=True, force=True)
        except APIError as error:
            if error.status_code not in (404, 409):
                raise EngineError(_text(error)) from error

    def address(self, docker_id: str, *, network: str) -> str:
        """Return a running container's address on a network."""
        with _engine_errors():
            attrs = self._client.api.inspect_container(docker_id)
        return str(attrs["NetworkSettings"]["Networks"][network]["IPAddress"])

    def state(self, docker_id: str) -> ContainerState:
        """Return a container as it is now."""
        with _engine_errors():
            return self._state(docker_id)

    def run_check(self, docker_id: str, *, command: Sequence[str], timeout_s: float) -> bool:
        """Run a health check's command in the container; return whether it ended with 0 in time."""
        try:
            with _engine_errors():
                ident = self._client.api.exec_create(docker_id, list(command), stdin=False)["Id"]
                self._client.api.exec_start(ident, detach=True)
                return self._exit_code(ident, timeout_s=timeout_s) == 0
        except EngineError:
            return False

    def execute(self, docker_id: str, *, command: Sequence[str]) -> None:
        """Run a command in a container to its end; its output is the error if it fails."""
        with _engine_errors():
            ident = self._client.api.exec_create(docker_id, list(command))["Id"]
            output = self._client.api.exec_start(ident).decode(errors="replace")
            # The engine knows the code a moment after the output has ended.
            code = self._exit_code(ident, timeout_s=_EXIT_CODE_WITHIN_S)
        if code != 0:
            raise EngineError(f"exit code {code}: {redact(output.strip())}")

    def terminal(self, docker_id: str, command: Sequence[str]) -> Terminal:
        """Start a command in a container as root, in a terminal of its own."""
        api = self._client.api
        with self._gate.passage(), _engine_errors():
            execution = api.exec_create(
                docker_id, list(command), stdin=True, tty=True, user="0", environment=_TERMINAL
            )
            stream = api.exec_start(execution["Id"], tty=True, socket=True)
        return Terminal(api, exec_id=execution["Id"], stream=stream)

    def _exit_code(self, exec_id: str, *, timeout_s: float) -> int | None:
        waiting = threading.Event()
        for _ in range(int(timeout_s / _POLL_S)):
            process = self._client.api.exec_inspect(exec_id)
            if not process["Running"] and process["ExitCode"] is not None:
                return int(process["ExitCode"])
            waiting.wait(_POLL_S)
        return None

    def run(self, **options: Any) -> None:
        """Run a container to its end and remove it; its last words are the error if it fails."""
        with self._gate.passage():
            self._run_to_end(**options)

    def _run_to_end(self, **options: Any) -> None:
        docker_id = self._create(**options)
        try:
            with _engine_errors():
                self._client.api.start(docker_id)
                code = self._client.api.wait(docker_id)["StatusCode"]
                output = self._client.api.logs(docker_id).decode(errors="replace") if code else ""
        finally:
            self.remove(docker_id)
        if code:
            raise EngineError(f"exit code {code}: {redact(output.strip())}")

    def deaths(self, *, since: float) -> Iterator[str]:
        """Yield the id of each container of this run that stops, while the engine talks."""
        return self._happenings("die", since=since)

    def starts(self, *, since: float) -> Iterator[str]:
        """Yield the id of each container of this run that starts, while the engine talks."""
        return self._happenings("start", since=since)

    def _happenings(self, event_name: str, *, since: float) -> Iterator[str]:
        with _engine_errors():
            for event in self._events.api.events(
                decode=True,
                since=int(since),
                filters={
                    "type": "container",
                    "event": event_name,
                    "label": f"{LABEL_RUN}={self._run}",
                },
            ):
                yield str(event["Actor"]["ID"])

    def lines(self, docker_id: str) -> Iterator[str]:
        """Yield the lines of a container's output until it ends, each after the engine's stamp."""
        rest = b""
        with _engine_errors():
            for chunk in self._events.api.logs(
                docker_id, stdout=True, stderr=True, stream=True, follow=True, timestamps=True
            ):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in whole)

    def containers(self, *, role: str) -> list[ContainerState]:
        """Return this run's containers of a role, running or not."""
        labels = [f"{LABEL_RUN}={self._run}", f"{LABEL_ROLE}={role}"]
        with _engine_errors():
            summaries = self._client.api.containers(all=True, filters={"label": labels})
            return [self._state(item["Id"]) for item in summaries]

    def _state(self, docker_id: str) -> ContainerState:
        attrs = self._client.api.inspect_container(docker_id)
        state = attrs["State"]
        return ContainerState(
            docker_id=docker_id,
            labels=attrs["Config"]["Labels"] or {},
            running=state["Running"],
            started=state["Status"] != "created",
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            started_at=state["StartedAt"],
        )


class Terminal:
    """A command that runs in a container, in a terminal."""

    def __init__(self, api: Any, *, exec_id: str, stream: Any) -> None:
        self._api = api
        self._exec_id = exec_id
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.settimeout(None)
        # The first output may have come with the headers of the answer: it is in this buffer, and
        # docker-py's own reader, which reads the socket, would lose it.
        self._reader = stream._response.raw._fp.fp  # noqa: SLF001

    def output(self) -> Iterator[bytes]:
        """Yield the output until the command ends, or the terminal is left."""
        with suppress(OSError, ValueError):  # a reader that is closed is the latter
            while data := self._reader.read1(_READ_BYTES):
                yield data

    def write(self, data: bytes) -> None:
        """Type something; a command that has ended takes nothing."""
        with suppress(OSError):
            self._socket.sendall(data)

    def resize(self, *, columns: int, rows: int) -> None:
        """Change the size, unless the command has ended."""
        with suppress(DockerException, OSError):
            self._api.exec_resize(self._exec_id, height=rows, width=columns)

    def close(self) -> None:
        """Leave the terminal."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._stream.close()


class EdgeFiles:
    """The edge container's files, for ``edge.Edge``."""

    def __init__(self, engine: Engine, *, container: str) -> None:
        self._engine = engine
        self._container = container

    def read(self, name: str) -> str:
        """Return one of the files, empty when there is none."""
        try:
            return self._engine.read(self._container, path=f"{edge_files.DIRECTORY}/{name}")
        except EngineError as error:
            raise edge_files.EdgeError(str(error)) from error

    def replace(self, name: str, *, text: str) -> None:
        """Replace one of the files at once."""
        try:
            self._engine.execute(self._container, command=edge_files.replacing(name, text=text))
        except EngineError as error:
            raise edge_files.EdgeError(str(error)) from error

    def reload(self) -> None:
        """Have nginx read its configuration again."""
        try:
            self._engine.kill(self._container, signal="SIGHUP")
        except EngineError as error:
            raise edge_files.EdgeError(str(error)) from error


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turn docker-py's errors into EngineError."""
    try:
        yield
    except (DockerException, OSError) as error:
        raise EngineError(_text(error)) from error


def _text(error: BaseException) -> str:
    text = error.explanation if isinstance(error, APIError) and error.explanation else str(error)
    return redact(str(text))
