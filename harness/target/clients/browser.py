"""A visitor's browser: one cookie jar, pages, and the app's own forms, filled in and sent.

Forms are read from the page, so a hidden CSRF token travels as it does for a visitor. No JavaScript
runs.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from harness.core.expectation import StatusError
from harness.core.html import read_html
from harness.target.changes.ledger import ledger_of
from harness.target.clients.http import STATUS_CAUSES
from harness.target.clients.probe import ProbeClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from http.cookiejar import Cookie

    import requests

    from harness.target.access import Access

TIMEOUT_S = 30.0
_LINKS = {"a": "href", "link": "href", "script": "src", "img": "src", "form": "action"}
_RESOURCES = "//*[self::link or self::script or self::img][not(ancestor::template)]"
_LOADED = {"stylesheet", "modulepreload"}
"""Types of a link without which a page does not look or work as it should."""
_CONTROLS = ("input", "select", "textarea", "button")
_BUTTONS = ("submit", "image", "reset", "button")


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes and the values it would send untouched."""

    action: str
    method: str
    fields: Mapping[str, tuple[str, ...]]
    """Name of each control to its values; a list of several choices may have more than one."""


@dataclass(frozen=True)
class Page:
    """The forms and links of an HTML page."""

    forms: tuple[Form, ...] = ()
    links: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    """Addresses of the pages that it links to, once each."""
    resources: tuple[str, ...] = ()
    """Addresses of its styles, scripts and images, once each."""

    def form_to(self, path: str, *, having: str = "") -> Form | None:
        """Return the first form that goes to this path (and has a field), if there is one."""
        return next(
            (
                form
                for form in self.forms
                if urlsplit(form.action).path == path and (not having or having in form.fields)
            ),
            None,
        )


@dataclass(frozen=True)
class Account:
    """A person's account in the app."""

    name: str
    email: str
    password: str = field(repr=False)


def read_page(text: str, *, url: str) -> Page:
    """Read the forms and links of an HTML page; an empty page has none."""
    document = read_html(text)
    forms = [
        Form(urljoin(url, form.get("action", "")), form.method.lower(), _values(form))
        for form in document.forms
    ]
    links = [element.get(_LINKS[element.tag]) for element in document.iter(*_LINKS)]
    loaded = [
        element.get(_LINKS[element.tag])
        for element in document.xpath(_RESOURCES)
        if element.tag != "link" or _LOADED & set(str(element.get("rel", "")).lower().split())
    ]
    return Page(
        tuple(forms),
        tuple(filter(None, links)),
        _addresses((anchor.get("href") for anchor in document.iter("a")), url=url),
        _addresses(loaded, url=url),
    )


def _addresses(links: Iterable[str | None], *, url: str) -> tuple[str, ...]:
    """Return whole addresses, once each and without their fragments; no ``data:`` and the like."""
    whole = (urljoin(url, link.strip()).partition("#")[0] for link in links if link)
    return tuple(
        dict.fromkeys(address for address in whole if address.startswith(("http:", "https:")))
    )


def _values(form: Any) -> dict[str, tuple[str, ...]]:
    """Return the values of an untouched form, sent by its default button.

    Source: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html, "Constructing
    the entry list" and "Implicit submission".
    """
    controls = [element for element in form.iter(*_CONTROLS) if element.get("disabled") is None]
    default = next((element for element in controls if _button_type(element) == "submit"), None)
    values: dict[str, tuple[str, ...]] = {}
    for control in controls:
        name = control.get("name")
        if name and (control is default or not _button_type(control)):
            values[name] = (*values.get(name, ()), *_values_of(control))
    return {name: texts for name, texts in values.items() if texts}


def _button_type(control: Any) -> str:
    """Return the type of a button: ``submit`` where it names none; nothing for another control."""
    if control.tag == "button":
        return str(control.get("type", "submit")).lower()
    button_type = str(control.get("type", "")).lower()
    return button_type if control.tag == "input" and button_type in _BUTTONS else ""


def _values_of(control: Any) -> tuple[str, ...]:
    if control.tag == "select":
        return tuple(control.value) if control.multiple else (control.value or "",)
    if control.tag == "textarea":
        return ((control.value or "").removeprefix("\n"),)
    if control.tag == "input" and control.checkable:
        return (control.value,) if control.checked else ()
    return (control.get("value", ""),)


def is_for_host(domain: str, host: str) -> bool:
    """Return whether browsers send a cookie with this Domain to the host (RFC 6265, 5.1.3, 5.2.3).

    Args:
        domain: The attribute; empty when the cookie has none.
        host: Where the cookie came from.
    """
    parent = domain.removeprefix(".").lower()
    return parent in ("", host) or ("." in parent and host.endswith(f".{parent}"))


def cookie_from(answer: requests.Response, name: str) -> Mapping[str, str] | None:
    """Return a cookie that this answer set: attributes in lower case, the value under "value"."""
    for line in answer.raw.headers.getlist("set-cookie"):
        parsed: SimpleCookie = SimpleCookie()
        parsed.load(line)
        if name in parsed:
            attributes = {key: str(value) for key, value in parsed[name].items() if value}
            return {**attributes, "value": parsed[name].value}
    return None


def prefix_fault(cookie: Mapping[str, str], *, name: str) -> str:
    """Return the attribute that the prefix of a cookie's name does not allow (RFC 6265bis)."""
    if name.startswith("__Host-") and (cookie.get("path", "/") != "/" or "domain" in cookie):
        return "the prefix __Host- allows no domain and the path / alone"
    if name.startswith(("__Host-", "__Secure-")) and "secure" not in cookie:
        return "the prefix of its name needs secure"
    return ""


def _form_cause(status: int, *, page: str, path: str) -> str:
    """Return why a page may lack its form."""
    causes = {
        **STATUS_CAUSES,
        200: f"the page {page} offers no {path}: the session or record that the form needs was not"
        " kept, or had expired when the page was shown",
        404: f"the app has no page {page} in this environment: its records were not seeded"
        " (first_run in cutover.toml), or its route is gone or another host's (Route::domain)",
    }
    return causes.get(status, "")


class Browser:
    """One visitor: a session to the public host, and the probe through the same cookies."""

    def __init__(
        self, session: requests.Session, *, access: Access, probe_key: Callable[[], str]
    ) -> None:
        self.http = session
        self.base_url = access.public_url
        self._configured_cookie = access.session_cookie
        self.probe = ProbeClient(
            session,
            base_url=f"{access.public_url}{access.probe_path}",
            key=probe_key,
            ledger=ledger_of(access),
            folder=access.upload_folder,
        )

    def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, follow: bool = False
    ) -> requests.Response:
        """Get a page of the public host."""
        return self.http.get(
            urljoin(self.base_url + "/", path),
            headers=dict(headers or {}),
            allow_redirects=follow,
            timeout=TIMEOUT_S,
        )

    def submit(
        self,
        form_on: str,
        *,
        to: str = "",
        fields: Mapping[str, str] | None = None,
        file: tuple[str, str, bytes, str] | None = None,
        accept: str = "text/html",
    ) -> requests.Response:
        """Open a page, fill in its form that goes ``to`` a path (its own by default), send it.

        ``file`` is the field's name, the file's own name, its content and its type.
        """
        page = self.get(form_on, follow=True)
        path = to or form_on
        form = read_page(page.text, url=page.url).form_to(path, having=file[0] if file else "")
        if form is None:
            raise StatusError(
                f"The page {form_on} answered {page.status_code}, and has no form to {path}.",
                status=page.status_code,
                cause=_form_cause(page.status_code, page=form_on, path=path),
            )
        return self.http.request(
            form.method,
            form.action,
            data={
                name: value
                for name, value in {**form.fields, **(fields or {})}.items()
                if not file or name != file[0]
            },
            files={file[0]: file[1:]} if file else None,
            headers={"Referer": page.url, "Accept": accept},
            allow_redirects=False,
            timeout=TIMEOUT_S,
        )

    @cached_property
    def cookie_name(self) -> str:
        """The session cookie's name: the task definition's, or else the app's configuration's."""
        return self._configured_cookie or str(self.probe.session()["cookie"])

    @property
    def cookie(self) -> str:
        """The value of the session cookie in the jar; empty when there is none."""
        return next(
            (cookie.value or "" for cookie in self.http.cookies if cookie.name == self.cookie_name),
            "",
        )

    @cookie.setter
    def cookie(self, value: str) -> None:
        host = urlsplit(self.base_url).hostname or ""
        self.http.cookies.clear()
        self.http.cookies.set(self.cookie_name, value, domain=host, path="/", secure=True)

    def session_cookies(self, digest: str) -> list[Cookie]:
        """Return the cookies that carry the session; one of the name of its id, with that driver.

        Args:
            digest: SHA-256 of the session's id.
        """
        return [
            copy(cookie)
            for cookie in self.http.cookies
            if cookie.name == self.cookie_name or sha256(cookie.name.encode()).hexdigest() == digest
        ]

    def take(self, cookies: Iterable[Cookie]) -> None:
        """Have these cookies, and no others."""
        self.http.cookies.clear()
        for cookie in cookies:
            self.http.cookies.set_cookie(copy(cookie))
