"""Checks of the app's pages: front page, health route, links, cookie, CSRF and debug mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.smoke.examination import html_of, page_of, path_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import is_address
from harness.smoke.visitor import RedirectRejected
from harness.target.clients.browser import cookie_from, is_for_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests

    from harness.smoke.examination import Examination

SLOWEST_HEALTH_S = 1.0
_GATEWAY = {
    500: "the app fails: read the web tasks' logs",
    502: "a task closes connections: PHP-FPM or nginx stopped in it",
    503: "the load balancer has no healthy target, or the app is in maintenance (php artisan up)",
    504: "the app takes longer than the load balancer waits: look at the database first",
}
_DEBUG = re.compile(
    r"vendor/laravel/framework/|Whoops! There was an error|phpdebugbar|\"exception\":"
)
_INTERNAL = re.compile(r"^localhost$|\.(local|internal|test)$|\.elb\.amazonaws\.com$")
_REFUSED = (403, 419)


def front_page(exam: Examination) -> Result:
    """Get the front page, as every visitor does first."""
    try:
        answer = exam.front_page
    except RedirectRejected as rejected:
        return _of_redirect(exam, rejected)
    status = answer.status_code
    seconds = answer.elapsed.total_seconds()
    value = f"{status} in {seconds:.2f} s, {len(answer.content)} bytes"
    source = f"GET {path_of(answer)} at {exam.endpoint}"
    if status >= 500:
        meaning = _GATEWAY.get(status, _GATEWAY[500])
        return red(Action.ROLL_BACK, value, source, meaning)
    if status >= 400:
        meaning = "the front page is no page for visitors: is that meant?"
        return warning(value, source, meaning)
    return green(value, source)


def _of_redirect(exam: Examination, rejected: RedirectRejected) -> Result:
    value, source = str(rejected), f"GET {exam.site.front_path} at {exam.endpoint}"
    host = urlsplit(rejected.location).hostname or ""
    if host == exam.site.host:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "visitors go in a circle: the app takes https for http (trusted proxies), or forces a"
            " host that the load balancer does not keep",
        )
    parent = exam.site.host.partition(".")[2]
    if host in exam.site.siblings or ("." in parent and host.endswith(f".{parent}")):
        return warning(value, source, f"visitors end at {host}: run cutover smoke for it, too")
    return red(
        Action.MEND,
        value,
        source,
        "visitors are sent to another host: APP_URL or a redirect of the app still names it",
    )


def health_route(exam: Examination) -> Result:
    """Get the route that the load balancer checks."""
    answer = exam.health
    seconds = answer.elapsed.total_seconds()
    value = f"{answer.status_code} in {seconds:.2f} s"
    source = f"GET {path_of(answer)} at {exam.endpoint}"
    if answer.status_code == 404 and not exam.site.health_path:
        raise NotRun("neither /healthz nor /up exists: name the route with --health")
    if answer.status_code != 200:
        return red(
            Action.ROLL_BACK,
            value,
            source,
            "the load balancer takes tasks that answer so out of service: read the web tasks' logs",
        )
    if exam.session_cookies(answer):
        meaning = "each health check writes a session: take the route out of the web middleware"
        return warning(f"{value}, with a session cookie", source, meaning)
    if seconds > SLOWEST_HEALTH_S:
        return warning(value, source, "tasks this slow fail their health check under load")
    return green(value, source)


def mixed_content(exam: Examination) -> Result:
    """Look for scripts, styles and images of the front page that come over plain HTTP."""
    html = html_of(exam.page)
    scripts = _plain(html.iter("script", "iframe", "link"))
    images = _plain(html.iter("img", "source"))
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
    """Look for links of the front page that lead away from the public address."""
    source = f"GET {path_of(exam.page)}"
    every_link = [str(link) for link in html_of(exam.page).xpath("//a/@href | //form/@action")]
    hosts = {link: urlsplit(link).hostname or "" for link in every_link}
    strays = [link for link, host in hosts.items() if is_address(host) or _INTERNAL.search(host)]
    ours = [link for link, host in hosts.items() if host == exam.site.host]
    plain = [link for link in ours if link.startswith("http://")]
    if strays or (plain and plain == ours):
        return red(
            Action.MEND,
            _some(strays or plain),
            source,
            "visitors who follow these leave the site or its https: set APP_URL, and trust the load"
            " balancer's headers (trusted proxies)",
        )
    if plain:
        return warning(_some(plain), source, "these take a redirect: write them with https")
    return green(f"{len(every_link)} links, all in order", source)


def session_cookie(exam: Examination) -> Result:
    """Read the attributes of the session cookie."""
    answer, name = _cookie_page(exam)
    cookie = cookie_from(answer, name)
    source = f"Set-Cookie of GET {path_of(answer)}"
    if cookie is None:
        raise NotRun(f"the cookie {name} cannot be read")
    domain = cookie.get("domain", "")
    value = f"{name}: " + ", ".join(sorted(cookie.keys() - {"value", "max-age", "expires"}))
    if not is_for_host(domain, exam.site.host):
        return red(
            Action.ROLL_BACK,
            f"{value}; domain is {domain}",
            source,
            "browsers reject the cookie, so nobody can sign in: correct SESSION_DOMAIN",
        )
    missing = [flag for flag in ("secure", "httponly") if flag not in cookie]
    if missing:
        return red(
            Action.MEND,
            f"{name}: without {', '.join(missing)}",
            source,
            "the session can be stolen on the way or by a script: set SESSION_SECURE_COOKIE and"
            " SESSION_HTTP_ONLY to true",
        )
    if "samesite" not in cookie:
        return warning(f"{name}: without samesite", source, "set SESSION_SAME_SITE to lax")
    return green(value, source)


def cross_site_requests(exam: Examination) -> Result:
    """Send the sign-in form, empty and without its token, as another site would."""
    visitor, answer = exam.sign_in
    form = next((form for form in page_of(answer).forms if "_token" in form.fields), None)
    if form is None:
        raise NotRun(f"{exam.site.sign_in_path} has no form with a token")
    if urlsplit(form.action).hostname != exam.site.host:
        raise NotRun(f"the form goes to another host: {form.action}")
    address = exam.address(urlsplit(form.action).path)
    reply = visitor.post(address, headers={"Accept": "text/html"})
    source = f"POST {urlsplit(address).path} without a token"
    if reply.status_code not in _REFUSED:
        return red(
            Action.MEND,
            str(reply.status_code),
            source,
            "other sites can send forms in a visitor's name: bring back the CSRF middleware",
        )
    return green(str(reply.status_code), source)


def missing_page(exam: Examination) -> Result:
    """Get a page that does not exist."""
    answer = exam.missing_page
    source = "GET of a page that does not exist"
    if answer.status_code >= 500:
        return red(
            Action.MEND, str(answer.status_code), source, "the error page fails: read the logs"
        )
    if answer.status_code != 404:
        return warning(
            str(answer.status_code), source, "search engines keep pages that do not exist"
        )
    return green("404", source)


def debug_mode(exam: Examination) -> Result:
    """Look for traces of the code in answers."""
    answers: list[requests.Response] = [exam.missing_page, exam.front_page]
    for answer in answers:
        trace = _DEBUG.search(answer.text)
        if trace:
            return red(
                Action.ROLL_BACK,
                f"{answer.status_code} with {trace[0]!r}",
                f"GET {path_of(answer)}",
                "visitors read code, queries and variables: set APP_DEBUG=false, APP_ENV=production"
                " and deploy; replace the secrets that were shown",
            )
    return green("no trace", f"GET {exam.site.front_path} and {path_of(exam.missing_page)}")


def _cookie_page(exam: Examination) -> tuple[requests.Response, str]:
    """Return a page that sets a session cookie, and the cookie's name."""
    for answer in _pages(exam):
        names = exam.session_cookies(answer)
        if names:
            return answer, names[0]
    raise NotRun("neither the sign-in page nor the front page sets a session cookie")


def _pages(exam: Examination) -> Iterator[requests.Response]:
    yield exam.sign_in[1]
    yield exam.front_page


def _plain(elements: Iterable[Any]) -> list[str]:
    """Return the addresses over plain HTTP that a browser loads for these elements."""
    addresses = (_asset(element) for element in elements)
    return [address for address in addresses if address.startswith("http://")]


def _asset(element: Any) -> str:
    """Return the address that a browser loads for an element; empty for an ordinary link."""
    loads = {"stylesheet", "preload", "modulepreload"}
    is_loaded = not loads.isdisjoint((element.get("rel") or "").lower().split())
    return element.get("src") or (is_loaded and element.get("href")) or ""


def _some(items: list[str], *, most: int = 3) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


CHECKS = (
    front_page,
    health_route,
    mixed_content,
    links,
    session_cookie,
    cross_site_requests,
    missing_page,
    debug_mode,
)
