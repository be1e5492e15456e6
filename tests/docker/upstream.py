"""A target for the edge's tests: tells the requests that reached it, and misbehaves on demand."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Target(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "target/1.0"
    sys_version = ""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        number = int(parse_qs(url.query).get("n", ["0"])[0])
        match url.path:
            case "/slow":
                time.sleep(number)
            case "/drop":
                self.close_connection = True
                return
            case "/garbage":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n")
                self.close_connection = True
                return
            case "/status":
                self.answer(number, b"the target's own words", {})
                return
            case "/headers":
                self.answer(200, b"", {"X-Large": "x" * number})
                return
            case "/accel":
                self.answer(200, b"body", {"X-Accel-Redirect": "/elsewhere"})
                return
            case "/stream" | "/upgrade" as name:
                (self.stream if name == "/stream" else self.upgrade)()
                return
        body = self.body()
        echo = {
            "target": self.path,
            "method": self.command,
            "address": self.connection.getsockname()[0],
            "headers": [[name, value] for name, value in self.headers.items()],
            "body": len(body),
        }
        self.answer(200, json.dumps(echo).encode(), {"Content-Type": "application/json"})

    do_POST = do_PUT = do_GET  # noqa: N815 - the names are http.server's

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"first")
        self.wfile.flush()
        time.sleep(2)
        self.wfile.write(b"other")

    def upgrade(self) -> None:
        self.close_connection = True
        self.send_response(101)
        self.send_header("Connection", "upgrade")
        self.send_header("Upgrade", self.headers.get("Upgrade", "none"))
        self.end_headers()
        while line := self.rfile.readline():
            self.wfile.write(line)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Target).serve_forever()
