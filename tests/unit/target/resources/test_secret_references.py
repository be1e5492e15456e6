"""What is wrong with a task definition's secrets is named, and no value is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.diagnosis.causes import likely_cause
from harness.target.resources import secret_references

ARN = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"


class NotFound(Exception):
    pass


class Invalid(Exception):
    pass


class Client:
    exceptions = SimpleNamespace(
        ResourceNotFoundException=NotFound, InvalidRequestException=Invalid
    )

    def __init__(self, answer: str | Exception) -> None:
        self._answer = answer
        self.asked: list[dict[str, str]] = []

    def get_secret_value(self, **wanted: str) -> dict[str, str]:
        self.asked.append(wanted)
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"SecretString": self._answer}


def lines(answer: str | Exception, value_from: str = f"{ARN}:password::") -> list[str]:
    definition: dict[str, Any] = {
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-web:3",
        "containerDefinitions": [
            {"name": "app", "secrets": [{"name": "DB_PASSWORD", "valueFrom": value_from}]}
        ],
    }
    return list(secret_references.lines(definition, client=Client(answer), kind="web"))


def test_a_good_secret_is_told_without_its_value() -> None:
    assert lines('{"password": "hunter2"}') == [
        f"web task definition tickets-web:3: DB_PASSWORD <- {ARN}:password::"
    ]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            "hunter2",
            "the web task never started: the secret tickets/db, from which it takes the key"
            ' "password", is not a JSON object',
        ),
        (
            '["hunter2"]',
            "the web task never started: the secret tickets/db, from which it takes the key"
            ' "password", is not a JSON object',
        ),
        (
            Invalid("You can't ... because it was marked for deletion."),
            "the web task never started: the secret tickets/db, from which it takes the key"
            ' "password", is scheduled for deletion',
        ),
    ],
)
def test_the_cause_names_secret_and_key(answer: str | Exception, cause: str) -> None:
    told = lines(answer)
    assert "hunter2" not in "".join(told)
    assert likely_cause(told) == cause


def test_a_missing_key_and_a_missing_secret_are_told() -> None:
    (told,) = lines('{"username": "tickets"}')
    assert told.endswith("secret tickets/db has no key password; its keys: username")
    (told,) = lines(NotFound())
    assert told.endswith("secret tickets/db does not exist")


def test_a_stage_is_asked_for() -> None:
    client = Client("{}")
    definition = {
        "containerDefinitions": [
            {"secrets": [{"name": "A", "valueFrom": f"{ARN}:password:REHEARSAL:"}]}
        ]
    }
    list(secret_references.lines(definition, client=client, kind="web"))
    assert client.asked == [{"SecretId": "tickets/db", "VersionStage": "REHEARSAL"}]
