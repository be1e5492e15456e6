"""Secrets of a task: every form of valueFrom, and ECS's words for unreadable ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from harness.aws.task_definition import ContainerDefinition
from harness.standins.control.agent.parameters import PREFIX, Parameters, SecretError
from harness.standins.control.agent.secrets import Secrets

ARN = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5"
ASM = PREFIX + (
    "execution resource retrieval failed: unable to retrieve secret from asm: "
    "service call has been retried 1 time(s): "
)
NO_PARAMETERS = Parameters(lambda *_: pytest.fail("asked"), account="1", region="us-east-1")


class FakeSecretsManager:
    """Answers with one text, or raises, and records its requests."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.asked: list[dict[str, str]] = []

    def get_secret_value(self, **kwargs: str) -> dict[str, Any]:
        self.asked.append(kwargs)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"SecretString": self.answer}


def resolve(answer: str | Exception, *value_from: str) -> tuple[dict[str, str], FakeSecretsManager]:
    fake = FakeSecretsManager(answer)
    raw = {"secrets": [{"name": f"V{n}", "valueFrom": text} for n, text in enumerate(value_from)]}
    return Secrets(lambda account, region: fake, parameters=NO_PARAMETERS).resolve(
        ContainerDefinition(raw=raw)
    ), fake


def refused(answer: str | Exception, value_from: str) -> str:
    with pytest.raises(SecretError) as caught:
        resolve(answer, value_from)
    return str(caught.value)


def test_keys_of_one_secret_need_one_call_by_name() -> None:
    text = json.dumps({"username": "app", "password": ""})

    values, fake = resolve(text, f"{ARN}:username::", f"{ARN}:password::", ARN)

    assert values == {"V0": "app", "V1": "", "V2": text}
    assert fake.asked == [{"SecretId": "tickets/db"}]


def test_account_and_region_are_the_arns() -> None:
    places: list[tuple[str, str]] = []

    def client_for(account: str, region: str) -> FakeSecretsManager:
        places.append((account, region))
        return FakeSecretsManager("x")

    container = ContainerDefinition(raw={"secrets": [{"name": "A", "valueFrom": ARN}]})
    Secrets(client_for, parameters=NO_PARAMETERS).resolve(container)

    assert places == [("876000000876", "us-east-1")]


def test_stage_and_version_are_asked_for() -> None:
    version = "0123456789abcdef" * 2
    _, fake = resolve("{}", f"{ARN}::AWSPREVIOUS:", f"{ARN}:::{version}")

    assert fake.asked == [
        {"SecretId": "tickets/db", "VersionStage": "AWSPREVIOUS"},
        {"SecretId": "tickets/db", "VersionId": version},
    ]


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        ("text", "text"),
        (True, "true"),
        (None, "<nil>"),
        (3306, "3306"),
        (0, "0"),
        (-1.5, "-1.5"),
        (12345678, "1.2345678e+07"),
        (1000000, "1e+06"),
        (100000, "100000"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        ({"b": 1, "a": "x"}, "map[a:x b:1]"),
        ([1, "x"], "[1 x]"),
    ],
)
def test_values_that_are_no_strings_are_rendered_as_the_agent_does(
    value: object, rendered: str
) -> None:
    values, _ = resolve(json.dumps({"key": value}), f"{ARN}:key::")

    assert values == {"V0": rendered}


def test_a_missing_key_is_named() -> None:
    assert refused('{"username": "app"}', f"{ARN}:password::") == (
        ASM + "retrieved secret from Secrets Manager did not contain json key password"
    )
    assert refused("null", f"{ARN}:password::").endswith("did not contain json key password")


@pytest.mark.parametrize("text", ["p4ss-word", "{'password': 'p4ss-word'}", "NaN", ""])
def test_text_that_is_not_json_is_refused_without_showing_it(text: str) -> None:
    error = refused(text, f"{ARN}:password::")

    assert error == ASM + "invalid character in secret value: it is not JSON"


@pytest.mark.parametrize(
    ("text", "kind"), [('"x"', "string"), ("[1]", "array"), ("1", "number"), ("true", "bool")]
)
def test_json_that_is_not_an_object_is_refused_in_gos_words(text: str, kind: str) -> None:
    assert refused(text, f"{ARN}:password::") == (
        ASM + f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    )


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")


def test_a_missing_secret_is_named_by_the_arn_that_was_asked_for() -> None:
    error = client_error(
        "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
    )

    assert refused(error, f"{ARN}:password::") == (
        ASM + f"failed to fetch secret {ARN} from secrets manager: ResourceNotFoundException:"
        " Secrets Manager can't find the specified secret."
    )


def test_too_many_colons_and_names_are_no_arns() -> None:
    for text in (f"{ARN}:password:::", "tickets/db"):
        assert refused("{}", text) == (
            PREFIX + "execution resource retrieval failed: unable to retrieve secret from asm: an"
            " invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid"
            " ARN and try again."
        )


def test_a_short_version_id_has_the_sdks_words() -> None:
    error = ParamValidationError(report="Invalid length for parameter VersionId")

    assert refused(error, f"{ARN}:::short") == (
        ASM + "InvalidParameter: 1 validation error(s) found. - minimum field size of 32,"
        " GetSecretValueInput.VersionId."
    )


def test_an_emulator_that_does_not_answer_is_said() -> None:
    error = EndpointConnectionError(endpoint_url="http://emulator:4566")

    assert refused(error, ARN).startswith(ASM + f"failed to fetch secret {ARN} from")
