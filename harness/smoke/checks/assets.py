"""Checks of the front page's styles and scripts on the site's own host."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from harness.smoke.examination import html_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning

if TYPE_CHECKING:
    import requests

    from harness.smoke.examination import Examination

SMALLEST_COMPRESSED = 1400
"""Bytes: a smaller body fits one packet."""
_TYPES = {"css": ("text/css",), "js": ("text/javascript", "application/javascript")}


def styles_and_scripts(exam: Examination) -> Result:
    """Get one style sheet and one script of the front page."""
    values = []
    for suffix, answer in _assets(exam).items():
        path = urlsplit(str(answer.url)).path
        content_type = answer.headers.get("Content-Type", "")
        value = f"{path}: {answer.status_code} {content_type}".strip()
        if answer.status_code != 200:
            return red(
                Action.MEND,
                value,
                f"GET {path}",
                "visitors see a page without style or function: run npm run build for the image;"
                " if only some answers lack it, the tasks run different images",
            )
        if not content_type.startswith(_TYPES[suffix]):
            return red(
                Action.MEND,
                value,
                f"GET {path}",
                "browsers reject a file of this type: include mime.types in nginx",
            )
        values.append(value)
    return green("; ".join(values), "links of the front page")


def compression(exam: Examination) -> Result:
    """Read the encoding of the style sheet and the script."""
    values = {}
    for answer in _assets(exam).values():
        path = urlsplit(str(answer.url)).path
        encoding = answer.headers.get("Content-Encoding", "")
        size = len(answer.content)
        if not encoding and size >= SMALLEST_COMPRESSED:
            meaning = "pages load slower: set gzip on and gzip_types in nginx"
            return warning(f"{path}: none, {size} bytes", f"GET {path}", meaning)
        values[path] = encoding or f"none needed for {size} bytes"
    return green("; ".join(values.values()), f"GET {', '.join(values)}")


def caching(exam: Examination) -> Result:
    """Read the cache headers of the style sheet and the script."""
    values = []
    for answer in _assets(exam).values():
        path = urlsplit(str(answer.url)).path
        control, tag = answer.headers.get("Cache-Control", ""), answer.headers.get("ETag", "")
        if "immutable" in control or "max-age" in control:
            values.append(control)
            continue
        second = (
            exam.visitor().get(str(answer.url), headers={"If-None-Match": tag}) if tag else None
        )
        if second is None or second.status_code != 304:
            meaning = "browsers fetch it for every page: add Cache-Control or ETag in nginx"
            return warning(f"{path}: {control or 'no Cache-Control'}", f"GET {path}", meaning)
        values.append("ETag, 304")
    return green("; ".join(values), "styles and scripts of the front page")


def _assets(exam: Examination) -> dict[str, requests.Response]:
    """Return the answers for the first style sheet and the first script of our own."""
    if not exam.assets:
        base = str(exam.page.url)
        html = html_of(exam.page)
        links = [
            *html.xpath("//link[@rel='stylesheet']/@href"),
            *html.xpath("//script[@src]/@src"),
        ]
        for link in links:
            url = urljoin(base, str(link))
            suffix = urlsplit(url).path.rpartition(".")[2]
            is_ours = url.startswith(f"{exam.site.url}/") and suffix in _TYPES
            if is_ours and suffix not in exam.assets:
                exam.assets[suffix] = exam.visitor().get(url)
    if not exam.assets:
        raise NotRun("the front page links no style sheet or script of this host")
    return exam.assets


CHECKS = (styles_and_scripts, compression, caching)
