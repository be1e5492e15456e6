"""Uploaded files are in the bucket, the same from every task, and private."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.diagnosis.expect import STORAGE, SettingCause, expect
from harness.images.inspect import fpm_config, nginx_config
from harness.report import emulated, not_covered, proved
from harness.target.clients.probe import disk_cause
from scenarios.checks import expect_signed_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult

NOT_PRIVATE = (
    "the bucket is not private: block all public access, and let the bucket's owner own all objects"
)
UNSIGNED = (
    "temporary URLs are not signed: the disk's url() is used, or a front server answers for S3"
)
DENIED = "with an explicit deny in a resource-based policy"
"""S3's words, to a caller of the bucket's own account."""
INSIDE_ONLY = (
    "the bucket's policy denies signed links to their visitors, who come from outside the VPC: no"
    " Deny may ask for aws:SourceVpce, aws:SourceVpc, aws:VpcSourceIp or an address; let the app"
    " hand the files over where they must stay inside"
)
MIB = 1024 * 1024
PHPS_OWN_LIMIT = 2 * MIB
SHOWN = 500
"""Characters of S3's answer, which names the denied call."""
LONGEST_SESSION_S = 43_200
"""IAM: no role's credentials last longer than 12 hours; those of a task mostly end before."""
SHORT_S = 2
ROLE_KEY = (
    "$at = 'http://169.254.170.2'.getenv('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');"
    "echo json_decode(file_get_contents($at))->AccessKeyId;"
)

as_s3 = emulated(
    "LocalStack's S3; role policies, refused ACLs and anonymous requests are the harness's own"
)
by_probe = pytest.mark.truth(
    local=as_s3, aws=proved, url=not_covered("it would store files in production")
)
on_aws = pytest.mark.truth(
    local=as_s3, aws=proved, url=not_covered("its bucket and tasks cannot be read from outside")
)


@pytest.fixture
def file_name(probe: ProbeClient) -> Iterator[Callable[[], str]]:
    """Name files that are removed after the scenario."""
    names: list[str] = []

    def name() -> str:
        names.append(f"rehearsal-{secrets.token_hex(6)}")
        return names[-1]

    yield name
    for file in names:
        probe.remove(file)


@pytest.fixture
def stored(
    probe: ProbeClient, file_name: Callable[[], str]
) -> Callable[[bytes], tuple[str, dict[str, Any]]]:
    """Store files through the probe."""

    def store(content: bytes) -> tuple[str, dict[str, Any]]:
        name = file_name()
        answer = probe.store(name, content)
        expect(
            answer["stored"] is True,
            f"the disk {answer['disk']} did not store the file: {answer}",
            cause=disk_cause(answer["disk"]),
            certain=bool(disk_cause(answer["disk"])),
            about=STORAGE,
        )
        return name, answer

    return store


@by_probe
@pytest.mark.requires("http", "probe", "storage")
@pytest.mark.mutates
def test_stored_file_is_the_same_from_another_task(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    content = secrets.token_bytes(MIB)
    name, stored_by = stored(content)

    def read() -> dict[str, Any]:
        answer = probe.read(name)
        return {"task": answer.headers.get("X-Probe-Task"), "answer": answer}

    other: requests.Response = ask_another_task(read, than=stored_by["task"])["answer"]
    disk = stored_by["disk"]
    expect(
        other.status_code == 200,
        f"the filesystem disk is {disk!r}, and another task answers {other.status_code} for the"
        " file",
        cause=disk_cause(disk),
        certain=bool(disk_cause(disk)),
    )
    assert sha256(other.content) == sha256(content), "the file came back with other bytes"


@on_aws
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_stored_file_is_in_the_bucket_and_on_no_disk(
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    access: Access,
    aws: Callable[[str], Any],
    run_in_task: Callable[..., ExecResult],
) -> None:
    marker = secrets.token_hex(16)
    _, stored_by = stored(marker.encode() * 100)
    disk, bucket = stored_by["disk"], access.resources["bucket"]
    key = stored_by.get("object", stored_by["path"])
    listing = aws("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    keys = [entry["Key"] for entry in listing.get("Contents", [])]
    expect(
        key in keys,
        f"the filesystem disk is {disk!r}, and the file is not in the bucket {bucket}",
        cause=disk_cause(disk),
        certain=bool(disk_cause(disk)),
    )
    search = ["grep", "-rls", marker, *access.writable_paths]
    copies = run_in_task(search, task=stored_by["task"]).stdout.split()
    assert not copies, f"the file stays on the task's disk as {', '.join(copies)}"


@pytest.mark.truth(
    local=emulated("LocalStack keeps these settings, and does not act on them"),
    aws=proved,
    url=not_covered("the bucket's settings cannot be read from outside"),
)
@pytest.mark.requires("storage")
@pytest.mark.read_only
def test_bucket_is_private(access: Access, aws: Callable[[str], Any]) -> None:
    s3, bucket = aws("s3"), access.resources["bucket"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    (rule,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    owner = rule["ObjectOwnership"]
    expect(
        len(block) == 4 and all(block.values()) and owner == "BucketOwnerEnforced",
        f"the bucket's public access block is {block}, its object ownership {owner}",
        cause=NOT_PRIVATE,
        certain=True,
    )


@pytest.mark.truth(
    local=emulated("whoever has no signature is refused, whatever the bucket's policy says"),
    aws=proved,
    url=not_covered("it would store files in production"),
)
@pytest.mark.requires("http", "probe", "storage")
@pytest.mark.mutates
def test_anonymous_get_of_an_object_is_refused(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    anonymous_session: requests.Session,
    access: Access,
    observe: Callable[..., None],
) -> None:
    name, _ = stored(b"not for anonymous sessions")
    link = probe.temporary_url(name, seconds=60)
    expect_signed_host(link, access)
    plain = link.partition("?")[0]
    status = anonymous_session.get(plain, timeout=10).status_code
    observe("status", number=status)
    expect(
        status == 403,
        f"an anonymous GET of an object answered {status}",
        cause=NOT_PRIVATE if status == 200 else "",
        certain=status == 200,
    )


@by_probe
@pytest.mark.requires("http", "probe", "storage")
@pytest.mark.mutates
def test_temporary_url_works_for_its_object_until_it_expires(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    anonymous_session: requests.Session,
    eventually: Callable[..., Any],
    access: Access,
    observe: Callable[..., None],
) -> None:
    content = secrets.token_bytes(1000)
    name, _ = stored(content)
    url = probe.temporary_url(name, seconds=60)
    expect_signed_host(url, access)
    answer = anonymous_session.get(url, timeout=10)
    expect(
        answer.status_code == 200,
        f"the temporary URL answered {answer.status_code}: {answer.text[:SHOWN]}",
        cause=INSIDE_ONLY if DENIED in answer.text else "",
        certain=DENIED in answer.text,
    )
    assert answer.content == content, "the temporary URL gives other bytes"
    other = anonymous_session.get(url.replace(name, f"{name}-other"), timeout=10).status_code
    observe("status of another object", number=other)
    expect(
        other == 403,
        f"the signature is valid for another object, too: {other}",
        cause=UNSIGNED if other == 200 else "",
    )
    short = probe.temporary_url(name, seconds=SHORT_S)
    eventually(
        lambda: anonymous_session.get(short, timeout=10).status_code,
        until=lambda status: status == 403,
        what=f"A temporary URL of {SHORT_S} s did not expire",
        cause="" if is_signed_for_longer(short, SHORT_S) else UNSIGNED,
    )


@on_aws
@pytest.mark.requires("http", "probe", "ecs", "elb", "exec", "storage")
@pytest.mark.mutates
def test_temporary_url_is_signed_by_the_task_role(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    run_in_task: Callable[..., ExecResult],
    access: Access,
    web_tier: Any,
) -> None:
    name, _ = stored(b"signed by the role")
    query = parse_qs(urlsplit(probe.temporary_url(name, seconds=60)).query)
    key, _, region, *_ = query["X-Amz-Credential"][0].split("/")
    expect(
        "X-Amz-Security-Token" in query,
        "the URL is signed with a static key and not by a role",
        cause=SettingCause(
            "AWS_ACCESS_KEY_ID",
            "a static AWS_ACCESS_KEY_ID is set in the task, and hides its role",
        ),
        certain=True,
    )
    expect(
        region == access.region,
        f"the URL is signed for the region {region}",
        cause=SettingCause(
            "AWS_DEFAULT_REGION",
            f"the app signs for S3 in {region}, and the bucket is in another: AWS_DEFAULT_REGION"
            " of the task, or the disk's region in config/filesystems.php",
        ),
        certain=True,
    )
    held = {run_in_task(["php", "-r", ROLE_KEY], task=task).stdout for task in web_tier.running()}
    assert key in held, "the URL is signed with credentials that no web task has from its role"


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("no command can be run in a task there")
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_nginx_lets_through_the_uploads_that_php_takes(
    nginx_configuration: str, run_in_task: Callable[..., ExecResult]
) -> None:
    files = run_in_task(["sh", "-c", fpm_config.PRINT_FILES])
    printed = run_in_task(["sh", "-c", fpm_config.PHP_SETTINGS])
    settings = fpm_config.php_settings(files.stdout, printed.stdout)
    limits = {name: settings[name] for name in fpm_config.UPLOADS if name in settings}
    largest = min(map(nginx_config.php_size, limits.values()), default=0)
    if largest <= PHPS_OWN_LIMIT:
        pytest.skip("not covered: PHP's limits of an upload are not above its own defaults")
    through = nginx_config.body_limit(nginx_configuration)
    expect(
        not through or through >= largest,
        f"nginx ends a request at {through} bytes, and PHP takes uploads of {largest}",
        cause=f"nginx refuses a request above {(through or 0) // 1024} KiB with 413 of its own"
        " (client_max_body_size, 1m where nothing is said), and PHP takes uploads of"
        f" {largest // MIB} MiB ({', '.join(limits)}): what is between the two never reaches the"
        " app",
        certain=True,
    )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "code")
@pytest.mark.read_only
def test_signed_links_end_before_their_credentials(app_code: dict[str, Any]) -> None:
    for link in app_code.get("links", ()):
        place = f"{link['file']} line {link['line']}"
        hours = link["seconds"] // 3600
        expect(
            link["seconds"] <= LONGEST_SESSION_S,
            f"{place} signs a link for {hours} hours",
            cause=f"the link that {place} signs for {hours} hours ends with the task role's"
            " credentials, after 12 hours at the latest: give out a link of the app that signs a"
            " new one each time",
            certain=True,
        )


@by_probe
@pytest.mark.requires("http", "probe", "storage")
@pytest.mark.mutates
def test_browsers_may_upload_to_the_bucket(
    app_code: dict[str, Any],
    probe: ProbeClient,
    file_name: Callable[[], str],
    anonymous_session: requests.Session,
    access: Access,
) -> None:
    if not app_code.get("uploads"):
        pytest.skip("not covered: no code of the app has browsers upload to the bucket")
    place = "{file} line {line}".format(**app_code["uploads"][0])
    content, name = secrets.token_bytes(1000), file_name()
    url, headers = probe.temporary_upload_url(name, seconds=60)
    expect_signed_host(url, access)
    origin = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(access.public_url))}
    headers["Content-Type"] = "application/octet-stream"
    preflight = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ", ".join(sorted(map(str.lower, headers))),
    }
    allowed = anonymous_session.options(url, headers=origin | preflight, timeout=10)
    expect(
        allowed.headers.get("Access-Control-Allow-Origin") in ("*", origin["Origin"]),
        f"the bucket answers {allowed.status_code} to the browser of {place}, which asks whether it"
        f" may PUT: {allowed.text[:SHOWN]}",
        cause=f"browsers upload straight to the bucket ({place}), and its CORS rules do not let"
        f" them: allow PUT and the headers {', '.join(headers)} for the origin"
        f" {origin['Origin']}, in PutBucketCors",
        certain=True,
    )
    put = anonymous_session.put(url, data=content, headers=origin | headers, timeout=10)
    assert put.status_code == 200, f"the upload answered {put.status_code}: {put.text[:SHOWN]}"
    assert probe.read(name).content == content, "the uploaded file came back with other bytes"


@by_probe
@pytest.mark.requires("http", "probe", "storage")
@pytest.mark.mutates
def test_removed_file_is_gone_for_every_task(
    probe: ProbeClient,
    stored: Callable[[bytes], tuple[str, dict[str, Any]]],
    ask_another_task: Callable[..., dict[str, Any]],
) -> None:
    name, _ = stored(b"soon gone")
    answer = probe.remove(name)
    assert answer["deleted"] is True, f"the disk did not remove the file: {answer}"
    ask_another_task(probe.whoami, than=answer["task"])
    disk = answer["disk"]
    for _ in range(2):
        expect(
            probe.read(name).status_code == 404,
            f"the filesystem disk is {disk!r}, and a removed file is still there",
            cause=disk_cause(disk),
            certain=bool(disk_cause(disk)),
        )


def is_signed_for_longer(url: str, seconds: int) -> bool:
    """Whether a URL has a signature that lasts longer than was asked for."""
    (lifetime,) = parse_qs(urlsplit(url).query).get("X-Amz-Expires") or ["0"]
    return lifetime.isdigit() and int(lifetime) > seconds


def sha256(content: bytes) -> str:
    """Return the digest of a file's bytes."""
    return hashlib.sha256(content).hexdigest()
