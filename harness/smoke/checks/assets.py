"""Checks of the front page's styles and scripts on the site's own host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.smoke.checks.links import PLAIN_IN_STYLE
from harness.smoke.content import HTML
from harness.smoke.examination import path_of
from harness.smoke.resources import resources_of, suffix_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning

if TYPE_CHECKING:
    import requests

    from harness.smoke.examination import Examination

SMALLEST_COMPRESSED = 1400
"""Bytes: a smaller body fits one packet."""
MOST = 3
"""Files of each type that are fetched."""
_REPEATS = 3
"""How often one file is fetched again, so that another task answers, too."""
_BARE = "visitors see a page without style or function"
_PART_OF_IT = "if only some answers lack it, the tasks run different images"
_DEVELOPMENT = re.compile(r"\b(?:https?|wss?)://(?:localhost|127\.0\.0\.1):\d+")
"""Addresses of a development machine in a built file; some libraries name one without a port."""
_SCRIPT_TYPES = ("text/javascript", "application/javascript", "application/x-javascript")
_TYPES = {"css": ("text/css",), "js": _SCRIPT_TYPES}
"""Suffix -> the types that browsers take; the script types of old mime.types, too."""


def styles_and_scripts(exam: Examination) -> Result:
    """Get the first style sheets and scripts of the front page."""
    values, loads = [], []
    for answer in _assets(exam).values():
        path = path_of(answer)
        value = f"{path}: {answer.status_code} {answer.headers.get('Content-Type', '')}".strip()
        if fault := _fault_of(answer):
            more, meaning = fault
            return red(Action.MEND, value + more, f"GET {path}", meaning)
        values.append(value)
        loads += PLAIN_IN_STYLE.findall(answer.text)
        loads += _DEVELOPMENT.findall(answer.text)
    if lost := _lost_at_times(exam):
        return lost
    if loads:
        meaning = (
            "browsers block these, or find nothing there: build with the public addresses (VITE_"
            " variables)"
        )
        return warning(", ".join(loads[:3]), "the front page's style sheets and scripts", meaning)
    return green("; ".join(values), "links of the front page")


def _fault_of(answer: requests.Response) -> tuple[str, str] | None:
    """Return more of the value, and the meaning, of a file that browsers cannot use."""
    if answer.status_code != 200:
        return "", f"{_BARE}: run npm run build for the image; {_PART_OF_IT}"
    types = _TYPES[suffix_of(path_of(answer))]
    if not answer.headers.get("Content-Type", "").startswith(types):
        return "", "browsers reject a file of this type: include mime.types in nginx"
    if HTML.match(answer.text):
        return ", HTML", f"{_BARE}: the file is a page of the app"
    if not answer.content.strip():
        return ", empty", f"{_BARE}: the build wrote an empty file"
    return None


def _lost_at_times(exam: Examination) -> Result | None:
    """Get the first file again: a task with another image answers that there is none."""
    address = next(iter(exam.assets))
    answers = [exam.visitor().get(address) for _ in range(_REPEATS)]
    failed = [answer for answer in answers if answer.status_code != 200]
    if not failed:
        return None
    path, status = path_of(failed[0]), failed[0].status_code
    return red(
        Action.MEND,
        f"{path}: {len(failed)} of {_REPEATS + 1}: {status}",
        f"GET {path}, {_REPEATS + 1} times",
        f"{_BARE}, every so many: {_PART_OF_IT}: wait until the deployment is complete; if it is,"
        " look at the service's deployments",
    )


def images(exam: Examination) -> Result:
    """Get the front page's first images on this host."""
    links = dict.fromkeys(
        resource.url for resource in resources_of(exam.page) if resource.kind == "image"
    )
    own_links = [link for link in links if link.startswith(f"{exam.site.url}/")][:MOST]
    if not own_links:
        return green("none of this host", f"GET {path_of(exam.page)}")
    answers = [exam.visitor().get(link) for link in own_links]
    missing = [value for answer in answers if (value := _no_image(answer))]
    source = f"GET of {len(own_links)} images of the front page"
    meaning = (
        "visitors see gaps: copy the old host's uploads to the bucket, and give their addresses by"
        " the disk; or bring public/storage (storage:link) and public/build into the image"
    )
    if len(missing) == len(own_links):
        return red(Action.MEND, "; ".join(missing), source, meaning)
    if missing:
        return warning("; ".join(missing), source, meaning)
    return green(f"{len(own_links)} of {len(own_links)}", source)


def _no_image(answer: requests.Response) -> str:
    """Return path and answer of an image that no browser can show; empty for one that it can."""
    content_type = answer.headers.get("Content-Type", "")
    if answer.status_code < 400 and not content_type.startswith("text/html"):
        return ""
    return f"{path_of(answer)}: {answer.status_code} {content_type}".strip()


def compression(exam: Examination) -> Result:
    """Read the encoding of the style sheets and scripts."""
    values = {}
    for answer in _assets(exam).values():
        path = path_of(answer)
        encoding = answer.headers.get("Content-Encoding", "")
        size = len(answer.content)
        if not encoding and size >= SMALLEST_COMPRESSED:
            meaning = "pages load slower: set gzip on and gzip_types in nginx"
            return warning(f"{path}: none, {size} bytes", f"GET {path}", meaning)
        values[path] = encoding or f"none needed for {size} bytes"
    return green("; ".join(values.values()), f"GET {', '.join(values)}")


def caching(exam: Examination) -> Result:
    """Read the cache headers of the style sheets and scripts."""
    values = []
    for answer in _assets(exam).values():
        path = path_of(answer)
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
    """Return the answers for the first style sheets and scripts of our own, by address."""
    if not exam.assets:
        for resource in resources_of(exam.page):
            same = [other for other in exam.assets if suffix_of(other) == suffix_of(resource.url)]
            is_ours = (
                resource.url.startswith(f"{exam.site.url}/") and suffix_of(resource.url) in _TYPES
            )
            if (
                is_ours
                and resource.kind != "image"
                and resource.url not in same
                and len(same) < MOST
            ):
                exam.assets[resource.url] = exam.visitor().get(resource.url)
    if not exam.assets:
        raise NotRun("the front page links no style sheet or script of this host")
    return exam.assets


CHECKS = (styles_and_scripts, images, compression, caching)
