"""A visitor's HTTP session, which names the other host that a link or a redirect leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests


class VisitorSession(requests.Session):
    """Follow links and redirects as a browser does.

    A host that the app leads its visitors to by mistake has no listener, certificate or record: an
    error of the connection to it says nothing of the load balancer.
    """

    def __init__(self, *, home: str = "") -> None:
        """Take the site's host; without one, it is the host of each request."""
        super().__init__()
        self._home = home

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        """Send a request, and follow its redirects.

        Raises:
            requests.ConnectionError: Naming the other host where a redirect led to one.
        """
        try:
            return super().send(request, **settings)
        except requests.ConnectionError as error:
            last = str(error.request.url if error.request is not None else request.url)
            home = self._home or urlsplit(str(request.url)).hostname
            if urlsplit(last).hostname == home:
                raise
            text = f"{home} leads its visitors to another host, at which nothing answers: {last}"
        raise requests.ConnectionError(text, request=request)
