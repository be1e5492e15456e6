"""The styles, scripts and images that a browser loads for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

from harness.core.html import read_html
from harness.smoke.site import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

Kind = Literal["style", "script", "image"]
_PLACES: dict[Kind, str] = {
    "style": "//link[contains(@rel, 'stylesheet')]",
    "script": "//script | //link[contains(@rel, 'modulepreload')]",
    "image": "//*[self::img or self::source[parent::picture]]",
}
"""Kind of a resource -> the elements that name it; those of a <template> are not loaded."""


@dataclass(frozen=True)
class Resource:
    """One file that a page names."""

    kind: Kind
    url: str
    is_shared: bool
    """Whether a browser asks another host for its leave (CORS), as for a module."""

    @property
    def host(self) -> str:
        """The host that has it."""
        return split(self.url).hostname or ""


def resources_of(page: requests.Response) -> Iterator[Resource]:
    """Yield a page's styles, scripts and images, with whole addresses."""
    html = read_html(page.text)
    base = _base_of(html, url=str(page.url))
    for kind, path in _PLACES.items():
        for element in html.xpath(path):
            if next(element.iterancestors("template"), None) is not None:
                continue
            is_shared = element.get("type") == "module" or element.get("crossorigin") is not None
            for link in _links(element):
                if url := _join(base, link):
                    yield Resource(kind, url, is_shared)


def base_of(page: requests.Response) -> str:
    """Return the address with which a browser completes a page's links."""
    return _base_of(read_html(page.text), url=str(page.url))


def suffix_of(address: str) -> str:
    """Return the end of a file's name: css, js."""
    return split(address).path.rpartition(".")[2]


def _base_of(html: Any, *, url: str) -> str:
    bases = html.xpath("//base/@href")
    return _join(url, str(bases[0])) if bases else url


def _links(element: Any) -> Iterator[str]:
    sources = element.get("srcset") or ""
    candidates = [] if "data:" in sources else [part.split() for part in sources.split(",")]
    links = [
        element.get("src"),
        element.get("href"),
        *(candidate[0] for candidate in candidates if candidate),
    ]
    yield from (link for link in links if link and not link.startswith("data:"))


def _join(base: str, link: str) -> str:
    """Return the whole address of a link; empty if no browser can read it."""
    try:
        return urljoin(base, link)
    except ValueError:
        return ""
