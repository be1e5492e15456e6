"""Content-Security-Policy: whether a browser loads a page's style, script or image.

Source: https://www.w3.org/TR/CSP3/, 6.7.2. Policies that are only reported do not count; nonces and
hashes are taken as right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.html import read_html
from harness.smoke.resources import resources_of
from harness.smoke.site import split

if TYPE_CHECKING:
    import requests

HEADER = "Content-Security-Policy"
DENIED = (
    "browsers do not load these: let the policy name the hosts that ASSET_URL and the disks have in"
    " production"
)
FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "style": ("style-src-elem", "style-src", "default-src"),
    "script": ("script-src-elem", "script-src", "default-src"),
    "image": ("img-src", "default-src"),
}
"""Kind of a resource -> the directives that govern it, the first one that a policy has."""
_NETWORK = ("http", "https", "ws", "wss")


def denials(
    page: requests.Response, *, addresses: Callable[[str], tuple[str, ...]] = lambda url: (url,)
) -> list[str] | None:
    """Name the resources that a page's own policies keep away; None where it has no policy.

    ``addresses`` gives the addresses that a resource may have in production: one of them must be
    let in.
    """
    tags = read_html(page.text).xpath(f"//meta[@http-equiv='{HEADER}']/@content")
    texts = [text for text in (page.headers.get(HEADER, ""), *map(str, tags)) if text]
    if not texts:
        return None
    denied, resources = set(), [*resources_of(page)]
    for policy in (content_policy for text in texts for content_policy in policies(text)):
        for resource in resources:
            urls = addresses(resource.url)
            directives = [
                policy.denies(url, kind=resource.kind, page=str(page.url)) for url in urls
            ]
            if all(directives):
                denied.add(f"{urls[0]} by {directives[0]}")
    return sorted(denied)


@dataclass(frozen=True)
class Policy:
    """One policy: its directives, each with the sources that it allows."""

    directives: Mapping[str, tuple[str, ...]]

    def denies(self, url: str, *, kind: str, page: str) -> str:
        """Return the directive that keeps a browser from loading a resource; empty if none does."""
        for name in FALLBACKS[kind]:
            if name in self.directives:
                sources = self.directives[name]
                return "" if any(_allows(source, url, page=page) for source in sources) else name
        return ""


def policies(header: str) -> Iterator[Policy]:
    """Read the policies of a header, which are separated by commas; a browser obeys each."""
    for text in header.split(","):
        directives: dict[str, tuple[str, ...]] = {}
        for part in text.split(";"):
            name, *sources = part.split() or [""]
            directives.setdefault(name.lower(), tuple(sources))  # the first one counts
        yield Policy(directives)


def _allows(source: str, url: str, *, page: str) -> bool:
    """Return whether a source expression matches a resource's address."""
    text = source.lower()
    address, own = split(url), split(page)
    if text.startswith(("'nonce-", "'sha", "'strict-dynamic'")):
        return True
    if text == "'self'":
        return (address.hostname, address.port) == (own.hostname, own.port)
    if text == "*":
        return address.scheme in _NETWORK
    if text.startswith("'"):
        return False
    if text.endswith(":"):
        return text == f"{address.scheme}:"
    return _matches_host(text, url, page=page)


def _matches_host(text: str, url: str, *, page: str) -> bool:
    scheme, _, rest = text.rpartition("://")
    host, _, path = rest.partition("/")
    name, _, port = host.partition(":")
    address = split(url)
    if (scheme or split(page).scheme) not in (address.scheme, "http"):
        return False
    if port not in ("", "*", str(address.port or "")):
        return False
    actual = address.hostname or ""
    is_host = actual.endswith(name[1:]) if name.startswith("*.") else name in (actual, "*")
    pattern = f"/{path}"
    fits = address.path.startswith(pattern) if pattern.endswith("/") else address.path == pattern
    return is_host and (not path or fits)
