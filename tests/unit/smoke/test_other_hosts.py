"""Files of the front page in a bucket or behind a CDN: what visitors get of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.smoke.result import State
from harness.smoke.site import Route
from tests.unit.smoke.conftest import World, result
from tests.unit.smoke.fake_app import FRONT
from tests.unit.smoke.fake_dns import HOST, OLD
from tests.unit.smoke.fake_host import Answer, Host, serve

BUCKET = "shop-uploads.s3.eu-west-1.amazonaws.com"
IMAGE = f'<img src="https://{BUCKET}/events/1.png">'
SIGNED = IMAGE.replace(".png", ".png?X-Amz-Signature=1f")
MODULE = f'<script type="module" src="https://{BUCKET}/build/app.js"></script>'
GOOD: Answer = (206, [("Content-Type", "image/png")], b"png")
SHARED: Answer = (206, [("Access-Control-Allow-Origin", f"https://{HOST}")], b"js")


def error(code: str, message: str = "Access Denied") -> Answer:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return 403, [("Content-Type", "application/xml"), ("Server", "AmazonS3")], text.encode()


@pytest.fixture
def bucket(world: World) -> Iterator[Host]:
    """The bucket, as a host on loopback with a certificate for its name."""
    host = Host(lambda _request: GOOD, tls=world.issuer.context(BUCKET))
    with serve(host):
        route = Route(BUCKET, 443, "127.0.0.1", host.port)
        world.site = replace(world.site, routes=(*world.site.routes, route))
        yield host


@pytest.mark.parametrize(
    ("page", "answer", "value", "meaning"),
    [
        (IMAGE, error("AccessDenied"), "403 AccessDenied", "Storage::temporaryUrl"),
        (IMAGE, error("NoSuchKey"), "403 NoSuchKey", "copy the old host's uploads"),
        (IMAGE, error("NoSuchBucket"), "NoSuchBucket", "see AWS_BUCKET"),
        (IMAGE, error("PermanentRedirect"), "PermanentRedirect", "AWS_DEFAULT_REGION"),
        (IMAGE, (503, [], b"slow down"), "503", "the host of these files rejects visitors"),
        (SIGNED, error("AccessDenied"), "403 AccessDenied", "s3:GetObject"),
        (SIGNED, error("AccessDenied", "Request has expired"), "403", "signatures are over"),
        (SIGNED, error("SignatureDoesNotMatch"), "403", "AWS_ENDPOINT of the disk"),
        (MODULE, GOOD, "206 without Access-Control-Allow-Origin", "CORS headers"),
    ],
)
def test_a_file_that_no_visitor_gets_is_named(
    world: World, bucket: Host, page: str, answer: Answer, value: str, meaning: str
) -> None:
    world.app.front = FRONT.replace("</body>", f"{page}</body>")
    bucket.answer = lambda _request: answer
    outcome = result(world.report("assets"), "other hosts")
    assert (outcome.state, value in outcome.value, meaning in outcome.meaning) == (
        State.RED,
        True,
        True,
    )


@pytest.mark.parametrize("page", [IMAGE, SIGNED, MODULE, MODULE.replace(' type="module"', "")])
def test_files_that_visitors_get_are_fine(world: World, bucket: Host, page: str) -> None:
    world.app.front = FRONT.replace("</body>", f"{page}</body>")
    bucket.answer = lambda _request: SHARED
    assert result(world.report("assets"), "other hosts").state is State.GREEN
    (request,) = bucket.requests
    assert (request.headers["Range"], "Cookie" in request.headers) == ("bytes=0-1023", False)


def test_one_gap_of_several_is_a_warning(world: World, bucket: Host) -> None:
    world.app.front = FRONT.replace("</body>", IMAGE + IMAGE.replace("1.png", "2.png") + "</body>")
    bucket.answer = lambda r: GOOD if "/1." in r.path else error("NoSuchKey")
    outcome = result(world.report("assets"), "other hosts")
    assert (outcome.state, outcome.value) == (
        State.WARNING,
        f"{BUCKET}/events/2.png: 403 NoSuchKey",
    )


@pytest.mark.parametrize(
    ("host", "state", "value"),
    [
        (f"cdn.{HOST}", State.RED, "no resolver has an address"),
        ("fonts.elsewhere.test", State.GREEN, "none"),
        (f"old.{HOST}", State.RED, "refused"),
    ],
)
def test_hosts_of_the_domain_are_looked_up(
    world: World, host: str, state: State, value: str
) -> None:
    for fake in world.resolvers:
        fake.records[(f"old.{HOST}", "A")] = (60, [OLD])
    world.app.front = FRONT.replace("</body>", f'<img src="https://{host}:9/a.png"></body>')
    outcome = result(world.report("assets"), "other hosts")
    assert (outcome.state, value in outcome.value) == (state, True)


def test_files_of_the_old_host_are_a_warning(world: World, bucket: Host) -> None:
    for fake in world.resolvers:
        fake.records[(BUCKET, "A")] = (60, [OLD])
    world.app.front = FRONT.replace("</body>", f"{IMAGE}</body>")
    outcome = result(world.report("assets"), "other hosts")
    assert (outcome.state, outcome.value) == (State.WARNING, f"{BUCKET}: the old host")


def test_an_address_that_is_given_needs_no_resolver(world: World, bucket: Host) -> None:
    world.site = replace(world.site, old=None)
    for fake in world.resolvers:
        fake.records.clear()
    world.app.front = FRONT.replace("</body>", f"{IMAGE}</body>")
    assert result(world.report("assets"), "other hosts").state is State.GREEN
    assert not any(query == (BUCKET, "A") for fake in world.resolvers for query in fake.queries)
