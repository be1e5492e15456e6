"""Checks of the addresses in the site's pages: mixed content, links, and search engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests

from harness.smoke.checks.page import is_unreachable
from harness.smoke.examination import html_of, path_of
from harness.smoke.resources import resources_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import HTTPS_PORT, is_address, split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.smoke.examination import Examination

_INTERNAL = re.compile(r"^localhost$|\.(local|internal|test)$|\.elb\.amazonaws\.com(\.cn)?$")
PLAIN_IN_STYLE = re.compile(r"url\(\s*['\"]?(http://[^'\")\s]+)", re.I)
_ADDRESSES = (
    "//a/@href | //form/@action | //link[@rel='canonical' or @rel='alternate']/@href"
    " | //meta[@property='og:url' or @property='og:image']/@content"
)
_STAGE = re.compile(r"(staging|stage|stg|dev|develop|test|testing|uat|qa|preprod)[.-]", re.I)
_CANONICAL = "//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"\s]+)", re.I)
_HIDDEN = re.compile(r"\b(noindex|none)\b", re.I)


def mixed_content(exam: Examination) -> Result:
    """Look for scripts, styles and images of the front page that come over plain HTTP."""
    html = html_of(exam.page)
    scripts = _plain(html.iter("script", "iframe", "link"))
    images = [
        *(
            resource.url
            for resource in resources_of(exam.page)
            if resource.kind == "image" and _is_plain(resource.url)
        ),
        *_plain(html.iter("source")),
        *PLAIN_IN_STYLE.findall(" ".join(html.xpath("//style/text() | //@style"))),
    ]
    source = f"GET {path_of(exam.page)}"
    if scripts:
        return red(
            Action.MEND,
            _some(scripts),
            source,
            "browsers block these, and the page lacks them: the app takes https for http (trusted"
            " proxies), or ASSET_URL begins with http://",
        )
    if images:
        return warning(_some(images), source, "browsers ask for these over https, or not at all")
    return green("none", source)


def links(exam: Examination) -> Result:
    """Look for links of the front and the sign-in page that lead away from the public address."""
    pages = {path_of(page): html_of(page) for page in _pages(exam)}
    source = f"GET {' and '.join(pages)}"
    addresses = {path: _links(html) for path, html in pages.items()}
    every_link = [link for page in addresses.values() for link in page]
    strays = [link for link in every_link if _is_stray(exam, link)]
    strays += [link for html in pages.values() for link in _plain_forms(exam, html)]
    plain = []
    for page in addresses.values():
        own_links = [link for link in page if split(link).hostname == exam.site.host]
        plain += [link for link in own_links if link.startswith("http://")]
        strays += own_links if own_links and set(own_links) <= set(plain) else []
    if strays:
        return red(
            Action.MEND,
            _some(list(dict.fromkeys(strays))),
            source,
            "visitors who follow these leave the site or its https: set APP_URL, and trust the load"
            " balancer's headers (trusted proxies)",
        )
    if plain:
        return warning(_some(plain), source, "these take a redirect: write them with https")
    if canonical_urls := _canonical_elsewhere(exam):
        meaning = "search engines and shared links take this for the page's address: see APP_URL"
        return warning(_some(canonical_urls), source, meaning)
    if stages := [link for link in every_link if _is_of_stage(exam, link)]:
        meaning = "visitors who follow these leave production: they are addresses of another stage"
        return warning(_some(stages), source, meaning)
    return green(f"{len(every_link)} links, all in order", source)


def _plain_forms(exam: Examination, html: Any) -> list[str]:
    """Return the addresses of forms over plain HTTP: a redirect to https loses their fields."""
    actions = map(str, html.xpath("//form/@action"))
    return [link for link in actions if link.startswith(f"http://{exam.site.host}")]


def search_engines(exam: Examination) -> Result:
    """Look for words that keep search engines away, as a staging site has them."""
    html = html_of(exam.page)
    source = f"GET {path_of(exam.page)} and /robots.txt"
    tags = " ".join(html.xpath("//meta[translate(@name,'ROBTS','robts')='robots']/@content"))
    header = exam.page.headers.get("X-Robots-Tag", "")
    places = {"the page's meta robots": tags, "X-Robots-Tag": header}
    hidden = [f"{place}: {text}" for place, text in places.items() if _HIDDEN.search(text)]
    robots = exam.visitor().get(exam.address("/robots.txt"))
    if robots.status_code == 200 and _closes_all(robots.text):
        hidden.append("/robots.txt: Disallow: /")
    if hidden:
        meaning = "search engines drop the site: remove it, unless the site is not to be found"
        return warning("; ".join(hidden), source, meaning)
    return green("welcome", source)


def _closes_all(text: str) -> bool:
    """Return whether robots.txt closes the whole site to every robot (RFC 9309)."""
    agents: list[str] = []
    is_open_group = False
    for line in text.splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            agents = [*agents, value] if is_open_group else [value]
            is_open_group = True
        elif name:
            is_open_group = False
            if name == "disallow" and value == "/" and "*" in agents:
                return True
    return False


def _pages(exam: Examination) -> list[requests.Response]:
    """Return the front page, and the sign-in page if there is one."""
    try:
        answer = exam.sign_in[1]
    except (requests.RequestException, NotRun):
        return [exam.page]
    return [exam.page, answer]


def _links(html: Any) -> list[str]:
    """Return the addresses that visitors and search engines follow."""
    refreshes = html.xpath("//meta[translate(@http-equiv,'REFSH','refsh')='refresh']/@content")
    return [
        *map(str, html.xpath(_ADDRESSES)),
        *(match[1] for text in refreshes if (match := _REFRESH.search(text))),
    ]


def _is_stray(exam: Examination, link: str) -> bool:
    """Return whether a link leads to an internal host, or to another port of this one."""
    parts = split(link)
    host = parts.hostname or ""
    ports = (exam.site.port, None) if exam.site.port == HTTPS_PORT else (exam.site.port,)
    is_off_port = parts.scheme == "https" and host == exam.site.host and parts.port not in ports
    return is_address(host) or bool(_INTERNAL.search(host)) or is_off_port


def _is_of_stage(exam: Examination, link: str) -> bool:
    """Return whether a link leads to another stage of the same domain."""
    host, own = split(link).hostname or "", exam.site.host.removeprefix("www.")
    return bool(_STAGE.match(host)) and (
        host.endswith((f".{own}", f"-{own}")) or host.partition(".")[2] == own.partition(".")[2]
    )


def _canonical_elsewhere(exam: Examination) -> list[str]:
    """Return canonical addresses of another site than this one and its sibling."""
    own = ("", exam.site.host, *exam.site.siblings)
    addresses = [str(link) for link in html_of(exam.page).xpath(_CANONICAL)]
    return [link for link in addresses if (split(link).hostname or "") not in own]


def _plain(elements: Iterable[Any]) -> list[str]:
    """Return the addresses over plain HTTP that a browser loads for these elements."""
    return [address for element in elements if _is_plain(address := _asset(element))]


def _is_plain(address: str) -> bool:
    parts = split(address)
    return parts.scheme == "http" and not is_unreachable(parts.hostname or "")


def _asset(element: Any) -> str:
    """Return the address that a browser loads for an element; empty for an ordinary link."""
    loads = {"stylesheet", "preload", "modulepreload"}
    is_loaded = not loads.isdisjoint((element.get("rel") or "").lower().split())
    return element.get("src") or (is_loaded and element.get("href")) or ""


def _some(items: list[str], *, most: int = 3) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


CHECKS = (mixed_content, links, search_engines)
