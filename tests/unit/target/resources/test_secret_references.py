"""The errors of a task definition's secrets are named, and no value is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

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
    references = secret_references.read(definition, client=Client(answer), group="web")
    return [str(reference) for reference in references]


def test_a_good_secret_is_told_without_its_value() -> None:
    assert lines('{"password": "hunter2"}') == [
        f"web task definition tickets-web:3: DB_PASSWORD <- {ARN}:password::"
    ]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("hunter2", "is not a JSON object"),
        ('["hunter2"]', "is not a JSON object"),
        (Invalid("... because it was marked for deletion."), "is scheduled for deletion"),
        (NotFound(), "does not exist in this account and region"),
        ('{"username": "hunter2"}', "has no key password; its keys: username"),
    ],
)
def test_the_fault_is_named_and_no_value(answer: str | Exception, fault: str) -> None:
    (line,) = lines(answer)
    assert line.endswith(f": secret tickets/db {fault}")
    assert "hunter2" not in line


def test_a_stage_is_asked_for() -> None:
    client = Client("{}")
    definition = {
        "containerDefinitions": [
            {"secrets": [{"name": "A", "valueFrom": f"{ARN}:password:REHEARSAL:"}]}
        ]
    }
    list(secret_references.read(definition, client=client, group="web"))
    assert client.asked == [{"SecretId": "tickets/db", "VersionStage": "REHEARSAL"}]
