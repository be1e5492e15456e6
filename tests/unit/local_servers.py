"""Small servers on loopback, with a certificate for production's name."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "tickets.876events.example"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    port: int
    seen: list[Request] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def serve(
    answer: Callable[[Request], Answer], *, tls: tuple[Path, Path] | None = None
) -> Iterator[Server]:
    """Answer every request by a function; with a certificate and its key, over TLS."""
    server = Server(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            request = Request(self.command, self.path, dict(self.headers.items()), body)
            server.seen.append(request)
            status, headers, content = answer(request)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 - http.server finds methods by these names

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def certificate(directory: Path, *, name: str = HOST) -> tuple[Path, Path]:
    """Write a certificate for a name, with its CA behind it, and its key."""
    ca = trustme.CA()
    issued = ca.issue_cert(name)
    cert_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    for blob in (*issued.cert_chain_pems, ca.cert_pem):
        blob.write_to_path(cert_file, append=True)
    issued.private_key_pem.write_to_path(key_file)
    return cert_file, key_file
