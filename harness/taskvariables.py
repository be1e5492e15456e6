"""What a task definition tells the app of AWS, judged as production will read it.

The overlay replaces some of these variables in every container of a rehearsal, so that a wrong
value is never used there: it is looked at here, in the definition as it is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SQS_PREFIX = "SQS_PREFIX"
_ENDPOINT = "AWS_ENDPOINT"
_ENDPOINT_URL = "AWS_ENDPOINT_URL"
_PUBLIC_URL = "AWS_URL"
_REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION")
_HOSTS_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_CHINA = "cn-"


def of_containers(definition: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Give each container's plain variables."""
    for container in definition["containerDefinitions"]:
        yield {one["name"]: one.get("value", "") for one in container.get("environment") or ()}


def endpoints(definition: Mapping[str, Any], *, kind: str) -> Iterator[str]:
    """Say which variable sends AWS calls, or a visitor's browser, elsewhere than to AWS."""
    for told in of_containers(definition):
        for name, value in told.items():
            host = urlsplit(value).hostname or ""
            calls = name == _ENDPOINT or name.startswith(_ENDPOINT_URL)
            if value and calls and not host.endswith(_HOSTS_OF_AWS):
                yield f"the {kind} task has {name}={value}, and its host is not one of AWS"
            elif value and name == _PUBLIC_URL and _is_this_machine(host):
                yield f"the {kind} task has {name}={value}, which no visitor's browser can reach"


def _is_this_machine(host: str) -> bool:
    return "." not in host or host.startswith("127.") or host.endswith(".docker.internal")


def queue_prefix(
    definition: Mapping[str, Any], *, kind: str, wanted: str, needed: bool
) -> Iterator[str]:
    """Say where the queues' URL is not production's; ``needed``: where it is not set either."""
    for told in of_containers(definition):
        seen = told.get(SQS_PREFIX)
        if seen is not None and seen.rstrip("/") != wanted:
            yield f"the {kind} task has {SQS_PREFIX}={seen}, and its queues are {wanted}"
        elif needed and told.get("QUEUE_CONNECTION") == "sqs" and seen is None:
            yield f"the {kind} task has no {SQS_PREFIX}, and its queues are {wanted}"


def regions(definition: Mapping[str, Any], *, kind: str, wanted: str) -> Iterator[str]:
    """Say which region is another than that of the queues, the bucket and the secrets."""
    for told in of_containers(definition):
        for name in _REGIONS:
            if name in told and told[name] != wanted:
                yield f"the {kind} task has {name}={told[name]}, and the region is {wanted}"


def prefix_of(*, region: str, account_id: str) -> str:
    """Return the URL that all queues of an account and region begin with."""
    end = ".cn" if region.startswith(_CHINA) else ""
    return f"https://sqs.{region}.amazonaws.com{end}/{account_id}"
