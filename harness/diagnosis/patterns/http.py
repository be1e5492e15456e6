"""Patterns for the errors of requests: on the way to the public host, and on that of the app's."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

OUTBOUND = (
    Pattern(
        Source.APP,
        match=r"Could not resolve proxy: \S+|Failed to connect to \S+ port \d+ via proxy",
        cause="{task} sends its requests through a proxy that it cannot reach (HTTPS_PROXY,"
        " HTTP_PROXY or ALL_PROXY in its task definition or image): take the variables out, or name"
        " a proxy of the VPC and list AWS's own addresses in NO_PROXY",
        setting="HTTPS_PROXY",
        example="cURL error 5: Could not resolve proxy: proxy.corp.example (see"
        " https://curl.se/libcurl/c/libcurl-errors.html)",
    ),
)

_TO_HOST = r"HTTPS?ConnectionPool\(host='(?P<host>[^']+)', port=(?P<port>\d+)\)[^\n]*?"
_MET = (
    "HTTPSConnectionPool(host='tickets.example', port=443): Max retries exceeded with url: /"
    " (Caused by"
)

PUBLIC_HOST = (
    Pattern(
        Source.HTTP_CLIENT,
        match=rf"{_TO_HOST}(?:NameResolutionError|Failed to resolve)",
        cause="the name {host} is unknown here: its DNS record is missing, or has not come this far"
        " yet",
        example=f"{_MET} NameResolutionError(x))",
    ),
    Pattern(
        Source.HTTP_CLIENT,
        match=rf"{_TO_HOST}certificate verify failed: (?P<why>[^(\n]*[^(\s])",
        cause="the certificate of {host} is refused: {why}; the load balancer's listener needs one"
        " for this name, and DNS may still lead to the old host",
        example=f'{_MET} SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]'
        " certificate verify failed: Hostname mismatch, certificate is not valid for"
        " 'tickets.example'. (_ssl.c:1000)\")))",
    ),
    Pattern(
        Source.HTTP_CLIENT,
        match=rf"{_TO_HOST}(?:Connection refused|No route to host|Network is unreachable"
        r"|(?<!Read )timed out|does not answer)",
        cause="nothing answers at {host}, port {port}: DNS leads elsewhere, or the load balancer"
        " has no listener there, or its security group is shut",
        example=f"{_MET} NewConnectionError(x, '[Errno 111] Connection refused'))",
    ),
    Pattern(
        Source.HTTP_CLIENT,
        match=r"TooManyRedirects|Exceeded \d+ redirects",
        cause="a redirect loop: the app, or nginx in its image, redirects to https and does not see"
        " that it is https already: trust the load balancer, and go by X-Forwarded-Proto",
        example="requests.exceptions.TooManyRedirects: Exceeded 30 redirects.",
    ),
)
