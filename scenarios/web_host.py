"""A web host on loopback, with or without TLS, with answers that can change."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]


@dataclass
class Request:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """A number that differs for each connection."""


@dataclass
class Host:
    """A host that listens; its certificate, its versions of TLS and its answers may change."""

    answer: Callable[[Request], Answer]
    port: int = 0
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serve(host: Host, *, address: str = "127.0.0.1", port: int = 0) -> Iterator[Host]:
    """Listen until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            host.connections += 1
            self.number = host.connections
            if host.tls is not None:
                self.request.settimeout(5)
                self.request = host.tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(
                self.command, self.path, dict(self.headers.items()), body, self.number
            )
            host.requests.append(request)
            status, headers, content = host.answer(request)
            self.send_response_only(status)
            names = {name.lower() for name, _ in headers}
            if "date" not in names:
                self.send_header("Date", self.date_time_string())
            if "content-length" not in names:
                self.send_header("Content-Length", str(len(content)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 - names of http.server

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Print nothing: a visitor hung up or rejected the certificate."""

    with Server((address, port), Handler) as server:
        host.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
