"""What the app has to say reaches the log of its task, and no secret does."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from harness.report import not_covered, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.containers import Containers
    from harness.targets import Access
    from harness.webtier import WebTier

SECRETS_OF_THE_APP = ("db", "app")
USER_NAME = "username"

from_containers = pytest.mark.truth(
    local=proved,
    aws=not_covered("the log groups of CloudWatch are not read yet"),
    url=not_covered("logs cannot be seen from outside"),
)


@from_containers
@pytest.mark.requires("http", "probe", "ecs", "elb", "containers")
@pytest.mark.read_only
def test_what_the_app_logs_reaches_the_log_of_its_task(
    web: Callable[[], requests.Session],
    access: Access,
    web_tier: WebTier,
    containers: Containers,
    eventually: Callable[..., Any],
) -> None:
    sign = f"harness-{secrets.token_hex(6)}"
    refused = web().get(f"{access.public_url}/_probe/v1/whoami", headers={"User-Agent": sign})
    assert refused.status_code == 401, f"an unsigned request got {refused.status_code}, not 401"

    def warned() -> bool:
        return any(
            "cutover-probe refused a request" in containers.of_task(task).logs().decode()
            for task in web_tier.running()
        )

    eventually(
        warned,
        until=bool,
        what="the app's warning in its task's log; with LOG_CHANNEL other than stderr it is lost",
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
