"""The requests adapter that reaches a port of the stack under production's name."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter

from harness.target.access import split_address

_PORTS = {"http": 80, "https": 443}


class PublishedPort(HTTPAdapter):
    """Connect to one published port, whichever host the URL names.

    TLS still verifies the URL's host; the Host header and the text of errors still name it.
    """

    def __init__(self, address: str) -> None:
        """Take the ``host:port`` to connect to, with or without a scheme."""
        self._host, self._port = split_address(address)
        super().__init__()

    def send(
        self, request: requests.PreparedRequest, *args: Any, **settings: Any
    ) -> requests.Response:
        """Send a request.

        Raises:
            requests.ConnectionError: Naming the URL's host and the address that was dialled.
        """
        parts = urlsplit(str(request.url))
        # A copy: a redirect is made from the request, and must not inherit the header.
        copy = request.copy()
        copy.headers.setdefault("Host", _host_header(parts))
        try:
            answer = super().send(copy, *args, **settings)
        except requests.ConnectionError as error:
            dialled = f"host='{self._host}', port={self._port}"
            text = str(error).replace(dialled, f"host='{parts.hostname}', port={_port(parts)}")
            where = f"published at {self._host}:{self._port}"
            raise type(error)(f"{where}: {text}", request=request) from error
        answer.request = request
        return answer

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """Replace the address, and keep the URL's host for SNI and the certificate's check."""
        host: Any
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        address = {**host, "host": self._host, "port": self._port}
        if host["scheme"] == "https":
            return address, {**tls, "server_hostname": host["host"]}
        return address, tls


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _host_header(parts: SplitResult) -> str:
    """Return the Host header of a browser: with a port only where it is not the scheme's own."""
    own = "" if _port(parts) == _PORTS[parts.scheme] else f":{parts.port}"
    return f"{parts.hostname}{own}"
