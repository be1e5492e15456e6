"""Facts of the site that several checks read, each fetched once."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests

from harness import __version__
from harness.core.html import read_html
from harness.smoke import handshake, names
from harness.smoke.content import fault_of
from harness.smoke.result import NotRun
from harness.smoke.site import HTTP_PORT, Endpoint, NameServer, Site, is_address
from harness.smoke.visitor import RedirectRejected, Visitor, short

if TYPE_CHECKING:
    from harness.smoke.handshake import Handshake
    from harness.smoke.names import Answer
    from harness.smoke.traffic import Traffic
    from harness.target.clients.browser import Page
    from harness.target.clients.probe import ProbeClient

T = TypeVar("T")


@dataclass
class Examination:
    """One examination of a site."""

    site: Site
    traffic: Traffic
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    assets: dict[str, requests.Response] = field(default_factory=dict)
    """Answers for the front page's first style sheets and scripts, by address."""
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses of other hosts that have files of the front page, by their names."""
    _silent: dict[str, str] = field(default_factory=dict)

    @property
    def agent(self) -> str:
        """The User-Agent, by which the site's operators find this run in their logs."""
        return f"cutover-smoke/{__version__} (run {self.run_id})"

    @cached_property
    def resolvers(self) -> tuple[NameServer, ...]:
        """The resolvers to ask."""
        return self.site.resolvers or names.system_resolvers()

    @cached_property
    def authorities(self) -> tuple[NameServer, ...]:
        """The authoritative servers of the site's zone."""
        return self.site.authorities or names.authorities(self.resolvers, self.site.host)

    @cached_property
    def resolved(self) -> tuple[Answer, ...]:
        """Each resolver's IPv4 addresses of the host."""
        return names.query_all(self.resolvers, self.site.host, "A")

    @cached_property
    def authoritative(self) -> tuple[Answer, ...]:
        """Each authoritative server's IPv4 addresses of the host."""
        return names.query_all(self.authorities, self.site.host, "A", recursive=False)

    @cached_property
    def soa(self) -> tuple[str, tuple[Answer, ...]]:
        """The zone that holds the host, and the SOA record at each of its servers."""
        for domain in names.ancestors(self.site.host):
            answers = names.query_all(self.authorities, domain, "SOA", recursive=False)
            if any(answer.records for answer in answers):
                return domain, answers
        return self.site.host, ()

    @cached_property
    def new_names(self) -> frozenset[str]:
        """Names that lead to the new host."""
        return frozenset(name.lower() for name in self.site.expected if not is_address(name))

    @cached_property
    def new_addresses(self) -> frozenset[str]:
        """Addresses of the new host, those of its names included."""
        addresses = {name for name in self.site.expected if is_address(name)}
        return frozenset(addresses).union(
            *(names.addresses(self.resolvers, name) for name in self.new_names)
        )

    @cached_property
    def new_ipv6_addresses(self) -> frozenset[str]:
        """IPv6 addresses of the new host, those of its names included."""
        addresses = {name for name in self.site.expected if ":" in name and is_address(name)}
        return frozenset(addresses).union(
            *(names.addresses(self.resolvers, name, "AAAA") for name in self.new_names)
        )

    @cached_property
    def old_addresses(self) -> frozenset[str]:
        """Addresses of the old host."""
        old = self.site.old.host if self.site.old else ""
        if not old or is_address(old):
            return frozenset({old} - {""})
        return frozenset(names.addresses(self.resolvers, old))

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The addresses of the site, as its authoritative servers have them now.

        A resolver may still remember the old host, so it is asked only where they are silent.

        Raises:
            NotRun: No server has an address.
        """
        endpoint = Endpoint(self.site.host, self.site.port)
        if is_address(self.site.host):
            return (self.site.route(endpoint) or endpoint,)
        if route := self.site.route(endpoint):
            return (route,)
        for answers in (self.authoritative, self.resolved):
            addresses = {record for answer in answers for record in answer.records}
            if addresses:
                return tuple(Endpoint(ip, self.site.port) for ip in sorted(addresses))
        if self.new_addresses:
            return tuple(Endpoint(ip, self.site.port) for ip in sorted(self.new_addresses))
        raise NotRun(f"no server has an address of {self.site.host}")

    @property
    def endpoint(self) -> Endpoint:
        """The address that requests go to; one that is not the old host's, if there is one."""
        return self.new_endpoints[0]

    @cached_property
    def new_endpoints(self) -> tuple[Endpoint, ...]:
        """The addresses of the site that are not the old host's; all of them, if all are."""
        new = [endpoint for endpoint in self.endpoints if endpoint.host not in self.old_addresses]
        return tuple(new) or self.endpoints

    @cached_property
    def addresses(self) -> dict[Endpoint, str]:
        """The fault of the front page at each address of the site; empty for a good one."""
        return {endpoint: self._fault_at(endpoint) for endpoint in self.new_endpoints}

    def _fault_at(self, endpoint: Endpoint) -> str:
        if endpoint == self.endpoint:
            return ""
        try:
            answer = self.visitor(at=endpoint).visit(self.site.front_path)
        except requests.RequestException as error:
            return short(error)
        fault = fault_of(answer)
        if fault or answer.status_code != self.page.status_code:
            return f"{answer.status_code}{fault.value if fault else ''}"
        titles = [html_of(page).findtext(".//title") for page in (answer, self.page)]
        return "" if titles[0] == titles[1] else f"another page, {titles[0]!r}"

    @property
    def plain_endpoint(self) -> Endpoint:
        """The address for plain HTTP."""
        route = self.site.route(Endpoint(self.site.host, HTTP_PORT))
        return route or Endpoint(self.endpoint.host, HTTP_PORT)

    @cached_property
    def chain_error(self) -> ssl.SSLError | None:
        """The error of a handshake that verifies the chain and the name; None without one."""
        context = handshake.verifying(self.site.ca_file)
        try:
            self.shake(context)
        except ssl.SSLCertVerificationError as error:
            return error
        return None

    @cached_property
    def handshake(self) -> Handshake:
        """A handshake that accepts every certificate."""
        return self.shake(handshake.unverifying())

    def shake(
        self, context: ssl.SSLContext, *, endpoint: Endpoint | None = None, host: str = ""
    ) -> Handshake:
        """Shake hands with an address of the site, under its name by default.

        Raises:
            NotRun: The budget of the run is spent.
            OSError: It failed.
        """
        self.traffic.take()
        return handshake.shake(
            endpoint or self.endpoint, host=host or self.site.host, context=context
        )

    @property
    def is_trusted(self) -> bool:
        """Whether browsers accept the certificate."""
        return self.chain_error is None

    def visitor(self, *, at: Endpoint | None = None, is_verified: bool | None = None) -> Visitor:
        """Return a new visitor, with connections of its own.

        Args:
            at: The address for https; that of the site by default.
            is_verified: Whether the certificate is checked; by default, unless it is known bad.
        """
        is_verified = self.is_trusted if is_verified is None else is_verified
        context = handshake.verifying(self.site.ca_file) if is_verified else handshake.unverifying()
        endpoints = {"https": at or self.endpoint, "http": self.plain_endpoint}
        return Visitor(
            self.site.url,
            traffic=self.traffic,
            agent=self.agent,
            endpoints=endpoints,
            tls=context,
        )

    def _once(self, page: str, fetch: Callable[[], T]) -> T:
        """Fetch a page; after a failure, later checks do not wait for it again."""
        if page in self._silent:
            raise NotRun(f"{page} {self._silent[page]}")
        try:
            return fetch()
        except requests.RequestException as error:
            is_away = isinstance(error, RedirectRejected)
            self._silent[page] = "leads elsewhere" if is_away else "gave no answer"
            raise

    @cached_property
    def front_page(self) -> requests.Response:
        """The front page, behind redirects on this host."""
        return self._once("the front page", lambda: self.visitor().visit(self.site.front_path))

    @property
    def page(self) -> requests.Response:
        """The front page, if it is one for visitors.

        Raises:
            NotRun: It is an error.
        """
        status = self.front_page.status_code
        if status >= 400:
            raise NotRun(f"the front page answers {status}")
        if fault := fault_of(self.front_page):
            raise NotRun(f"the front page is not the site's{fault.value}")
        return self.front_page

    @cached_property
    def sign_in(self) -> tuple[Visitor, requests.Response]:
        """A visitor and the sign-in page that it got."""
        visitor = self.visitor()
        return visitor, self._once(
            "the sign-in page", lambda: visitor.visit(self.site.sign_in_path)
        )

    @property
    def keeps_session(self) -> bool:
        """Whether the visitor of the sign-in page keeps a cookie of it, as a browser does."""
        visitor, answer = self.sign_in
        request = requests.Request("GET", str(answer.url), cookies=visitor.cookies).prepare()
        return "Cookie" in request.headers

    @cached_property
    def missing_page(self) -> requests.Response:
        """The answer for a page that does not exist, to a client that prefers JSON."""
        address = self.address(f"/cutover-smoke-{self.run_id}")
        headers = {"Accept": "application/json"}
        return self._once("a missing page", lambda: self.visitor().get(address, headers=headers))

    @cached_property
    def health(self) -> requests.Response:
        """The health route's answer: the first that is not 404."""
        return self._once("the health route", self._fetch_health)

    def _fetch_health(self) -> requests.Response:
        visitor = self.visitor()
        for path in self.site.health_paths:
            answer = visitor.get(self.address(path))
            if answer.status_code != 404:
                break
        return answer

    def probe(self, visitor: Visitor) -> ProbeClient:
        """Return the probe as this visitor asks it.

        Raises:
            NotRun: The site's key is not known, or its certificate is not trusted.
        """
        from harness.target.clients.probe import ProbeClient

        key = self.site.key
        if key is None or not visitor.verify:
            raise NotRun("needs the probe's key, and a certificate that browsers accept")
        return ProbeClient(
            visitor,
            base_url=f"{self.site.url}{self.site.probe_path}",
            key=key.reveal,
            folder=self.site.upload_folder,
        )

    def address(self, path: str) -> str:
        """Return the URL of a path of the site."""
        return f"{self.site.url}{path}"

    def session_cookies(self, answer: requests.Response) -> list[str]:
        """Return the names of the session cookies that an answer sets."""
        from harness.target.clients.browser import cookie_from

        lines: list[str] = answer.raw.headers.getlist("set-cookie")
        set_here = [line.partition("=")[0].strip() for line in lines]
        if self.site.session_cookie:
            cookie = self.site.session_cookie
            return [cookie] if cookie_from(answer, cookie) else []
        return [name for name in set_here if name.lower().endswith("session")]


def page_of(answer: requests.Response) -> Page:
    """Return the forms and links of an answer's HTML."""
    from harness.target.clients.browser import read_page

    return read_page(answer.text, url=str(answer.url))


def html_of(answer: requests.Response) -> Any:
    """Return the parsed HTML of an answer; an empty document if it has none."""
    return read_html(answer.text)


def path_of(answer: requests.Response) -> str:
    """Return the path that was requested."""
    return urlsplit(str(answer.url)).path
