"""Hosts on loopback: certificates with every fault, and HTTP over TLS and without."""

from __future__ import annotations

import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from tests.unit.smoke.fake_dns import HOST

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """A number that differs for each connection."""


@dataclass
class Host:
    """A host that listens; a test changes its certificate, its versions of TLS and its answers."""

    answer: Callable[[Request], Answer]
    port: int = 0
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


class Authority:
    """A certificate authority with an intermediate, as the public ones have."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.root = trustme.CA()
        self.intermediate = self.root.create_child_ca()
        self.file = directory / "root.pem"
        self.root.cert_pem.write_to_path(self.file)

    def context(
        self,
        *names: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        has_intermediate: bool = True,
        key_type: trustme.KeyType = trustme.KeyType.ECDSA,
    ) -> ssl.SSLContext:
        """Return a server's context with a new certificate."""
        leaf = self.intermediate.issue_cert(
            *(names or (HOST,)), not_before=not_before, not_after=not_after, key_type=key_type
        )
        blobs = leaf.cert_chain_pems if has_intermediate else leaf.cert_chain_pems[:1]
        file = self._directory / "server.pem"
        file.write_bytes(leaf.private_key_pem.bytes() + b"".join(blob.bytes() for blob in blobs))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.load_cert_chain(file)
        return context


def limit(context: ssl.SSLContext, *, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    """Let a server speak these versions alone, old ones included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    context.set_ciphers("ALL:@SECLEVEL=0")


@contextmanager
def serve(host: Host, *, address: str = "127.0.0.1") -> Iterator[Host]:
    """Listen until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

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
            """A handshake that failed is a test's purpose."""

    with Server((address, 0), Handler) as server:
        host.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
