"""Task role credentials: renewed in time, for the task that owns them, and nothing on refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from harness.standins.control.agent.credentials import Credentials
from harness.standins.control.state.model import Task
from harness.standins.control.state.state import State

ROLE = "arn:aws:iam::876000000876:role/tickets-web-task"
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeSts:
    """Gives a new key at each call, for an hour."""

    def __init__(self) -> None:
        self.now = START
        self.calls: list[dict[str, Any]] = []
        self.down = False

    def assume_role(self, **kwargs: Any) -> dict[str, Any]:
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://emulator:4566")
        self.calls.append(kwargs)
        return {
            "Credentials": {
                "AccessKeyId": f"key{len(self.calls)}",
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": self.now + timedelta(hours=1),
            }
        }


@pytest.fixture
def sts() -> FakeSts:
    return FakeSts()


@pytest.fixture
def credentials(state: State, sts: FakeSts) -> Credentials:
    for ident in ("one", "two"):
        state.tasks[ident] = Task(
            id=ident,
            arn=f"arn:aws:ecs:us-east-1:876000000876:task/tickets/{ident}",
            definition_arn="d",
            group="g",
            created_at=0,
            containers=[],
            credentials_id=f"id-{ident}",
        )
    return Credentials(state, sts=lambda: sts, role_of=lambda task: ROLE, now=lambda: sts.now)


def get(credentials: Credentials, task: str, ident: str) -> tuple[int, dict[str, Any]]:
    status, _, body = credentials.answer(task, path=f"/v2/credentials/{ident}")
    return status, json.loads(body)


def test_the_answer_is_what_sdks_expect(credentials: Credentials, sts: FakeSts) -> None:
    assert get(credentials, "one", "id-one") == (
        200,
        {
            "RoleArn": ROLE,
            "AccessKeyId": "key1",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": "2026-11-23T13:00:00Z",
        },
    )
    assert sts.calls == [{"RoleArn": ROLE, "RoleSessionName": "one", "DurationSeconds": 3600}]


def test_they_are_kept_until_a_quarter_of_an_hour_before_the_end(
    credentials: Credentials, sts: FakeSts
) -> None:
    get(credentials, "one", "id-one")
    sts.now = START + timedelta(minutes=44)
    assert get(credentials, "one", "id-one")[1]["AccessKeyId"] == "key1"
    sts.now = START + timedelta(minutes=45)
    assert get(credentials, "one", "id-one")[1]["AccessKeyId"] == "key2"


def test_another_tasks_id_and_an_unknown_one_are_not_found(credentials: Credentials) -> None:
    error = {
        "code": "InvalidIdInRequest",
        "message": "CredentialsV2Request: Credentials not found",
        "HTTPErrorCode": 400,
    }

    assert get(credentials, "one", "id-two") == (400, error)
    assert get(credentials, "one", "") == (400, error)
    assert get(credentials, "none", "id-one") == (400, error)


def test_a_silent_emulator_is_an_error_and_not_a_crash(
    credentials: Credentials, sts: FakeSts
) -> None:
    sts.down = True

    status, body = get(credentials, "one", "id-one")

    assert (status, body["code"]) == (500, "InternalServerError")
