"""HTTP in front of the APIs: one port for ECS and ELBv2, one unix socket for each task."""

from __future__ import annotations

import json
import logging
import socketserver
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.standins.control.wire import protocol
from harness.standins.control.wire.protocol import ApiError
from harness.standins.control.wire.websocket import WebSocket

log = logging.getLogger(__name__)

Operation = Callable[[dict[str, Any]], dict[str, Any]]
Operations = Mapping[str, Operation]
ECS_TARGET = "AmazonEC2ContainerServiceV20141113."
CHANNEL_PATH = "/v1/data-channel/"
"""Before the id of a session; a websocket is opened there."""
HOST: ContextVar[str] = ContextVar("host", default="localhost")
"""The Host header of the request that this thread answers: the client's address of control."""
Answer = tuple[int, str, bytes]


class Api:
    """Turns a request into the operation of its name, and its result or error into an answer."""

    def __init__(self, *, ecs: Operations, elbv2: Operations) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2

    def answer(self, *, target: str, body: bytes) -> Answer:
        """Answer a POST: by X-Amz-Target when there is one, by form Action otherwise.

        What cannot be written is a mistake of ours: without an answer, clients would try again.
        """
        try:
            return self._json(target, body=body) if target else self._query(body)
        except Exception:
            log.exception("an answer cannot be written")
            text = json.dumps({"__type": "ServerException", "message": "see the log of control"})
            return 500, protocol.JSON_TYPE, text.encode()

    def _json(self, target: str, *, body: bytes) -> Answer:
        try:
            result = self._ecs_result(target, body=body)
            return 200, protocol.JSON_TYPE, json.dumps(result).encode()
        except ApiError as error:
            text = json.dumps(protocol.error_json(error))
            return error.status, protocol.JSON_TYPE, text.encode()

    def _ecs_result(self, target: str, *, body: bytes) -> Any:
        name = target.removeprefix(ECS_TARGET)
        model = protocol.operation("ecs", name=name) if target != name else None
        if model is None:
            raise ApiError("UnknownOperationException", message="")
        handler = self._ecs.get(name)
        if handler is None:
            raise _not_here("UnsupportedFeatureException", name=name)
        result = _call(handler, request=protocol.read_json(body, model=model), name=name)
        return protocol.to_json(result, shape=model.output_shape)

    def _query(self, body: bytes) -> Answer:
        try:
            return 200, protocol.XML_TYPE, self._elbv2_result(body).encode()
        except ApiError as error:
            return error.status, protocol.XML_TYPE, protocol.error_xml(error).encode()

    def _elbv2_result(self, body: bytes) -> str:
        name, flat = protocol.read_query(body)
        model = protocol.operation("elbv2", name=name)
        if model is None:
            message = f"Could not find operation {name} for version 2015-12-01"
            raise ApiError("InvalidAction", message=message)
        handler = self._elbv2.get(name)
        if handler is None:
            raise _not_here("OperationNotPermitted", name=name)
        result = _call(handler, request=protocol.unflatten(flat, model=model), name=name)
        return protocol.to_xml(result, model=model)


def _not_here(code: str, *, name: str) -> ApiError:
    return ApiError(code, message=f"{name} is not part of the local stand-in for this service.")


def _call(handler: Operation, *, request: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        return handler(request)
    except ApiError:
        raise
    except Exception as error:
        log.exception("%s failed", name)
        raise ApiError("ServerException", message=f"{name} failed", status=500) from error


class _Handler(BaseHTTPRequestHandler):
    """The base of both servers: HTTP/1.1, quiet, one answer per request."""

    protocol_version = "HTTP/1.1"
    server_version = "control"
    # Headers and body go out in two writes; Nagle would hold the second one back for 40 ms.
    disable_nagle_algorithm = True

    def reply(self, answer: Answer) -> None:
        """Send one answer."""
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", protocol.request_id())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it
        """Log nothing per request."""


def api_server(
    api: Api,
    *,
    port: int,
    states: Mapping[str, Callable[[], str]],
    channels: Callable[[str, WebSocket], None],
) -> ThreadingHTTPServer:
    """Return the server of both APIs, and of the data channels of ECS Exec.

    Args:
        api: Answers POST.
        port: Where it listens.
        states: Path to what is wrong: GET answers ok, or 503 and that.
        channels: Serves a data channel, by its path, to its end.
    """

    class Handler(_Handler):
        def do_GET(self) -> None:
            if self.path.startswith(CHANNEL_PATH):
                headers = dict(self.headers.items())
                channels(self.path, WebSocket(self.connection, path=self.path, headers=headers))
                self.close_connection = True
                return
            if self.path not in states:
                self.reply((404, "text/plain", b"not found"))
                return
            reason = states[self.path]()
            self.reply((503 if reason else 200, "text/plain", reason.encode() or b"ok"))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            HOST.set(self.headers.get("Host") or "localhost")
            target = self.headers.get("X-Amz-Target") or ""
            self.reply(api.answer(target=target, body=body))

    return _TcpServer(("0.0.0.0", port), Handler)


class _TcpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class TaskSockets:
    """One unix socket per task; the task's pause container forwards 169.254.170.2 to it."""

    def __init__(self, directory: Path, *, respond: Callable[[str, str], Answer]) -> None:
        self._directory = directory
        self._respond = respond
        self._servers: dict[str, _UnixServer] = {}
        self._lock = threading.Lock()

    def open(self, task_id: str) -> Path:
        """Serve a task's socket, which is ready to be connected to on return."""
        path = self._directory / f"{task_id}.sock"
        path.unlink(missing_ok=True)
        respond = self._respond

        class Handler(_Handler):
            disable_nagle_algorithm = False

            def address_string(self) -> str:
                return task_id

            def do_GET(self) -> None:
                self.reply(respond(task_id, self.path))

        server = _UnixServer(str(path), Handler)
        path.chmod(0o600)
        with self._lock:
            self._servers[task_id] = server
        threading.Thread(
            target=server.serve_forever, name=f"socket-{task_id[:8]}", daemon=True
        ).start()
        return path

    def close(self, task_id: str) -> None:
        """Stop serving a task."""
        with self._lock:
            server = self._servers.pop(task_id, None)
        if server is not None:
            server.shutdown()
            server.server_close()
            (self._directory / f"{task_id}.sock").unlink(missing_ok=True)
