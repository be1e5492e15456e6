"""HTTP clients of the public host: its name in every check, the socket to the published port."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from harness.target.access import Access, split_address

if TYPE_CHECKING:
    import requests

HTTP_TIMEOUT_S = 70.0


def web(access: Access) -> requests.Session:
    """Return a session to the public host, with a cookie jar of its own and no redirects hidden."""
    import requests

    session = requests.Session()
    if access.https or access.http:
        # REQUESTS_CA_BUNDLE and the proxy variables would beat the settings below.
        session.trust_env = False
    if access.ca_file:
        session.verify = access.ca_file
    for scheme, address in (("https", access.https), ("http", access.http)):
        if address:
            session.mount(f"{scheme}://", _adapter(scheme, *split_address(address)))
    session.headers["User-Agent"] = "cutover-harness"
    return session


def outside(access: Access) -> requests.Session:
    """Return a session of somebody who was sent a link to an object: no cookie, no credentials.

    Locally the emulator's own name leads to the port that it publishes on this machine.
    """
    import requests

    session = requests.Session()
    if access.emulator:
        session.trust_env = False
        session.mount("http://", _adapter("http", *split_address(access.emulator)))
    session.headers["User-Agent"] = "cutover-harness"
    return session


def _adapter(scheme: str, host: str, port: int) -> Any:
    """Make an adapter that dials one address, whatever name the URL carries."""
    from requests.adapters import HTTPAdapter
    from urllib3 import connection, connectionpool
    from urllib3.exceptions import NewConnectionError
    from urllib3.util.connection import create_connection

    base: Any = connection.HTTPSConnection if scheme == "https" else connection.HTTPConnection
    pool: Any = (
        connectionpool.HTTPSConnectionPool
        if scheme == "https"
        else connectionpool.HTTPConnectionPool
    )

    def dial(self: Any) -> socket.socket:
        try:
            return create_connection((host, port), self.timeout, socket_options=self.socket_options)
        except OSError as error:
            raise NewConnectionError(
                self, f"the stack's {scheme} port {host}:{port} does not answer: {error}"
            ) from error

    published = type("Published", (base,), {"_new_conn": dial})

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {
                **self.poolmanager.pool_classes_by_scheme,
                scheme: type("PublishedPool", (pool,), {"ConnectionCls": published}),
            }

    return Adapter()
