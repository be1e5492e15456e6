"""Clients of the emulator, for each account and region, made on first use."""

from __future__ import annotations

import threading
from typing import Any

from botocore.config import Config
from botocore.session import Session


class Clients:
    """Makes botocore clients; a 12-digit access key id selects that account at the emulator."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = Session()
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def secretsmanager(self, account: str, region: str) -> Any:
        """Return a Secrets Manager client."""
        return self._client("secretsmanager", account=account, region=region)

    def ssm(self, account: str, region: str) -> Any:
        """Return a client of Systems Manager."""
        return self._client("ssm", account=account, region=region)

    def sts(self, account: str, region: str) -> Any:
        """Return an STS client."""
        return self._client("sts", account=account, region=region)

    def s3(self, account: str, region: str) -> Any:
        """Return an S3 client, which names buckets in the path."""
        return self._client("s3", account=account, region=region)

    def sqs(self, account: str, region: str) -> Any:
        """Return an SQS client."""
        return self._client("sqs", account=account, region=region)

    def events(self, account: str, region: str) -> Any:
        """Return an EventBridge client."""
        return self._client("events", account=account, region=region)

    def scheduler(self, account: str, region: str) -> Any:
        """Return a client of EventBridge Scheduler."""
        return self._client("scheduler", account=account, region=region)

    def logs(self, account: str, region: str) -> Any:
        """Return a CloudWatch Logs client."""
        return self._client("logs", account=account, region=region)

    def iam(self, account: str, region: str) -> Any:
        """Return an IAM client."""
        return self._client("iam", account=account, region=region)

    def _client(self, service: str, *, account: str, region: str) -> Any:
        key = (service, account, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint_url,
                    aws_access_key_id=account,
                    aws_secret_access_key="test",  # noqa: S106  the emulator checks none
                    config=Config(
                        connect_timeout=2,
                        read_timeout=20,
                        retries={"total_max_attempts": 3},
                        s3={"addressing_style": "path"},
                    ),
                )
            return self._clients[key]
