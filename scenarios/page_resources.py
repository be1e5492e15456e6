"""The styles, scripts and images of pages, and the places that they are loaded from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin, urlsplit

from harness.diagnosis.expect import SettingCause, expect
from harness.smoke.content_policy import DENIED, HEADER, denials
from harness.target.clients.browser import TIMEOUT_S, read_page
from harness.target.clients.http import rule_cause
from scenarios.checks import is_store, s3_addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.target.access import Access

MOST_RESOURCES = 30
_MOST_REDIRECTS = 5
_SIGNATURES = {"X-Amz-Signature", "Signature"}
_FILE = re.compile(r"\.\w{2,5}$")
_OF_DISK = "/storage/"
"""Where storage:link shows the files of the disk `public`."""
_HTML, _CODE = "text/html", (".css", ".js", ".mjs")


@dataclass
class PageResources:
    """Resources that a browser loads beside the pages themselves."""

    access: Access
    visitor: requests.Session
    elsewhere: set[str] = field(default_factory=set)
    """Other hosts, a CDN's say, that nothing is asked of."""
    has_file: Callable[[str], bool] | None = None
    """Whether the image has a file of the public directory; None where it cannot be asked."""
    _loaded: set[str] = field(default_factory=set)

    def open(self, url: str) -> requests.Response:
        """Get a page; redirects are followed on the app's own host alone."""
        answer = self._get(url)
        for _ in range(_MOST_REDIRECTS):
            target = urljoin(url, answer.headers.get("Location", ""))
            if not answer.is_redirect or urlsplit(target).hostname != self.access.public_host:
                break
            url, answer = target, self._get(target)
        return answer

    def _get(self, url: str) -> requests.Response:
        return self.visitor.get(url, timeout=TIMEOUT_S, allow_redirects=False)

    def expect_loaded(self, answer: requests.Response) -> None:
        """Check that each resource of a page is there for its visitor."""
        page = str(answer.url)
        denied = denials(answer, addresses=lambda url: s3_addresses(url, self.access)) or ()
        expect(
            not denied,
            f"the {HEADER} of {urlsplit(page).path} keeps away {', '.join(denied[:3])}",
            cause=f"the {HEADER}, of nginx or of the app, is for other hosts: {DENIED}",
            certain=True,
        )
        for url in read_page(answer.text, url=page).resources:
            if url not in self._loaded and len(self._loaded) < MOST_RESOURCES:
                self._loaded.add(url)
                self._expect_loaded(url, page=page)

    def _expect_loaded(self, url: str, *, page: str) -> None:
        parts = urlsplit(url)
        if parts.hostname == self.access.public_host:
            self._expect_served(url, page=page)
        elif is_store(url, self.access):
            expect(
                bool(_SIGNATURES & parse_qs(parts.query).keys()),
                f"{urlsplit(page).path} loads {parts.path} from the bucket, and the address has no"
                " signature",
                cause="a page names an object of the private bucket by its plain address, which S3"
                " refuses to everybody: name a route of the app, or use temporaryUrl()",
                certain=True,
            )
        elif parts.scheme in ("http", "https"):
            self.elsewhere.add(f"{parts.scheme}://{parts.netloc}")

    def _expect_served(self, url: str, *, page: str) -> None:
        answer = self._get(url)
        path, media_type = urlsplit(url).path, answer.headers.get("Content-Type", "")
        is_page, by_rule = self._is_page(answer), rule_cause(answer)
        is_missing = is_page or (answer.status_code == 404 and bool(_FILE.search(path)))
        expect(
            (answer.status_code < 400 and not is_page) or not self._is_named(url, page=page),
            f"{urlsplit(page).path} loads {path}, which answers {answer.status_code},"
            f" {media_type or 'no type'}",
            cause=by_rule or (self._cause_of_missing(url) if is_missing else ""),
            certain=bool(by_rule),
        )

    def _is_page(self, answer: requests.Response) -> bool:
        """Whether a page answers for code; a redirect to https is the matter of the link."""
        is_html = answer.headers.get("Content-Type", "").startswith(_HTML)
        is_code = urlsplit(str(answer.url)).path.endswith(_CODE)
        return is_html and is_code and not answer.is_redirect

    def _cause_of_missing(self, url: str) -> str:
        """Return why a resource is missing: a folder too many in its address, or no file at all."""
        path = urlsplit(url).path
        folders = path.split("/")[1:-1]
        for number in range(1, len(folders) + 1):
            prefix = "/" + "/".join(folders[:number])
            answer = self._get(urljoin(url, path.removeprefix(prefix)))
            if answer.status_code == 200 and not self._is_page(answer):
                return SettingCause(
                    "ASSET_URL",
                    f"the address of {path} has {prefix} before it, and the web server has"
                    f" {path.removeprefix(prefix)}: ASSET_URL, or the page, names a folder of the"
                    " old host",
                )
        if self.has_file and self.has_file(path):
            return (
                f"the image has public{path}, and the web server does not find it: root or alias of"
                " the location for such files names another directory"
            )
        if path.startswith(_OF_DISK):
            return (
                f'{path} is a file of Storage\'s disk "public" (php artisan storage:link), which is'
                " each task's own and empty when it starts: keep such files in the bucket, or put"
                " them into the image's directory public"
            )
        return (
            f"the image lacks {path}: what a build makes (npm run build) belongs into the"
            " Dockerfile, and .dockerignore must not leave it out"
        )

    def _is_named(self, url: str, *, page: str) -> bool:
        """Whether a page still names a resource: another scenario may have removed an upload."""
        answer = self.open(page)
        return url in read_page(answer.text, url=page).resources
