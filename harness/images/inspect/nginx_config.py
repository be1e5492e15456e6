"""nginx's configuration: its time-outs, its limits and its logs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_KEEP_ALIVE_S = 75.0
_FASTCGI_READ_S = 60.0
_SIZE = re.compile(r"(\d+)([kmg]?)", flags=re.IGNORECASE)
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#[^\n]*|[{};]|[^\s{};\"'#]+")
_NO_FILE = ("/dev/", "/proc/", "syslog:", "memory:")
_NO_LOG = ("stderr", "off")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "": 1}
_PEER = re.compile(r"\$(?:binary_)?remote_addr\b")
_PART = re.compile(r"(\d+)(ms|[smhdw]?)")


def keep_alive_s(text: str) -> float | None:
    """Return the shortest time-out of idle connections; None where none is kept open.

    Connections to upstreams are another matter, and left out.
    """
    values = [
        _seconds(words[1])
        for block, words in _directives(text)
        if words[0] == "keepalive_timeout" and "upstream" not in block and len(words) > 1
    ]
    timeouts = [value for value in values if value > 0]
    if values and not timeouts:
        return None
    return min(timeouts, default=DEFAULT_KEEP_ALIVE_S)


def fastcgi_read_s(text: str) -> float | None:
    """Return the shortest time that nginx waits for PHP; None where it passes nothing to it.

    A block inherits what it does not set, whatever comes first in it.
    """
    waits = _before_php(_tree(text), "fastcgi_read_timeout", inherited=f"{_FASTCGI_READ_S:g}")
    return min(map(_seconds, waits), default=None)


def body_limit(text: str) -> int | None:
    """Return how large a request may be that nginx passes to PHP, in bytes; None without a limit.

    https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size
    """
    limits = _before_php(_tree(text), "client_max_body_size", inherited="1m")
    sizes = [php_size(limit) for limit in limits]
    return max(sizes, default=0) if 0 not in sizes else None


def php_size(text: str) -> int:
    """Return a number of bytes as nginx and PHP write it: 12M, 500k."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * 1024 ** " kmg".index(match[2].lower() or " ") if match else 0


def limits_by_peer(text: str) -> list[str]:
    """Return the zones of limits in use that count by the address of nginx's own client.

    Behind a load balancer that is the balancer's, unless nginx is told of the visitor's:
    https://nginx.org/en/docs/http/ngx_http_limit_req_module.html, ngx_http_realip_module.html.
    """
    directives = [words for _, words in _directives(text)]
    if any(words[0] == "real_ip_header" for words in directives):
        return []
    zones = {
        word.removeprefix("zone=").partition(":")[0]
        for words in directives
        if words[0] in ("limit_req_zone", "limit_conn_zone") and words[1:2] and _is_peer(words[1])
        for word in words
        if word.startswith("zone=")
    }
    used = {
        word.removeprefix("zone=")
        for words in directives
        if words[0] in ("limit_req", "limit_conn")
        for word in words[1:]
    }
    return sorted(zones & used)


def logs(text: str) -> list[tuple[str, str]]:
    """Return directive and path of each file that nginx logs into; it may be a link to the output.

    https://nginx.org/en/docs/ngx_core_module.html#error_log, ngx_http_log_module.html#access_log
    """
    places = {
        (words[0], words[1])
        for _, words in _directives(text)
        if words[0] in ("error_log", "access_log") and words[1:]
    }
    return sorted(
        place for place in places if not place[1].startswith(_NO_FILE) and place[1] not in _NO_LOG
    )


def _is_peer(key: str) -> bool:
    return bool(_PEER.search(key)) and "http_x_forwarded_for" not in key


def _before_php(block: _Block, name: str, *, inherited: str) -> Iterator[str]:
    """Go through the values of a directive in the blocks that pass requests to PHP."""
    own = [words[1] for words in block.directives if words[0] == name and words[1:]]
    value = own[-1] if own else inherited
    if any(words[0] == "fastcgi_pass" for words in block.directives):
        yield value
    for child in block.children:
        yield from _before_php(child, name, inherited=value)


@dataclass
class _Block:
    """The directives of a block, and the blocks in it."""

    directives: list[list[str]] = field(default_factory=list)
    children: list[_Block] = field(default_factory=list)


def _tree(text: str) -> _Block:
    """Put the blocks of all files together; one of http is that of each file which it includes."""
    root = _Block()
    stack = [root]
    for end, words in _statements(text):
        if end == "{":
            child = root if words[:1] == ["http"] else _Block()
            if child is not root:
                stack[-1].children.append(child)
            stack.append(child)
        elif end == "}":
            stack = stack[:-1] or [root]
        elif words:
            stack[-1].directives.append(words)
    return root


def _directives(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Go through the directives: the names of the blocks around one, and its words."""
    blocks: list[str] = []
    for end, words in _statements(text):
        if end == "{":
            blocks.append(words[0] if words else "")
        elif end == "}":
            blocks = blocks[:-1]
        elif words:
            yield tuple(blocks), words


def _statements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Go through the text: each brace or semicolon, and the words before it."""
    words: list[str] = []
    for part in _TOKEN.findall(text):
        if part.startswith("#"):
            continue
        if part in ("{", "}", ";"):
            yield part, words
            words = []
        else:
            words.append(part.strip("\"'"))


def _seconds(text: str) -> float:
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
