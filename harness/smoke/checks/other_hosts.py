"""Check of the front page's files in a bucket, behind a CDN or on another host of the domain."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import requests

from harness.smoke import handshake, names
from harness.smoke.checks.page import is_unreachable
from harness.smoke.examination import path_of
from harness.smoke.resources import resources_of
from harness.smoke.result import Action, NotRun, Result, green, red, warning
from harness.smoke.site import HTTPS_PORT, Endpoint, split
from harness.smoke.visitor import Visitor, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.smoke.examination import Examination
    from harness.smoke.resources import Resource

MOST = 3
"""Files of each type that are fetched."""
_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".cloudfront.net")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_SIGNED = "Signature="
"""Of a link of S3 (X-Amz-Signature) or of CloudFront."""
_ERRORS = {
    "NoSuchKey": "the object is not there: copy the old host's uploads, and the build's files, to"
    " the bucket",
    "NoSuchBucket": "there is no such bucket: see AWS_BUCKET and AWS_URL",
    "PermanentRedirect": "the bucket is in another Region: see AWS_DEFAULT_REGION and AWS_URL",
    "SignatureDoesNotMatch": "the link was signed for another host or with another key: see AWS_URL"
    " and AWS_ENDPOINT of the disk",
}
"""Error codes of S3:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
_DENIED = "AccessDenied"


def other_hosts(exam: Examination) -> Result:
    """Get the front page's first files of a bucket, a CDN and other hosts of the domain."""
    files = list(_files(exam))
    source = f"GET of {len(files)} files of the front page"
    if not files:
        return green("none", f"GET {path_of(exam.page)}")
    faults = {file: fault for file in files if (fault := _fault(exam, file))}
    if faults:
        value = "; ".join(
            f"{file.host}{split(file.url).path}: {f[0]}" for file, f in faults.items()
        )
        meaning = f"visitors see gaps: {next(iter(faults.values()))[1]}"
        rest = [file for file in files if file not in faults and file.kind == "image"]
        if rest and all(file.kind == "image" for file in faults):
            return warning(value, source, meaning)
        return red(Action.MEND, value, source, meaning)
    hosts = dict.fromkeys(file.host for file in files)
    if old := [host for host in hosts if _is_old(exam, host)]:
        meaning = "they are gone once the old host is switched off: bring them to the bucket"
        return warning(f"{', '.join(old)}: the old host", source, meaning)
    return green(f"{len(files)} of {', '.join(hosts)}", source)


def _files(exam: Examination) -> Iterator[Resource]:
    """Yield the first files of each kind on hosts that are likely the site's own."""
    counts = Counter[str]()
    for resource in resources_of(exam.page):
        if resource.url.startswith("https://") and _is_likely_ours(exam, resource.host):
            counts[resource.kind] += 1
            if counts[resource.kind] <= MOST:
                yield resource


def _is_likely_ours(exam: Examination, host: str) -> bool:
    """Whether a host is AWS's, or of the site's domain; others' are left alone."""
    own = exam.site.host.removeprefix("www.")
    if host == exam.site.host or is_unreachable(host):
        return False
    parent = own.partition(".")[2]
    is_beside = "." in parent and host.endswith(f".{parent}")
    return host.endswith(_OF_AWS) or host == own or host.endswith(f".{own}") or is_beside


def _is_old(exam: Examination, host: str) -> bool:
    """Whether a host has the old host's address; nobody is asked where that is not known."""
    return bool(exam.old_addresses) and not exam.old_addresses.isdisjoint(_addresses(exam, host))


def _addresses(exam: Examination, host: str) -> tuple[str, ...]:
    """Return a host's addresses; each is asked for once.

    Raises:
        NotRun: No resolver answers.
    """
    if host not in exam.hosts:
        answers = names.query_all(exam.resolvers, host, "A")
        if all(answer.is_silent for answer in answers):
            raise NotRun("no resolver answers")
        exam.hosts[host] = next((answer.records for answer in answers if answer.records), ())
    return exam.hosts[host]


def _fault(exam: Examination, file: Resource) -> tuple[str, str] | None:
    """Return the value and the meaning of a file that visitors do not get; None of a good one."""
    endpoint = Endpoint(file.host, split(file.url).port or HTTPS_PORT)
    routes = [route for route in exam.site.routes if route.host and route.matches(endpoint)]
    addresses = [route.lead(endpoint) for route in routes] or [
        replace(endpoint, host=address) for address in _addresses(exam, file.host)
    ]
    if not addresses:
        return "no resolver has an address", "see ASSET_URL, AWS_URL and the zone's records"
    visitor = Visitor(
        f"https://{file.host}",
        traffic=exam.traffic,
        agent=exam.agent,
        endpoints={"https": addresses[0]},
        tls=handshake.verifying(exam.site.ca_file),
    )
    headers = {"Range": "bytes=0-1023", "Origin": exam.site.url}
    try:
        answer = visitor.get(file.url, headers=headers)
    except requests.RequestException as error:
        return short(error), "the host of these files does not answer as browsers demand"
    if answer.status_code >= 400:
        return _fault_of_status(answer, file)
    allowed = answer.headers.get("Access-Control-Allow-Origin", "")
    if file.is_shared and allowed not in ("*", exam.site.url):
        return (
            f"{answer.status_code} without Access-Control-Allow-Origin",
            "browsers load no module of another host that does not allow this one: give the bucket"
            " or CloudFront CORS headers, or leave ASSET_URL out",
        )
    return None


def _fault_of_status(answer: requests.Response, file: Resource) -> tuple[str, str]:
    match = _CODE.search(answer.text)
    code = match[1] if match else ""
    value = f"{answer.status_code} {code}".strip()
    if code != _DENIED:
        return value, _ERRORS.get(code, "the host of these files rejects visitors")
    if "Request has expired" in answer.text:
        return value, "the links' signatures are over: a cache keeps the page longer than they last"
    if _SIGNED in file.url:
        return value, "the role that signed the link may not read the object (s3:GetObject)"
    return value, (
        "nobody may read the object without a signature: link it with Storage::temporaryUrl, or let"
        " CloudFront read the bucket; it may not be there, too"
    )


CHECKS = (other_hosts,)
