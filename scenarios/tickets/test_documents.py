"""Documents of an event: uploaded by its organiser, kept whole, and shown by their policy."""

from __future__ import annotations

import hashlib
import secrets
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.clients.browser import TIMEOUT_S, read_page
from harness.target.clients.http import status_cause
from harness.target.resources import bucket as buckets
from scenarios.checks import expect_signed_host, expect_status
from scenarios.page_resources import PageResources
from scenarios.tickets.pages import (
    LARGEST_BYTES,
    POSTER,
    SEATING_PLAN,
    Organiser,
    jpeg,
    pdf,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult

NAMES = ("harbour lights poster.jpg", "plus+sign & 100%.jpg", "Plakát Ñandú 日本 🎺.jpg")
NEEDED_DAYS = 365
"""An event is announced, and its files are read, up to a year ahead."""
TOO_SMALL = (
    "upload_max_filesize or post_max_size of PHP, or nginx's client_max_body_size, is smaller in"
    " the image than the app's own limit: see php.ini, FPM's pool, and a .user.ini of the old host"
    " in the web root"
)
LIMITS = ("upload_max_filesize", "post_max_size")
UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}
"""Letters of PHP's shorthand for sizes."""
NO_SIZE_CHECK = "the app does not check the size of an uploaded file"
NO_TYPE_CHECK = (
    "the app trusts a file's name and not its content: anyone may store a page with a script under"
    " the app's own host"
)
TAKEN = ("1", "On")
"""Values of file_uploads, as ini_get() returns them."""
SHOW_THROW = ["php", "artisan", "config:show", "filesystems.disks.s3.throw", "--no-ansi"]
as_s3 = emulated(
    "LocalStack's S3; role policies, refused ACLs and anonymous requests are the harness's own"
)
by_organiser = pytest.mark.truth(
    local=as_s3, aws=proved, url=not_covered("nobody there is an organiser of ours")
)
needs_organiser = pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")


@pytest.mark.truth(
    local=emulated("LocalStack keeps these rules, and does not act on them"),
    aws=proved,
    url=not_covered("the bucket's settings cannot be read there"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_bucket_lifecycle_keeps_uploads(
    organiser: Organiser, access: Access, aws: Callable[[str], Any]
) -> None:
    event, bucket = "dub-cinema", access.resources["bucket"]
    organiser.upload(event, SEATING_PLAN, name="kept.pdf", content=pdf(2000))
    answer = organiser.browser.get(f"/events/{event}/documents/{SEATING_PLAN}/link")
    organiser.remove(event, SEATING_PLAN)
    path = unquote(urlsplit(answer.headers.get("Location", "")).path)
    key = path.removeprefix(f"/{bucket}").removeprefix("/")
    rules = buckets.lifecycle_rules(aws("s3"), bucket=bucket)
    losses = "; ".join(buckets.losses(rules, key=key, needed_days=NEEDED_DAYS))
    expect(
        not losses,
        f"the bucket's lifecycle removes the upload {key}: {losses}",
        cause="the bucket's lifecycle takes uploads away while their events are on sale"
        f" ({losses}): give the rule a prefix that uploads do not have",
        certain=True,
    )


def takes_bytes(php: Mapping[str, str]) -> int:
    """Return the size of the largest upload that PHP's settings allow; 0 in one means no limit."""
    sizes = [
        int(value.rstrip("KMGkmg")) * UNITS.get(value[-1:].upper(), 1)
        for value in (php[name] for name in LIMITS)
    ]
    return min((size for size in sizes if size > 0), default=sys.maxsize)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_largest_file_comes_back_unchanged(organiser: Organiser, probe: ProbeClient) -> None:
    php = probe.facts()["php"]
    expect(
        php["file_uploads"] in TAKEN and php.get("max_file_uploads") != "0",
        "PHP-FPM's file_uploads is off, or max_file_uploads is 0",
        cause="PHP takes no uploads: file_uploads is off, or max_file_uploads 0, in the image's"
        " PHP-FPM",
        certain=True,
    )
    event, content = "harbour-lights", jpeg(LARGEST_BYTES, seed=secrets.token_bytes(8))
    answer = organiser.upload(event, POSTER, name="largest.jpg", content=content)
    expect(
        answer.status_code == 302,
        f"uploading 20 MB answered {answer.status_code}",
        cause=TOO_SMALL if answer.status_code == 413 else "",
    )
    message = message_of(organiser.page_text(event))
    expect(
        organiser.has(event, POSTER),
        f"20 MB were not accepted: {message}",
        # The app says so of every upload that PHP has not taken.
        cause=TOO_SMALL if takes_bytes(php) < LARGEST_BYTES else "",
    )
    back = organiser.browser.get(f"/events/{event}/documents/{POSTER}")
    expect_status(back, 200)
    assert sha256(back.content) == sha256(content), "the poster came back with other bytes"
    organiser.remove(event, POSTER)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_visitors_see_the_poster_of_an_event(
    organiser: Organiser, web: Callable[[], requests.Session], access: Access
) -> None:
    event, visitor = "jonkonnu-street-parade", web()
    expect_status(organiser.upload(event, POSTER, name="a.jpg", content=jpeg(2000)), 302)
    page = visitor.get(f"{access.public_url}/events/{event}", timeout=TIMEOUT_S)
    expect_status(page, 200)
    PageResources(access, visitor).expect_loaded(page)
    resources = read_page(page.text, url=page.url).resources
    assert any(POSTER in resource for resource in resources), (
        f"the page loads {', '.join(resources)}"
    )
    organiser.remove(event, POSTER)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_file_over_the_limit_is_rejected_with_a_message(organiser: Organiser) -> None:
    event, content = "blue-mountain-sessions", jpeg(LARGEST_BYTES + 1)
    answer = organiser.upload(
        event, POSTER, name="over.jpg", content=content, accept="application/json"
    )
    expect(
        answer.status_code in (413, 422),
        f"one byte over the limit got {answer.status_code}",
        cause=NO_SIZE_CHECK if answer.is_redirect or answer.ok else status_cause(answer),
    )
    assert "20 MB" in answer.text, f"the answer does not name the limit: {answer.text[:200]}"
    expect(
        not organiser.has(event, POSTER), "a file over the limit was stored", cause=NO_SIZE_CHECK
    )


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_html_page_is_rejected_as_a_seating_plan(organiser: Organiser) -> None:
    event, page = "blue-mountain-sessions", b"<html><script>alert(1)</script></html>"
    answer = organiser.upload(
        event, SEATING_PLAN, name="plan.pdf", content=page, accept="application/json"
    )
    expect(
        answer.status_code == 422,
        f"the upload of an HTML page as a PDF got {answer.status_code}",
        cause=NO_TYPE_CHECK if answer.is_redirect or answer.ok else status_cause(answer),
    )
    assert "document" in answer.json().get("errors", {}), (
        f"the answer gives no reason: {answer.text[:200]}"
    )
    expect(
        not organiser.has(event, SEATING_PLAN),
        "an HTML page was stored as a PDF",
        cause=NO_TYPE_CHECK,
    )


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_uploaded_file_keeps_its_own_name(organiser: Organiser) -> None:
    event = "steel-and-strings"
    for name in NAMES:
        answer = organiser.upload(event, POSTER, name=name, content=jpeg(2000))
        expect_status(answer, 302)
        back = organiser.browser.get(f"/events/{event}/documents/{POSTER}?download=1")
        expect_status(back, 200)
        download_name = name_in(back.headers.get("Content-Disposition", ""))
        expect(
            download_name == name,
            f"the file {name!r} came back as {download_name!r}",
            cause="the app does not keep a file's own name, or writes it into Content-Disposition"
            " unquoted",
        )
    organiser.remove(event, POSTER)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_seating_plan_is_private_typed_and_cacheable(
    organiser: Organiser,
    new_visitor: Callable[[], Browser],
    anonymous_session: requests.Session,
    access: Access,
) -> None:
    event, content = "jonkonnu-street-parade", pdf(30_000, seed=secrets.token_hex(4).encode())
    organiser.upload(event, SEATING_PLAN, name="plan.pdf", content=content)
    path = f"/events/{event}/documents/{SEATING_PLAN}"
    back = organiser.browser.get(path)
    expect_status(back, 200)
    assert back.content == content, "the plan came back with other bytes"
    assert back.headers["Content-Type"] == "application/pdf", back.headers["Content-Type"]
    assert "inline" in back.headers["Content-Disposition"], back.headers["Content-Disposition"]
    again = organiser.browser.get(path, headers={"If-None-Match": back.headers["ETag"]})
    expect_status(again, 304)
    status = new_visitor().get(path).status_code
    expect(
        status in (401, 403),
        f"an anonymous visitor's GET of the plan: {status}",
        cause="the app shows a private file to everyone: its policy is not asked"
        if status == 200
        else "",
    )
    link = organiser.browser.get(f"{path}/link").headers.get("Location", "")
    expect_signed_host(link, access)
    direct = anonymous_session.get(link, timeout=10)
    expect(
        direct.content == content,
        f"the link to the store answered {direct.status_code}",
        cause=f"the link to the store is refused ({direct.status_code}): it is not signed, since"
        " the disk's url() is used and not temporaryUrl(), or its signer may not read the object"
        if direct.status_code in (401, 403)
        else "",
    )
    organiser.remove(event, SEATING_PLAN)
    expect_status(organiser.browser.get(path), 404)
    left = anonymous_session.get(link, timeout=10).status_code
    # S3 answers 403 for a missing object where the signer may not list the bucket.
    expect(
        left in (403, 404),
        f"the app removed a plan and left it in the store: {left}",
        cause="the app removes its record and leaves the object in the bucket: everyone with the"
        " link still reads it, and it is kept for ever"
        if left == 200
        else "",
    )


@pytest.mark.truth(
    local=as_s3,
    aws=not_covered("the bucket would have to be taken away"),
    url=not_covered("nobody there is an organiser of ours"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage", "containers")
@pytest.mark.mutates(exclusive=True)
def test_failing_store_gives_an_error_and_no_record(
    organiser: Organiser,
    without_bucket: Callable[[], None],
    silent_disk_cause: Callable[[], str],
) -> None:
    event = "dub-cinema"
    without_bucket()
    answer = organiser.upload(event, POSTER, name="lost.jpg", content=jpeg(2000))
    if answer.status_code < 500:
        expect(
            "file store did not answer" in organiser.page_text(event),
            "the upload failed, and the page shows no error",
            cause=silent_disk_cause(),
        )
    expect(
        not organiser.has(event, POSTER),
        "a record was written for a missing file",
        cause="the app writes its record before the file is stored, or ignores the result of put()",
    )


@pytest.fixture
def silent_disk_cause(run_in_task: Callable[..., ExecResult]) -> Callable[[], str]:
    """Return that the disk keeps a failure to itself; empty if it throws."""

    def read() -> str:
        output = run_in_task(SHOW_THROW).stdout
        if output.split()[-1:] == ["true"]:
            return ""
        return (
            "the disk does not throw, so that a failed put() looks like a success: set 'throw' =>"
            " true"
        )

    return read


@pytest.fixture
def without_bucket(
    access: Access, aws: Callable[[str], Any], provoke: Callable[..., None]
) -> Iterator[Callable[[], None]]:
    """Delete the bucket; it is restored after the scenario, empty and with its settings."""
    provoke("NoSuchBucket", "specified bucket does not exist")
    away = buckets.deleted(aws("s3"), bucket=access.resources["bucket"])
    with ExitStack() as held:
        yield lambda: held.enter_context(away)


def sha256(content: bytes) -> str:
    """Return the digest of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def name_in(disposition: str) -> str:
    """Return the file's name as a browser reads it from Content-Disposition."""
    parts = [part.strip() for part in disposition.split(";")]
    for part in parts:
        if part.startswith("filename*="):
            return unquote(part.split("''", 1)[1])
    plain = next((part for part in parts if part.startswith("filename=")), "filename=")
    return plain.removeprefix("filename=").strip('"').replace('\\"', '"')


def message_of(page: str) -> str:
    """Return the error that a page shows."""
    _, _, rest = page.partition('class="error"')
    return rest.partition(">")[2].partition("<")[0].strip() or "the page says nothing"
