"""What an organiser uploads lies in the bucket, comes back from every task, and stays private."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from harness.replay.fixtures import ONE_TASK_ANSWERS
from harness.report import emulated, not_covered, proved
from harness.target.clients import http
from harness.target.clients.browser import Account
from harness.target.resources import bucket as buckets
from scenarios.tickets.pages import (
    LARGEST_BYTES,
    POSTER,
    SEATING_PLAN,
    Organiser,
    jpeg,
    password_command,
    pdf,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from harness.stack.containers import ExecResult
    from harness.target.access import Access
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient

NEEDED_DAYS = 365
"""An event is announced, and its files are asked for, up to a year ahead."""
PREFIX = "cutover-probe/"
MIB = 1024 * 1024
NAMES = ("harbour lights poster.jpg", "plus+sign & 100%.jpg", "Plakát Ñandú 日本 🎺.jpg")
ROLE_KEY = (
    "$at = 'http://169.254.170.2'.getenv('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');"
    "echo json_decode(file_get_contents($at))->AccessKeyId;"
)

as_s3 = emulated(
    "LocalStack's S3; role policies, refused ACLs and refused strangers are the harness's own"
)
by_probe = pytest.mark.truth(
    local=as_s3, aws=proved, url=not_covered("it would store files in production")
)
by_organiser = pytest.mark.truth(
    local=as_s3, aws=proved, url=not_covered("nobody there is an organiser of ours")
)
needs_organiser = pytest.mark.requires("http", "probe", "ecs", "elb", "exec")


@pytest.fixture
def organiser(
    new_visitor: Callable[[], Browser],
    new_account: Callable[[], Account],
    run_in_task: Callable[..., ExecResult],
) -> Organiser:
    """Make an organiser by the app's own command, signed in."""
    email = new_account().email
    done = run_in_task(password_command(email))
    assert done.exit_code == 0, f"no organiser could be made: {done.stdout}{done.stderr}"
    account = Account("Rehearsal Organiser", email, done.stdout.strip().splitlines()[-1])
    made = Organiser(new_visitor(), account)
    made.sign_in()
    return made


@pytest.fixture
def stored(probe: ProbeClient) -> Iterator[Callable[[bytes], tuple[str, dict[str, Any]]]]:
    """Store files through the probe; they are removed at the end."""
    names: list[str] = []

    def store(content: bytes) -> tuple[str, dict[str, Any]]:
        names.append(f"rehearsal-{secrets.token_hex(6)}")
        told = probe.store(names[-1], content)
        assert told["stored"] is True, f"the disk {told['disk']} did not store the file: {told}"
        return names[-1], told

    yield store
    for name in names:
        probe.remove(name)


@pytest.fixture
def somebody(access: Access) -> Iterator[requests.Session]:
    """Give a session of somebody outside who has nothing but a link."""
    with http.outside(access) as session:
        yield session


@by_probe
@pytest.mark.requires("http", "probe")
@pytest.mark.mutates
def test_a_file_stored_through_one_task_is_the_same_through_the_other(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    eventually: Callable[..., Any],
) -> None:
    content = secrets.token_bytes(MIB)
    name, told = stored(content)
    there: requests.Response = eventually(
        lambda: probe.read(name),
        until=lambda answer: answer.headers.get("X-Probe-Task") != told["task"],
        what=f"Only one task answered, {told['task']}, where another should",
        cause=ONE_TASK_ANSWERS,
    )
    assert there.status_code == 200, (
        f"the filesystem disk is {told['disk']!r}, and another task does not find the file:"
        f" {there.status_code}"
    )
    assert sha256(there.content) == sha256(content), "the file came back with other bytes"


@by_organiser
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_a_file_is_in_the_bucket_under_its_prefix_and_on_no_tasks_disk(
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    access: Access,
    aws: Callable[[str], Any],
    run_in_task: Callable[..., ExecResult],
) -> None:
    mark = secrets.token_hex(16)
    name, told = stored(mark.encode() * 100)
    bucket = access.resources["bucket"]
    listed = aws("s3").list_objects_v2(Bucket=bucket, Prefix=PREFIX)
    keys = [one["Key"] for one in listed.get("Contents", [])]
    assert f"{PREFIX}{name}" in keys, (
        f"the filesystem disk is {told['disk']!r}, and the file is not in the bucket {bucket}"
    )
    search = ["grep", "-rls", mark, *access.writable_paths]
    found = run_in_task(search, task=told["task"]).stdout.split()
    assert not found, f"the file stays on the task's disk as {', '.join(found)}"


@pytest.mark.truth(
    local=emulated("LocalStack keeps these settings, and does not act on them"),
    aws=proved,
    url=not_covered("the bucket's settings cannot be read from outside"),
)
@pytest.mark.requires("storage")
@pytest.mark.read_only
def test_the_bucket_is_set_to_be_private(access: Access, aws: Callable[[str], Any]) -> None:
    s3, bucket = aws("s3"), access.resources["bucket"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    open_ways = sorted(name for name, shut in block.items() if not shut)
    assert len(block) == 4, f"the bucket's public access block is incomplete: {block}"
    assert not open_ways, f"the bucket may become public: {', '.join(open_ways)} is off"
    (rule,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    owner = rule["ObjectOwnership"]
    assert owner == "BucketOwnerEnforced", f"the bucket's objects are owned by {owner}"


@pytest.mark.truth(
    local=emulated("LocalStack keeps these rules, and does not act on them"),
    aws=proved,
    url=not_covered("the bucket's settings cannot be read there"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_no_rule_of_the_bucket_takes_uploads_away(
    organiser: Organiser, access: Access, aws: Callable[[str], Any]
) -> None:
    event, bucket = "dub-cinema", access.resources["bucket"]
    organiser.upload(event, SEATING_PLAN, name="kept.pdf", content=pdf(2000))
    answer = organiser.browser.get(f"/events/{event}/documents/{SEATING_PLAN}/link")
    organiser.remove(event, SEATING_PLAN)
    path = unquote(urlsplit(answer.headers.get("Location", "")).path)
    key = path.removeprefix(f"/{bucket}").removeprefix("/")
    rules = buckets.lifecycle_rules(aws("s3"), bucket=bucket)
    found = buckets.losses(rules, key=key, needed_days=NEEDED_DAYS)
    assert not found, f"the bucket's lifecycle and the upload {key}: {'; '.join(found)}"


@pytest.mark.truth(
    local=emulated("whoever has no signature is refused, whatever the bucket's policy says"),
    aws=proved,
    url=not_covered("it would store files in production"),
)
@pytest.mark.requires("http", "probe")
@pytest.mark.mutates
def test_a_stranger_is_refused_an_object(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    somebody: requests.Session,
) -> None:
    name, _ = stored(b"not for strangers")
    plain = probe.temporary_url(name, seconds=60).partition("?")[0]
    answer = somebody.get(plain, timeout=10)
    assert answer.status_code == 403, f"a stranger's GET of an object: {answer.status_code}"


@by_probe
@pytest.mark.requires("http", "probe")
@pytest.mark.mutates
def test_a_temporary_url_works_for_its_object_and_until_it_expires(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    somebody: requests.Session,
    eventually: Callable[..., Any],
) -> None:
    content = secrets.token_bytes(1000)
    name, _ = stored(content)
    url = probe.temporary_url(name, seconds=2)
    answer = somebody.get(url, timeout=10)
    assert answer.status_code == 200, f"the temporary URL answered {answer.status_code}"
    assert answer.content == content, "the temporary URL gives other bytes"
    other = somebody.get(url.replace(name, f"{name}-other"), timeout=10)
    assert other.status_code == 403, f"it is good for another object too: {other.status_code}"
    eventually(
        lambda: somebody.get(url, timeout=10).status_code,
        until=lambda status: status == 403,
        what="A temporary URL of 2 s did not expire",
    )


@by_organiser
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec")
@pytest.mark.mutates
def test_a_temporary_url_is_signed_with_the_task_roles_credentials(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    run_in_task: Callable[..., ExecResult],
    access: Access,
    web_tier: Any,
) -> None:
    name, _ = stored(b"signed by the role")
    query = parse_qs(urlsplit(probe.temporary_url(name, seconds=60)).query)
    key, _, region, *_ = query["X-Amz-Credential"][0].split("/")
    assert "X-Amz-Security-Token" in query, "it is signed with a static key and not by a role"
    assert region == access.region, f"it is signed for the region {region}"
    held = {run_in_task(["php", "-r", ROLE_KEY], task=one).stdout for one in web_tier.running()}
    assert key in held, "it is signed with credentials that no web task has from its role"


@by_probe
@pytest.mark.requires("http", "probe")
@pytest.mark.mutates
def test_a_removed_file_is_gone_for_every_task(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    name, _ = stored(b"soon gone")
    told = probe.remove(name)
    assert told["deleted"] is True, f"the disk did not remove the file: {told}"
    ask_another_task(probe.whoami, than=told["task"])
    for _ in range(2):
        assert probe.read(name).status_code == 404, (
            f"the filesystem disk is {told['disk']!r}, and a removed file is still there"
        )


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_a_file_of_the_largest_size_passes_and_comes_back_the_same(organiser: Organiser) -> None:
    event, content = "harbour-lights", jpeg(LARGEST_BYTES, seed=secrets.token_bytes(8))
    answer = organiser.upload(event, POSTER, name="largest.jpg", content=content)
    assert answer.status_code == 302, f"uploading 20 MB answered {answer.status_code}"
    assert organiser.has(event, POSTER), (
        f"20 MB were not accepted: {message_of(organiser.what_the_page_says(event))}"
    )
    back = organiser.browser.get(f"/events/{event}/documents/{POSTER}")
    assert back.status_code == 200, f"reading the poster back answered {back.status_code}"
    assert sha256(back.content) == sha256(content), "the poster came back with other bytes"
    organiser.remove(event, POSTER)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_one_byte_over_the_limit_is_refused_with_a_message(organiser: Organiser) -> None:
    event, content = "blue-mountain-sessions", jpeg(LARGEST_BYTES + 1)
    answer = organiser.upload(
        event, POSTER, name="over.jpg", content=content, accept="application/json"
    )
    assert answer.status_code in (413, 422), (
        f"one byte over the limit was answered with {answer.status_code}"
    )
    assert "20 MB" in answer.text, f"the answer does not name the limit: {answer.text[:200]}"
    assert not organiser.has(event, POSTER), "a file over the limit was stored all the same"


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_what_is_no_pdf_is_no_seating_plan_whatever_its_name(organiser: Organiser) -> None:
    event, page = "blue-mountain-sessions", b"<html><script>alert(1)</script></html>"
    answer = organiser.upload(
        event, SEATING_PLAN, name="plan.pdf", content=page, accept="application/json"
    )
    assert answer.status_code == 422, (
        f"a page of HTML was taken for a PDF: the upload was answered with {answer.status_code}"
    )
    assert "document" in answer.json().get("errors", {}), (
        f"no message says why: {answer.text[:200]}"
    )
    assert not organiser.has(event, SEATING_PLAN), "a page of HTML was taken for a PDF, and stored"


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_the_files_own_name_survives_whatever_it_is(organiser: Organiser) -> None:
    event = "steel-and-strings"
    for name in NAMES:
        answer = organiser.upload(event, POSTER, name=name, content=jpeg(2000))
        assert answer.status_code == 302, f"uploading {name!r} answered {answer.status_code}"
        back = organiser.browser.get(f"/events/{event}/documents/{POSTER}?download=1")
        given = name_in(back.headers.get("Content-Disposition", ""))
        assert given == name, f"the file {name!r} came back as {given!r}"
    organiser.remove(event, POSTER)


@by_organiser
@needs_organiser
@pytest.mark.mutates
def test_a_seating_plan_is_for_who_may_see_it_with_its_type_and_cacheable(
    organiser: Organiser,
    new_visitor: Callable[[], Browser],
    somebody: requests.Session,
) -> None:
    event, content = "jonkonnu-street-parade", pdf(30_000, seed=secrets.token_hex(4).encode())
    organiser.upload(event, SEATING_PLAN, name="plan.pdf", content=content)
    path = f"/events/{event}/documents/{SEATING_PLAN}"
    back = organiser.browser.get(path)
    assert back.status_code == 200, f"the organiser's GET of the plan: {back.status_code}"
    assert back.content == content, "the plan came back with other bytes"
    assert back.headers["Content-Type"] == "application/pdf", back.headers["Content-Type"]
    assert "inline" in back.headers["Content-Disposition"], back.headers["Content-Disposition"]
    again = organiser.browser.get(path, headers={"If-None-Match": back.headers["ETag"]})
    assert again.status_code == 304, f"GET with its ETag answered {again.status_code}"
    refused = new_visitor().get(path).status_code
    assert refused in (401, 403), f"a stranger's GET of the plan: {refused}"
    link = organiser.browser.get(f"{path}/link").headers.get("Location", "")
    direct = somebody.get(link, timeout=10)
    assert direct.content == content, f"the link to the store answered {direct.status_code}"
    organiser.remove(event, SEATING_PLAN)
    assert organiser.browser.get(path).status_code == 404, "a removed plan is still there"
    left = somebody.get(link, timeout=10).status_code
    # 403 where the signer may not list the bucket: S3 does not say then what is not there.
    assert left in (403, 404), f"the app removed a plan and left it in the store: {left}"


@pytest.mark.truth(
    local=as_s3,
    aws=not_covered("the bucket would have to be taken away"),
    url=not_covered("nobody there is an organiser of ours"),
)
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage", "containers")
@pytest.mark.mutates(alone=True)
def test_a_store_that_fails_gives_an_error_and_leaves_no_half_written_record(
    organiser: Organiser, without_bucket: Callable[[], None]
) -> None:
    event = "dub-cinema"
    without_bucket()
    answer = organiser.upload(event, POSTER, name="lost.jpg", content=jpeg(2000))
    if answer.status_code < 500:
        said = organiser.what_the_page_says(event)
        assert "file store did not answer" in said, "the upload failed, and nobody was told"
    assert not organiser.has(event, POSTER), "a record was written for a file that is not there"


@pytest.fixture
def without_bucket(access: Access, aws: Callable[[str], Any]) -> Iterator[Callable[[], None]]:
    """Take the bucket away until the scenario ends; it comes back empty, and set up as it was."""
    away = buckets.deleted(aws("s3"), bucket=access.resources["bucket"])
    with ExitStack() as held:
        yield lambda: held.enter_context(away)


def sha256(content: bytes) -> str:
    """Return what two equal files have in common."""
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
    """Return the error on a page, as far as there is one."""
    _, _, rest = page.partition('class="error"')
    return rest.partition(">")[2].partition("<")[0].strip() or "the page says nothing"
