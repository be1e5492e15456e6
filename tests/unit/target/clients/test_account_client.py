"""Clients of an account while AWS throttles, refuses an old token, or is out of reach."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.core.errors import TargetError
from harness.target.access import Access
from harness.target.clients import account, aws
from tests.unit.local_servers import Answer, Request, serve

ACCESS = Access(
    "https://shop.example", account_id="876000000876", region="eu-west-1", cluster="shop"
)


class Api:
    """Answers with these errors, one after the other, then with tasks."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)

    def __call__(self, _: Request) -> Answer:
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        if not self.codes:
            return 200, headers, json.dumps({"taskArns": ["arn:x"]}).encode()
        error = {"__type": self.codes.pop(0), "message": "no"}
        return 400, headers, json.dumps(error).encode()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sleep for a moment only; forget the sessions of other tests."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_CONFIG_FILE", "/nowhere"),
    ):
        monkeypatch.setenv(name, value)
    account.session.cache_clear()
    yield
    account.session.cache_clear()


def list_tasks() -> Any:
    with account.aws_errors("", asking="ecs:ListTasks"):
        return aws.account_client(ACCESS, "ecs").list_tasks(cluster="shop")["taskArns"]


def test_a_call_that_is_throttled_a_few_times_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(Api("ThrottlingException", "ThrottlingException")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.address}")
        assert list_tasks() == ["arn:x"]
        assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("code", "calls", "text"),
    [
        (
            "ThrottlingException",
            8,
            "AWS throttles ecs:ListTasks in this account and region.",
        ),
        (
            "ExpiredTokenException",
            1,
            "The AWS session has expired (from the environment, no profile is named).",
        ),
    ],
)
def test_an_error_that_stays_has_its_text(
    monkeypatch: pytest.MonkeyPatch, code: str, calls: int, text: str
) -> None:
    with serve(Api(*[code] * 20)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.address}")
        with pytest.raises(TargetError) as failure:
            list_tasks()
        assert len(server.seen) == calls
    assert failure.value.what == text


def test_a_network_that_goes_away_has_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Api()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.address}")
        assert list_tasks() == ["arn:x"]
    with pytest.raises(TargetError) as failure:
        list_tasks()
    assert failure.value.what == "AWS was not reached for ecs:ListTasks."
    assert "Check the network" in failure.value.hint
