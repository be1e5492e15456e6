"""What the app has to say reaches the log of its task, and no secret does."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.containers import Containers
    from harness.probe import ProbeClient
    from harness.webtier import WebTier

SECRETS_OF_THE_APP = ("db", "app")
USER_NAME = "username"

from_containers = pytest.mark.truth(
    local=proved,
    aws=not_covered("the log groups of CloudWatch are not read yet"),
    url=not_covered("logs cannot be seen from outside"),
)


@from_containers
@pytest.mark.requires("http", "probe", "ecs", "containers")
@pytest.mark.mutates
def test_what_the_app_logs_reaches_the_log_of_its_task(
    probe: ProbeClient, containers: Containers, eventually: Callable[..., Any]
) -> None:
    sign = f"harness-{secrets.token_hex(6)}"
    told = probe.log(sign)
    eventually(
        lambda: sign in containers.of_task(told["task"]).logs().decode(errors="replace"),
        until=bool,
        what=f"an error that the app logged to the channel {told['channel']!r}, whose level is"
        f" {told['level']!r}, is not in its task's log",
    )


@from_containers
@pytest.mark.requires("ecs", "elb", "containers", "secrets")
@pytest.mark.read_only
def test_no_secret_is_in_the_log_of_a_task(
    web_tier: WebTier, containers: Containers, secret: Callable[[str], dict[str, str]]
) -> None:
    values = {
        (name, key): value
        for name in SECRETS_OF_THE_APP
        for key, value in secret(name).items()
        if key != USER_NAME
    }
    for task in web_tier.running():
        said = containers.of_task(task).logs().decode(errors="replace")
        found = [f"{key} of {name}" for (name, key), value in values.items() if value in said]
        assert not found, f"task {task} writes secrets into its log: {', '.join(found)}"
