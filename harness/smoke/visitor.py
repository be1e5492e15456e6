"""A visitor of the site: cookies, same-host redirects, time-outs, and a share of the traffic."""

from __future__ import annotations

import io
import ssl
import threading
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
import urllib3

from harness.core.wait import Deadline
from harness.smoke.site import HTTPS_PORT, split
from harness.target.clients.published_port import PublishedPort
from harness.target.clients.stickiness import refuse_stickiness

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.smoke.site import Endpoint
    from harness.smoke.traffic import Traffic

CONNECT_S, READ_S, TOTAL_S = 4.0, 5.0, 10.0
MAX_BODY = 2_000_000
"""Bytes of a body that are read."""
MAX_REDIRECTS = 5
_CHUNK = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)


class RedirectRejected(requests.RequestException):
    """A redirect that is not followed: it leaves the host, or goes in a circle.

    Args:
        location: The address that it leads to.
        reason: Why it is not followed.
    """

    def __init__(self, location: str, reason: str) -> None:
        super().__init__(f"a redirect to {location} {reason}")
        self.location = location
        self.reason = reason


class Visitor(requests.Session):
    """One visitor; every request takes a token of the traffic.

    Args:
        url: The site; relative addresses begin there, and redirects stay on its host.
        traffic: Budget and rate of the run.
        agent: The User-Agent, which names the run.
        endpoints: The address to dial for each scheme.
        tls: The context of https connections.
    """

    def __init__(
        self,
        url: str,
        *,
        traffic: Traffic,
        agent: str,
        endpoints: dict[str, Endpoint],
        tls: ssl.SSLContext,
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = tls.verify_mode == ssl.CERT_REQUIRED
        self.headers["User-Agent"] = agent
        refuse_stickiness(self)
        self.url = url
        self._traffic = traffic
        self._tls = tls
        for scheme, endpoint in endpoints.items():
            self.mount(f"{scheme}://", _Address(str(endpoint), tls=tls))

    def move(self, endpoint: Endpoint) -> None:
        """Dial another address for https from now on; the cookies stay."""
        self.mount("https://", _Address(str(endpoint), tls=self._tls))

    def get_redirect_target(self, _answer: requests.Response) -> None:
        """Leave redirects to `visit`: requests fails on one that cannot be read."""

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        """Send one request; follow no redirect.

        Raises:
            NotRun: The budget of the run is spent.
            requests.RequestException: No answer, or none in time.
        """
        self._traffic.take()
        with warnings.catch_warnings():
            # The check of the chain is red already.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return _in_time(lambda: self._send(request, **settings))

    def _send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        limits = {"timeout": (CONNECT_S, READ_S), "stream": True, "allow_redirects": False}
        return _with_body(super().send(request, **{**settings, **limits}))

    def visit(self, path: str, **settings: Any) -> requests.Response:
        """Get a page, and follow its redirects on this host.

        Raises:
            RedirectRejected: A redirect leaves the host or goes in a circle.
            requests.RequestException: No answer, or none in time.
        """
        url = urljoin(self.url + "/", path)
        trail: list[requests.Response] = []
        while True:
            answer = self.get(url, **settings)
            if answer.status_code not in _REDIRECTS or "Location" not in answer.headers:
                answer.history = trail
                return answer
            trail.append(answer)
            url = self._next(url, answer.headers["Location"])
            if url in [step.url for step in trail] or len(trail) > MAX_REDIRECTS:
                raise RedirectRejected(url, "goes in a circle")

    def _next(self, url: str, location: str) -> str:
        """Return the address that a redirect leads to, on this host."""
        try:
            target = urljoin(url, location)
        except ValueError:
            target = ""
        parts, own = split(target), split(self.url)
        if parts.scheme not in ("https", "http"):
            raise RedirectRejected(location, "cannot be followed")
        if parts.hostname != own.hostname:
            raise RedirectRejected(target, "leaves the host")
        if parts.scheme == "https" and (parts.port or HTTPS_PORT) != (own.port or HTTPS_PORT):
            raise RedirectRejected(target, "leads to another port")
        return target


def short(error: Exception) -> str:
    """Return the innermost reason of an error of requests."""
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    reason = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return " ".join(reason.split())


class _Address(PublishedPort):
    """Dial one address, with a TLS context of our own."""

    def __init__(self, address: str, *, tls: ssl.SSLContext) -> None:
        self._tls = tls
        super().__init__(address)

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        """Give the pools the context; HTTP/1.1 is all that requests can read."""
        super().init_poolmanager(*args, **{**settings, "ssl_context": self._tls})

    def cert_verify(self, *_args: Any) -> None:
        """Add no roots: the context has those that count."""


def _in_time(send: Callable[[], requests.Response]) -> requests.Response:
    """Wait for an answer; requests itself limits each read of it, and not their sum."""
    outcome: list[requests.Response | Exception] = []

    def work() -> None:
        try:
            outcome.append(send())
        except Exception as error:  # noqa: BLE001 - raised again below
            outcome.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(TOTAL_S)
    if not outcome:
        raise requests.ReadTimeout(f"the answer takes longer than {TOTAL_S:g} s")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _with_body(answer: requests.Response) -> requests.Response:
    """Read the body, up to a size and a time."""
    raw = answer.raw
    try:
        body = _read(raw)
    except (urllib3.exceptions.HTTPError, TimeoutError, ssl.SSLError) as error:
        raise requests.ConnectionError(f"the body breaks off: {error}") from error
    finally:
        raw.close()
    answer.raw = urllib3.HTTPResponse(
        io.BytesIO(body),
        headers=raw.headers,
        status=raw.status,
        preload_content=False,
        enforce_content_length=False,
    )
    return answer


def _read(raw: urllib3.HTTPResponse) -> bytes:
    deadline = Deadline(TOTAL_S)
    body = bytearray()
    while len(body) < MAX_BODY and (chunk := raw.read1(_CHUNK, decode_content=False)):
        body += chunk
        if not deadline.left_s:
            raise requests.ReadTimeout(f"the answer takes longer than {TOTAL_S:g} s")
    return bytes(body)
