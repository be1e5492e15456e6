"""The site to check, as the operator described it: its URL, addresses, resolvers and key."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from harness.core.errors import ConfigError
from harness.core.redact import Secret, without_password

HTTPS_PORT = 443
HTTP_PORT = 80
DNS_PORT = 53
HEALTH_PATHS = ("/healthz", "/up")
"""Health routes by their usual names; the second is Laravel's, which starts no session."""
_CURL = "write it as curl does"
_LONGEST_HOST = 253
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)


@dataclass(frozen=True)
class Endpoint:
    """A host or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Route:
    """Connections to one endpoint go to another, as with curl's ``--connect-to``."""

    host: str
    """Empty: every host."""
    port: int | None
    """None: every port."""
    to_host: str
    """Empty: the host stays."""
    to_port: int | None
    """None: the port stays."""

    def matches(self, endpoint: Endpoint) -> bool:
        """Return whether a connection to the endpoint takes this route."""
        return self.host in ("", endpoint.host) and self.port in (None, endpoint.port)

    def lead(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint that is dialled instead."""
        return Endpoint(self.to_host or endpoint.host, self.to_port or endpoint.port)


@dataclass(frozen=True)
class NameServer:
    """A DNS server and the name with which lines show it."""

    label: str
    endpoint: Endpoint


@dataclass(frozen=True)
class Site:
    """A public site and everything known of it."""

    url: str
    routes: tuple[Route, ...] = ()
    resolvers: tuple[NameServer, ...] = ()
    authorities: tuple[NameServer, ...] = ()
    """Empty: the name servers of the zone's NS records."""
    expected: tuple[str, ...] = ()
    """Addresses of the new host, or names that lead to it (the load balancer's)."""
    old: Endpoint | None = None
    key: Secret | None = field(default=None, repr=False)
    mail_to: str = ""
    health_path: str = ""
    """Empty: the first of `health_paths` that exists."""
    front_path: str = "/"
    sign_in_path: str = "/login"
    session_cookie: str = ""
    """Empty: the cookie with a name that ends in "session"."""
    probe_path: str = ""
    """The path below which the probe answers; empty at the root."""
    upload_folder: str = ""
    """The only folder of its bucket that the app may write to, with a slash at its end."""
    ca_file: str = ""
    """Empty: the system's roots."""

    @property
    def host(self) -> str:
        """The host name of the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the URL."""
        return urlsplit(self.url).port or HTTPS_PORT

    @property
    def siblings(self) -> tuple[str, str]:
        """The host without and with www."""
        return self.host.removeprefix("www."), f"www.{self.host}"

    @property
    def health_paths(self) -> tuple[str, ...]:
        """The paths at which the health route may be."""
        return (self.health_path,) if self.health_path else HEALTH_PATHS

    def route(self, endpoint: Endpoint) -> Endpoint | None:
        """Return the endpoint that the first matching route leads to."""
        route = next((route for route in self.routes if route.matches(endpoint)), None)
        return route.lead(endpoint) if route else None


def parse_url(text: str) -> str:
    """Return the site's URL without a path: host in lower case and as DNS has it, no usual port.

    Raises:
        ConfigError: It is no https URL, or has more than a host, a port and a path.
    """
    parts = _parts(text)
    port = f":{parts.port}" if parts.port not in (None, HTTPS_PORT) else ""
    host = parse_host(parts.hostname or "", option="the URL")
    return f"https://{f'[{host}]' if ':' in host else host}{port}"


def parse_front_path(text: str) -> str:
    """Return the path of the URL, where visitors begin; empty if it has none.

    Raises:
        ConfigError: As with `parse_url`.
    """
    return _parts(text).path.rstrip("/")


def _parts(text: str) -> SplitResult:
    parts = split(text if "://" in text else f"https://{text}")
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.username is not None:
        raise ConfigError(
            f'the URL "{without_password(text)}" is not the https address of a site',
            hint="write it as https://www.shop.example, or with the path of the front page",
        )
    return parts


def parse_host(text: str, *, option: str) -> str:
    """Return a host name as DNS has it, or an address.

    Raises:
        ConfigError: It is neither.
    """
    if is_address(text):
        return text
    try:
        name = text.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name) or len(name) > _LONGEST_HOST:
        raise ConfigError(
            f'{option} has "{text}", which is no host name', hint="write it as www.shop.example"
        )
    return name


def parse_path(text: str, *, option: str) -> str:
    """Return a path of the site.

    Raises:
        ConfigError: It does not begin with a slash.
    """
    if text and not text.startswith("/"):
        raise ConfigError(
            f'{option} "{text}" is no path of the site', hint="write it as /up: it begins with /"
        )
    return text


def split(url: str) -> SplitResult:
    """Split an address of a page; one that cannot be read has no parts."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # read late, and as strict
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def parse_endpoint(text: str, *, option: str, port: int) -> Endpoint:
    """Read ``HOST[:PORT]``; an IPv6 address with a port stands in brackets.

    Raises:
        ConfigError: It is neither.
    """
    try:
        return Endpoint(str(ipaddress.ip_address(text.strip("[]"))), port)
    except ValueError:
        host, colon, digits = text.rpartition(":") if ":" in text else (text, "", "")
    is_bare = ":" not in host or (host.startswith("[") and host.endswith("]"))
    if not host or not is_bare or (colon and not _is_port(digits)):
        raise ConfigError(
            f'{option} "{text}" is no address', hint="write ADDRESS, ADDRESS:PORT or [IPV6]:PORT"
        )
    name = parse_host(host.strip("[]"), option=option)
    return Endpoint(name, int(digits) if digits else port)


def parse_connect_to(text: str) -> Route:
    """Read ``HOST1:PORT1:HOST2:PORT2``, each of which may be empty, or ``HOST[:PORT]`` for all.

    Raises:
        ConfigError: It is neither.
    """
    parts = _split(text)
    if len(parts) <= 2 and parts[0] and all(map(_is_port, parts[1:])):
        return Route("", None, parts[0].lower(), int(parts[1]) if parts[1:] else None)
    if len(parts) != 4 or not all(_is_port(port) for port in (parts[1], parts[3]) if port):
        raise ConfigError(
            f'--connect-to "{text}" is neither HOST[:PORT] nor HOST1:PORT1:HOST2:PORT2',
            hint=f"name the host to connect to, or {_CURL}: www.shop.example:443:198.51.100.7:443",
        )
    host, port, to_host, to_port = parts
    return Route(host, int(port) if port else None, to_host, int(to_port) if to_port else None)


def parse_resolve(text: str) -> Route:
    """Read ``HOST:PORT:ADDRESS``.

    Raises:
        ConfigError: It has not these three parts.
    """
    parts = _split(text)
    if len(parts) != 3 or not _is_port(parts[1]) or not is_address(parts[2]):
        raise ConfigError(
            f'--resolve "{text}" is not HOST:PORT:ADDRESS',
            hint=f"{_CURL}: www.shop.example:443:198.51.100.7",
        )
    return Route(parts[0], int(parts[1]), parts[2], None)


def parse_name_servers(texts: Iterable[str], *, option: str) -> tuple[NameServer, ...]:
    """Read name servers by address.

    Raises:
        ConfigError: One is no address.
    """
    endpoints = [parse_endpoint(text, option=option, port=DNS_PORT) for text in texts]
    for endpoint in endpoints:
        if not is_address(endpoint.host):
            raise ConfigError(
                f'{option} "{endpoint.host}" is a name', hint="give the name server's IP address"
            )
    return tuple(NameServer(_label(endpoint), endpoint) for endpoint in endpoints)


def is_address(text: str) -> bool:
    """Return whether the text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_private(text: str) -> bool:
    """Return whether the text is an address inside a network (RFC 1918 and RFC 4193)."""
    if not is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return address.is_private and not address.is_loopback


def _label(endpoint: Endpoint) -> str:
    return endpoint.host if endpoint.port == DNS_PORT else str(endpoint)


def _split(text: str) -> list[str]:
    """Split at the colons that stand in no brackets."""
    parts, is_inside = [""], False
    for character in text:
        if character in "[]":
            is_inside = character == "["
        elif character == ":" and not is_inside:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65536
