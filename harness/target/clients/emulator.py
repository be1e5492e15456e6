"""LocalStack 4.14.0 as the emulator of the AWS APIs: its port, addresses, settings and sent mails.

Of the harness's own modules only this one knows which emulator runs. The part that runs inside the
container is `standins/emulator/gateway.py`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from harness.standins.contract import (
    MAILS_PATH,
    RECEIVERS_PATH,
    REFUSED_CALLS_PATH,
    RefusedCall,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PORT = 4566
HEALTH = "/_localstack/health"
SECRET_KEY = "test"  # noqa: S105
"""The emulator validates signatures made with this secret key, and with no other."""

_TIMEOUT_S = 10
_OVERRIDES = ("AWS_ENDPOINT_URL", "USE_SSL")
"""Variables that localstack-client prefers to the address that it is given."""
_environment = Lock()


def endpoint(address: str, service: str) -> str:
    """Return the URL of a service's API.

    Args:
        address: ``host:port`` of the emulator, with or without a scheme.
        service: The service's name in boto3.

    Raises:
        LookupError: The emulator has no such service.
    """
    from localstack_client import config  # type: ignore[import-untyped]

    host = address.split("://", 1)[-1].rstrip("/")
    with _without(_OVERRIDES):
        url = config.get_service_endpoint(service, localstack_host=host)
    if url is None:
        raise LookupError(f"the emulator has no service {service}")
    return str(url)


def container_environment(services: Iterable[str], *, host: str) -> dict[str, str]:
    """Return the settings of the container.

    Args:
        services: The services to load, by their names in boto3.
        host: Name under which tasks reach the emulator; addresses in its answers carry it.
    """
    return {
        "SERVICES": ",".join(services),
        "EAGER_SERVICE_LOADING": "1",
        # Presigned URLs are checked as S3 checks them: signature and expiry.
        "S3_SKIP_SIGNATURE_VALIDATION": "0",
        # Its own clients would look for credentials of EC2, two seconds where nothing answers.
        "AWS_EC2_METADATA_DISABLED": "true",
        "LOCALSTACK_HOST": f"{host}:{PORT}",
        "SQS_ENDPOINT_STRATEGY": "path",
        # moto's list of SES's regions is older than some regions; the harness asks SES in each.
        "MOTO_ALLOW_NONEXISTENT_REGION": "true",
    }


def receivers(url: str) -> dict[str, list[str]]:
    """Return the ids of the tasks that have asked a queue for messages, by the queue's name.

    Raises:
        requests.RequestException: The emulator does not answer.
    """
    by_queue: dict[str, list[str]] = _ask(url, RECEIVERS_PATH)
    return by_queue


def refused_calls(url: str) -> list[RefusedCall]:
    """Return the newest calls of tasks that their roles had no right to, oldest first.

    Raises:
        requests.RequestException: The emulator does not answer.
    """
    return [RefusedCall(**call) for call in _ask(url, REFUSED_CALLS_PATH)]


def mails_to(url: str, address: str) -> list[str]:
    """Return the raw mails to an address, oldest first.

    Raises:
        requests.RequestException: The emulator does not answer.
    """
    mails = _ask(url, MAILS_PATH, to=address)
    return [mail["RawData"] for mail in sorted(mails, key=lambda mail: str(mail["Timestamp"]))]


def _ask(url: str, path: str, **query: str) -> Any:
    from harness.target.clients import http

    with http.isolated() as session:
        answer = session.get(f"{url}{path}", params=query, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def _without(names: Iterable[str]) -> Iterator[None]:
    """Hide variables from a library that reads them at each call; one thread at a time."""
    with _environment:
        hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(hidden)
