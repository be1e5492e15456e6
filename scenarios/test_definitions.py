"""The task definitions hold production's own values, also where a rehearsal puts others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from harness.images.inspect import ca_bundle
from harness.report import not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.stack.containers import Containers
    from harness.target.access import Access
    from harness.target.resources.web_tier import WebTier

REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION")
ENDPOINTS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL")
SHARED = (
    *("DB_CONNECTION", "DB_DATABASE", "CACHE_STORE", "CACHE_PREFIX", "QUEUE_CONNECTION"),
    *("FILESYSTEM_DISK", "AWS_BUCKET", "MAIL_MAILER"),
)
"""Where tasks keep what is not theirs alone."""
NOT_DEBUGGING = ("", "0", "false", "(false)", "null", "(null)", "empty", "(empty)")
"""What env() of Laravel, and (bool), take for false."""
OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
LOCAL = re.compile(r"[^.]*|127\..*|.*\.docker\.internal")
"""Hosts of a developer's machine: a name without a domain, and its own addresses."""

as_read = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("its task definitions cannot be read from outside")
)
needs_definitions = pytest.mark.requires("ecs")


@pytest.fixture
def variables(
    task_definitions: dict[str, dict[str, Any]],
) -> Callable[[], Iterator[tuple[str, str, str]]]:
    """Go through the plain variables of all containers: kind of task, name, value."""

    def each() -> Iterator[tuple[str, str, str]]:
        for kind, definition in task_definitions.items():
            for container in definition["containerDefinitions"]:
                for one in container.get("environment", []):
                    yield kind, one["name"], one["value"]

    return each


@as_read
@needs_definitions
@pytest.mark.read_only
def test_no_task_has_an_endpoint_that_is_not_awss(
    variables: Callable[[], Iterator[tuple[str, str, str]]],
) -> None:
    for kind, name, value in variables():
        if name in ENDPOINTS or name.startswith("AWS_ENDPOINT_URL_"):
            host = urlsplit(value).hostname or value
            assert host.endswith(OF_AWS), (
                f"the {kind} task's definition sends its AWS calls to {host}: {name} is {value!r}"
            )
        elif name == "AWS_URL" and value:
            host = urlsplit(value).hostname or ""
            assert not LOCAL.fullmatch(host), (
                f"the {kind} task's definition has AWS_URL={value!r}, and no visitor reaches {host}"
            )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_every_task_has_the_region_and_the_address_of_its_queues(
    variables: Callable[[], Iterator[tuple[str, str, str]]], access: Access
) -> None:
    wanted = {**dict.fromkeys(REGIONS, access.region), "SQS_PREFIX": queues_of(access)}
    for kind, name, value in variables():
        expected = wanted.get(name, value)
        assert value.rstrip("/") == expected.rstrip("/"), (
            f"the {kind} task's definition has {name}={value}, and it should be {expected}"
        )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_every_task_that_uses_queues_has_their_address_without_the_overlay(
    variables: Callable[[], Iterator[tuple[str, str, str]]], access: Access
) -> None:
    hidden = "SQS_PREFIX" in access.overlay.get("environment", {})
    told = {(kind, name, value) for kind, name, value in variables()}
    using = {kind for kind, name, value in told if (name, value) == ("QUEUE_CONNECTION", "sqs")}
    addressed = {kind for kind, name, _ in told if name == "SQS_PREFIX"}
    for kind in sorted(using - addressed if hidden else ()):
        raise AssertionError(
            f"the {kind} task's definition has no SQS_PREFIX, which here the overlay sets; it"
            f" should be {queues_of(access)}"
        )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_what_one_task_keeps_the_others_find(
    variables: Callable[[], Iterator[tuple[str, str, str]]],
) -> None:
    for name in SHARED:
        told = {kind: value for kind, given, value in variables() if given == name}
        shown = ", ".join(f"{kind}={value}" for kind, value in told.items())
        assert len(set(told.values())) <= 1, f"{name} is not the same in every task: {shown}"


def queues_of(access: Access) -> str:
    """Return the address that all queues of the account and region begin with."""
    end = ".cn" if access.region.startswith("cn-") else ""
    return f"https://sqs.{access.region}.amazonaws.com{end}/{access.account_id}"


@as_read
@needs_definitions
@pytest.mark.read_only
def test_every_task_knows_the_public_url(
    variables: Callable[[], Iterator[tuple[str, str, str]]], access: Access
) -> None:
    for kind, name, value in variables():
        assert name != "APP_URL" or value.rstrip("/") == access.public_url, (
            f"the {kind} task's definition has {name}={value}, and it should be {access.public_url}"
        )


@as_read
@needs_definitions
@pytest.mark.read_only
def test_no_task_is_set_for_development(
    variables: Callable[[], Iterator[tuple[str, str, str]]],
) -> None:
    for kind, name, value in variables():
        is_set = (name == "APP_ENV" and value != "production") or (
            name == "APP_DEBUG" and value.lower() not in NOT_DEBUGGING
        )
        assert not is_set, f"the {kind} task's definition is set for development: {name}={value}"


@as_read
@needs_definitions
@pytest.mark.read_only
def test_every_container_sends_its_lines_to_a_log(
    task_definitions: dict[str, dict[str, Any]],
) -> None:
    for kind, definition in task_definitions.items():
        for container in definition["containerDefinitions"]:
            driver = (container.get("logConfiguration") or {}).get("logDriver")
            assert driver, (
                f"the container {container['name']} of the {kind} task has no logConfiguration, and"
                " on Fargate all its lines are lost"
            )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("nothing is put over the image's files there"),
    url=not_covered("nothing is put over the image's files there"),
)
@pytest.mark.requires("ecs", "elb", "containers")
@pytest.mark.read_only
def test_the_image_has_the_ca_file_that_a_rehearsal_puts_another_over(
    access: Access, containers: Containers, web_tier: WebTier
) -> None:
    image = containers.image_of(min(web_tier.running()))
    for path in access.overlay["files"]:
        problem = ca_bundle.problem(path, containers.file_of_image(image.id, path))
        assert not problem, problem
